"""Behind nginx and HAProxy, by the snippets of docs/security.md."""

import json

import pytest

from rig.client import Refused
from rig.events import Source
from rig.gateway import BASE, Gateway
from rig.pages import filled, snippet
from rig.people import SECRET, token
from rig.ports import free_port
from rig.raw import request
from rig.resuming import Resuming
from rig.returning import returning
from rig.reverseproxies import KINDS, PAGE, program
from rig.tls import TlsRaw, certificates

# The proxies connect from 127.0.0.1, which the page lists as trusted; the
# clients come from another address.
CLIENT = "127.0.0.2"
FORGED = "203.0.113.9"


def sections(secret):
    """What the gateway needs beside the page's listener."""
    return {
        **{k: v for k, v in BASE.items() if k != "listen"},
        "auth": {
            "people": {
                "type": "jwt",
                "algorithms": ["HS256"],
                "secret_file": str(secret),
            }
        },
        "routes": [
            {"path": "/ws/{room}", "rooms": ["{room}"]},
            {"path": "/ws/in/{room}", "rooms": ["{room}"], "auth": "people"},
            {
                "path": "/ws/site/{room}",
                "rooms": ["{room}"],
                "origins": ["https://app.example.com"],
            },
        ],
    }


@pytest.fixture(params=KINDS)
def behind(request, tmp_path, certificates):
    """Call it to start a gateway and the proxy in front; the proxy."""
    kind = KINDS[request.param]
    pair = certificates.first
    started = []
    secret = tmp_path / "secret"
    secret.write_text(SECRET)

    def configured(folder, more):
        folder.mkdir()
        conf = {**sections(secret), **more}
        address = more.get("address", "127.0.0.1:0")
        listener = filled(
            snippet(PAGE, "yaml", kind.listen),
            {kind.listen: f"address: {address}"},
        )
        listener = listener.replace(
            "/etc/roomcast/fullchain.pem", str(pair.certificate)
        ).replace("/etc/roomcast/key.pem", str(pair.key))
        daemon = Gateway(folder, conf)
        with open(daemon.conf_path, "w") as file:
            file.write(listener)
            for key, value in conf.items():
                if key != "address":
                    file.write(f"{key}: {json.dumps(value)}\n")
        return daemon

    def start(idle="60s", second=None, **more):
        """second: sections of another instance."""
        folder = tmp_path / str(len(started))
        daemon = configured(folder, more)
        other = second and configured(tmp_path / "second", second)
        proxy = kind(folder, pair, daemon, other)
        started.append(proxy)
        daemon.start()
        if other:
            other.start()
        return proxy.start(idle)

    start.kind = kind
    program(kind.name)
    yield start
    for proxy in started:
        proxy.finish()
    for proxy in started:
        for daemon in {proxy.gateway, proxy.second}:
            print(f"--- log of {daemon.conf_path}\n{daemon.log()}")
            daemon.finish()


@pytest.fixture
def wss(connect):
    """Connect a real client, from CLIENT, through a proxy."""

    def open_client(proxy, path="/ws/lobby", source=CLIENT, **options):
        return connect(
            proxy.url(path),
            ssl=proxy.context(),
            local_addr=(source, 0),
            **options,
        )

    return open_client


def refused(wss, proxy, path, **options):
    """The status and the headers of a refusal."""
    with pytest.raises(Refused) as caught:
        wss(proxy, path, **options)
    return caught.value.status_code, caught.value.headers


def peer_of(line):
    """X-Forwarded-For tells no port, a PROXY header does."""
    host, _, _ = line.pairs["client"].partition(":")
    return host


def last_close(daemon):
    return daemon.wait_line(lambda x: x.event == "connection closed")


def test_messages_arrive_and_the_client_is_known(behind, wss):
    proxy = behind()
    client = wss(proxy)
    publisher = proxy.gateway.publisher()
    publisher.publish("roomcast:room:lobby", "hi")
    publisher.publish("roomcast:room:lobby", "x" * 300_000)
    publisher.publish("roomcast:room:lobby", b"\xff\x00")
    assert client.recv_many(3) == ["hi", "x" * 300_000, b"\xff\x00"]
    client.ping(b"still there?")
    client.close()
    assert peer_of(last_close(proxy.gateway)) == CLIENT


def test_a_forged_address_is_not_believed(behind, wss):
    proxy = behind()
    headers = [("X-Forwarded-For", FORGED), ("X-Forwarded-For", "127.0.0.1")]
    wss(proxy, extra_headers=headers).close()
    assert peer_of(last_close(proxy.gateway)) == CLIENT
    assert FORGED not in proxy.gateway.log()


def test_limits_count_by_the_clients_own_address(behind, wss):
    proxy = behind(limits={"connections_per_address": 1})
    wss(proxy)
    forged = [("X-Forwarded-For", FORGED)]
    status, headers = refused(wss, proxy, "/ws/lobby", extra_headers=forged)
    assert (status, headers["Retry-After"]) == (429, "5")
    wss(proxy, source="127.0.0.3")


@pytest.mark.parametrize(
    "status, path, headers",
    [
        (401, "/ws/in/lobby", []),
        (401, "/ws/in/lobby?token=a.b.c", []),
        (403, "/ws/site/lobby", [("Origin", "https://evil.example.com")]),
        (404, "/ws/no/such/route", []),
    ],
)
def test_refusals_pass_through(behind, wss, status, path, headers):
    proxy = behind()
    got, _ = refused(wss, proxy, path, extra_headers=headers)
    assert got == status
    line = proxy.gateway.wait_line(lambda x: x.event == "handshake refused")
    assert (line.pairs["status"], peer_of(line)) == (str(status), CLIENT)


def test_what_the_gateway_says_is_what_the_client_reads(behind):
    proxy = behind()
    with TlsRaw(proxy.address, proxy.context()) as raw:
        raw.send(request(headers={"Sec-WebSocket-Version": "12"}))
        answer = raw.read_response()
        assert answer.status == 426
        assert answer.headers["sec-websocket-version"] == "13"
        assert answer.body.count(b"\n") == 1
    proxy.gateway.wait_metric('roomcast_refused_total{status="426"}', 1)


def test_the_proxys_log_shows_no_token(behind, wss):
    proxy = behind()
    secret = token("42")
    client = wss(proxy, f"/ws/in/lobby?token={secret}")
    proxy.gateway.publisher().publish("roomcast:room:lobby", "hi")
    assert client.recv() == "hi"
    client.close()
    last_close(proxy.gateway)
    proxy.finish()
    written = "".join(x.read_text() for x in proxy.logs())
    assert secret not in written
    if proxy.name == "nginx":
        assert "GET /ws/in/lobby" in written


@pytest.mark.waits
def test_a_silent_client_outlives_the_proxys_time_out(behind, wss):
    """One gateway pings, the other does not: that client is cut off."""
    pinged = behind(
        idle="3s",
        keepalive={"ping_interval": "1s", "pong_timeout": "1m"},
    )
    silent = behind(idle="3s")
    survivor = wss(pinged)
    assert wss(silent).wait_closed().code == 1006
    pinged.gateway.publisher().publish("roomcast:room:lobby", "hi")
    assert survivor.recv() == "hi"


RESUME = {
    "path": "/ws/{room}",
    "rooms": ["{room}"],
    "resume": True,
    "transports": ["websocket", "sse"],
}


def websocket(proxy):
    return Resuming(
        proxy.url, ssl=proxy.context(), local_addr=(CLIENT, 0)
    )


def events(proxy):
    return Source(proxy.address, context=proxy.context(), source=CLIENT)


@pytest.mark.parametrize("page_of", [websocket, events])
def test_a_client_comes_back_and_misses_nothing(behind, page_of):
    proxy = behind(history={}, routes=[RESUME])
    page = page_of(proxy)
    publisher = proxy.gateway.publisher()
    for i in range(3):
        page.come()
        publisher.publish("roomcast:room:lobby", f"here {i}")
        page.take_until(f"here {i}")
        page.leave()
        for j in range(50):
            publisher.publish("roomcast:room:lobby", f"away {i} {j}")
    page.come()
    page.take_until("away 2 49")
    page.leave()
    assert len(page.contents) == 153 and page.gaps == 0


def fixed_ports(**shutdown):
    """Sections of an instance that is found again when it has restarted."""
    return {
        "address": f"127.0.0.1:{free_port()}",
        "admin": {"listen": f"127.0.0.1:{free_port()}"},
        "shutdown": shutdown,
    }


@pytest.mark.waits
def test_a_rolling_restart_fails_no_handshake(behind, returning):
    """HAProxy notices by its checks, within the delay; nginx has none, and
    needs no delay."""
    has_checks = behind.kind is not KINDS["nginx"]
    shutdown = {"delay": "5s" if has_checks else "0", "drain": "300ms"}
    proxy = behind(second=fixed_ports(**shutdown), **fixed_ports(**shutdown))
    clients = returning(proxy.address, 60, ssl=proxy.context())
    clients.wait_inside()
    for daemon in proxy.gateway, proxy.second:
        daemon.stop()
        daemon.start()
        daemon.wait_ready()
        clients.wait_inside()
    assert len(clients.away) >= 60
    assert set(clients.codes) == {1012}
    assert clients.handshakes_failed == []
    assert clients.connects_refused == 0
    clients.finish()
    for daemon in proxy.gateway, proxy.second:
        daemon.kill()  # without another delay
