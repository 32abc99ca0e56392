"""The admin listener: alive, ready, and the counters."""

import re
import socket

import pytest

from rig import exposition
from rig.gateway import ROOT
from rig.raw import request


def test_alive_and_ready(gateway):
    daemon = gateway()
    assert daemon.admin("/healthz")[0] == 200
    assert daemon.admin("/readyz")[0] == 200


def test_without_redis_it_is_alive_but_not_ready(gateway):
    daemon = gateway(server="redis://127.0.0.1:1")
    assert daemon.admin("/healthz")[0] == 200
    status, body, _ = daemon.admin("/readyz")
    assert status == 503
    assert "redis" in body.lower()
    daemon.wait_metric("roomcast_backend_up", 0)


def test_metrics_are_prometheus_text(gateway, connect):
    daemon = gateway()
    connect(daemon)
    daemon.publisher().publish("roomcast:room:lobby", "x")
    status, body, headers = daemon.admin("/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    exposition.read(body)


def test_every_metric_is_there_from_the_start(gateway, redis_server):
    """Those of a source, of a certificate, of keys where there is one."""
    table = (ROOT / "src" / "core" / "metrics.def").read_text()
    names = set(re.findall(r'"((?:roomcast|process)_[a-z_]+)"', table))
    of_source = {name for name in names if name.startswith("roomcast_source")}
    names -= {
        "roomcast_listener_certificate_expiry_seconds",
        *("roomcast_jwks_keys", "roomcast_jwks_age_seconds"),
    }
    assert len(names) > len(of_source) + 20 and len(of_source) > 6
    for server, there in ((None, names - of_source), (redis_server, names)):
        families = exposition.read(gateway(server).admin("/metrics")[1])
        assert set(families) == there


def test_metrics_follow_what_happens(gateway, connect, raw):
    daemon = gateway(workers=3)
    clients = connect.many([daemon.ws_url(f"/ws/{i % 2}") for i in range(6)])
    for _ in range(5):
        daemon.publisher().publish("roomcast:room:0", "12345678")
    for client in clients[::2]:
        client.recv_many(5)
    m = daemon.metrics()
    assert m["roomcast_connections"] == 6
    assert m["roomcast_memberships"] == 6
    assert m["roomcast_upgraded_total"] == 6
    assert m["roomcast_accepted_total"] >= 6
    assert m["roomcast_payloads_total"] == 5
    assert m["roomcast_payload_bytes_total"] == 40
    assert m["roomcast_deliveries_total"] == 15
    assert m["roomcast_backend_up"] == 1
    # Bytes are counted behind the write, so those of the clients' answers may
    # come late, too. All answers are of one size.
    s = raw(daemon)
    s.send(request())
    answers = 7 * len(s.read_until(b"\r\n\r\n"))
    written = answers + 15 * (2 + 8)
    daemon.wait_metric("roomcast_written_bytes_total", written)


@pytest.mark.parametrize("path", ["/metrics/", "/nope", "/healthz/x"])
def test_other_paths_are_404(gateway, path):
    assert gateway().admin(path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_refused(gateway, method):
    assert gateway().admin("/metrics", method)[0] in (405, 501)


def test_it_is_not_on_the_public_port(gateway, raw):
    daemon = gateway()
    for path in "/metrics", "/healthz", "/readyz":
        s = raw(daemon)
        s.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert s.read_refusal().status in (404, 426)


def test_without_the_section_there_is_no_admin_listener(gateway):
    daemon = gateway(admin=None)
    assert daemon.addresses("admin") == []


def test_silent_and_broken_admin_clients_harm_nothing(gateway):
    daemon = gateway()
    host, port = daemon.admin_url[len("http://") :].split(":")
    held = []
    broken = [b"", b"GET /met", b"\xff" * 5000, b"GET / HTTP/9\r\n\r\n"]
    for data in broken * 10:
        s = socket.create_connection((host, int(port)))
        s.sendall(data)
        held.append(s)
    assert daemon.admin("/healthz")[0] == 200
    for s in held:
        s.close()


def test_room_names_never_become_labels(gateway, connect):
    daemon = gateway()
    connect(daemon, "/ws/very-private-room")
    assert "very-private-room" not in daemon.admin("/metrics")[1]
