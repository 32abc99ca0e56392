"""listen[].health: a load balancer that can only look at the clients' port."""

import http.client
import subprocess

import pytest

from rig.gateway import BASE, BINARY, write_conf
from rig.people import send
from rig.raw import request
from rig.tls import certificates, listen, secure, trusting  # noqa: F401
from rig.waiting import seconds

PATH = "/health"
LISTEN = {"address": "127.0.0.1:0", "health": PATH}


def checks(status):
    return f'roomcast_health_checks_total{{status="{status}"}}'


def head(method="GET", version="1.1", path=PATH, lines=("Host: a",)):
    first = f"{method} {path} HTTP/{version}"
    return "\r\n".join([first, *lines, "", ""]).encode()


@pytest.fixture
def daemon(gateway):
    return gateway(listen=[LISTEN])


@pytest.mark.parametrize("send_by", ["send", "send_bytewise"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "version, lines",
    [
        ("1.1", ["Host: a"]),
        ("1.1", []),
        ("1.0", []),
        ("1.0", ["Connection: keep-alive"]),
        ("1.1", ["Host: a", "Connection: keep-alive"]),
    ],
)
def test_it_is_fine(daemon, raw, method, version, lines, send_by):
    s = raw(daemon)
    getattr(s, send_by)(head(method, version, lines=lines))
    answer, _, body = s.read_to_end().partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 5\r\n" in answer
    assert b"Content-Type: text/plain" in answer
    assert body == (b"fine\n" if method == "GET" else b"")
    daemon.wait_metric(checks(200), 1)
    assert daemon.metric("roomcast_refused_total") == 0
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_real_client(daemon, method):
    host, port = daemon.address()
    connection = http.client.HTTPConnection(host, port, timeout=seconds(5))
    for _ in range(3):
        connection.request(method, PATH + "?from=balancer")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.read() == (b"fine\n" if method == "GET" else b"")
    connection.close()


@pytest.mark.parametrize(
    "data, status",
    [
        (head("POST"), 405),
        (head("OPTIONS"), 405),
        (head("HEAD", path="/other"), 405),
        (head(path="/health/"), 426),
        (head(path="/Health"), 426),
        (head(path="/"), 426),
        (head("GETS"), 405),
        (request(PATH), 404),
    ],
)
def test_what_is_no_check(daemon, raw, data, status):
    s = raw(daemon)
    s.send(data)
    assert s.read_refusal().status == status
    assert daemon.metric("roomcast_health_checks_total") == 0
    daemon.wait_metric("roomcast_refused_total", 1)


def test_there_is_none_by_default(gateway, raw):
    daemon = gateway()
    s = raw(daemon)
    s.send(head())
    assert s.read_refusal().status == 426


def test_it_belongs_to_its_listener(gateway, raw):
    daemon = gateway(listen=[LISTEN, {"address": "127.0.0.1:0"}])
    for index, status in enumerate([200, 426]):
        s = raw(daemon.address(index))
        s.send(head())
        assert s.read_response().status == status


def test_while_draining(gateway, raw):
    daemon = gateway(listen=[LISTEN], shutdown={"drain": "30s"})
    early, late = raw(daemon), raw(daemon)
    stays = raw.upgraded(daemon)
    early.send(head()[:10])
    late.send(head("HEAD")[:10])
    daemon.wait_metric("roomcast_handshakes_in_progress", 2)
    daemon.signal()
    daemon.wait_log("main: draining")
    early.send(head()[10:])
    late.send(head("HEAD")[10:])
    answer, _, body = early.read_to_end().partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert body == b"the gateway is shutting down\n"
    answer, _, body = late.read_to_end().partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 503 ") and body == b""
    stays.close()
    assert daemon.wait_exit() == 0


def test_while_a_stop_is_delayed(gateway, raw):
    """New clients still get in; the balancer sends them elsewhere."""
    daemon = gateway(
        listen=[LISTEN], shutdown={"delay": "1h", "drain": "100ms"}
    )
    daemon.signal()
    daemon.wait_log("not ready, still accepting")
    s = raw(daemon)
    s.send(head())
    assert s.read_response().status == 503
    s = raw(daemon)
    s.send(request("/ws/a"))
    assert s.read_response().status == 101
    assert daemon.metric("roomcast_refused_total") == 0
    daemon.kill()


def test_clients_are_served_beside_it(gateway, raw, connect):
    """The same path, and a handshake in pieces, from behind a proxy."""
    daemon = gateway(
        listen=[{**LISTEN, "trusted": ["127.0.0.1"]}],
        routes=[{"path": "/{room}", "rooms": ["{room}"]}],
    )
    client = connect(daemon, PATH)
    s = raw(daemon)
    s.send_bytewise(request(PATH, {"X-Forwarded-For": "192.0.2.7"}))
    assert s.read_response().status == 101
    send(daemon.publisher(), "hi", rooms=["health"])
    assert client.recv() == "hi"
    assert s.read_frame().payload == b"hi"
    daemon.wait_log(r"is also a path of routes\[0\]")


def test_limits_do_not_concern_it(gateway, raw):
    daemon = gateway(
        listen=[{**LISTEN, "trusted": ["127.0.0.1"]}],
        limits={"handshakes_per_address": 1},
    )
    for _ in range(10):
        s = raw(daemon)
        s.send(head())
        assert s.read_response().status == 200


@pytest.mark.parametrize("path", ["health", "/a b", "/a?b", "/a#b", "/é"])
def test_what_is_no_path(tmp_path, path):
    conf = {**BASE, "listen": [{**LISTEN, "health": path}]}
    file = write_conf(tmp_path / "roomcast.yaml", conf)
    done = subprocess.run(
        [BINARY, "-c", str(file), "--check-config"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "listen[0].health: must be a path" in done.stderr


def test_over_tls(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first, health=PATH))
    s = secure(daemon, trusting(certificates.first))
    s.send(head())
    assert s.read_response().body == b"fine\n"
    assert daemon.metric("roomcast_refused_total") == 0
