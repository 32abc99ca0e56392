"""What is measured, and whether Prometheus likes how it is told."""

import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

from rig import exposition, promtool
from rig.asking import app, sections
from rig.gateway import BINARY
from rig.raw import request
from rig.rereading import change
from rig.tls import certificates, listen
from rig.waiting import eventually

__all__ = ["app", "certificates"]  # fixtures

WORKERS = [1, 2]


def count(daemon, name, labels=""):
    return daemon.metric(f"roomcast_{name}_count{labels}")


def seconds(daemon, name, labels=""):
    return daemon.metric(f"roomcast_{name}_sum{labels}")


@promtool.installed
def test_prometheus_likes_it(gateway, connect, redis_server):
    daemon = gateway(redis_server)
    connect(daemon)
    text = daemon.admin("/metrics")[1]
    assert promtool.run("check", "metrics", text=text) == ""


def test_a_handshake_is_timed_by_its_end(gateway, connect, raw, workers):
    daemon = gateway(workers=workers)
    accepted, refused = '{outcome="accepted"}', '{outcome="refused"}'
    name = "handshake_duration_seconds"
    connect.many([daemon.ws_url()] * 3)
    s = raw(daemon)
    s.send(request("/nowhere"))
    assert s.read_refusal().status == 404
    eventually(lambda: count(daemon, name, refused) == 1, 5, "one refused")
    eventually(lambda: count(daemon, name, accepted) == 3, 5, "three")
    assert 0 < seconds(daemon, name, accepted) < 60


def test_it_begins_with_the_first_byte(gateway, raw):
    """A socket that says nothing has not waited for an answer."""
    daemon = gateway(limits={"handshake_timeout": "1s"})
    name, refused = "handshake_duration_seconds", '{outcome="refused"}'
    silent = raw(daemon)
    assert silent.read_refusal().status == 408
    assert count(daemon, name, refused) == 0
    slow = raw(daemon)
    slow.send(b"GET /ws/lobby HTTP/1.1\r\n")
    assert slow.read_refusal().status == 408
    eventually(lambda: count(daemon, name, refused) == 1, 5, "one refused")
    assert seconds(daemon, name, refused) > 0.05


def test_the_app_s_time_is_measured(gateway, connect, app, workers):
    daemon = gateway(workers=workers, **sections(app))
    connect(daemon, "/app/lobby")
    assert count(daemon, "hook_duration_seconds") == 1
    asked = seconds(daemon, "hook_duration_seconds")
    whole = seconds(
        daemon, "handshake_duration_seconds", '{outcome="accepted"}'
    )
    assert 0 < asked < whole


def test_how_long_connections_live(gateway, connect, workers):
    daemon = gateway(workers=workers)
    name = "connection_lifetime_seconds"
    first, second = connect.many([daemon.ws_url()] * 2)
    assert count(daemon, name) == 0
    first.close()
    eventually(lambda: count(daemon, name) == 1, 5, "one has lived")
    assert seconds(daemon, name) < 60


def test_a_message_is_measured_once_on_each_worker(
    gateway, connect, workers
):
    daemon = gateway(workers=workers)
    clients = connect.many([daemon.ws_url()] * 8)
    publisher = daemon.publisher()
    for _ in range(3):
        publisher.publish("roomcast:room:lobby", "x")
    for client in clients:
        client.recv_many(3)
    most = 3 * workers
    name = "fanout_latency_seconds"
    eventually(lambda: 3 <= count(daemon, name) <= most, 5, "three messages")
    assert 0 < seconds(daemon, name) < 60
    publisher.publish("roomcast:room:elsewhere", "x")
    daemon.wait_metric("roomcast_payloads_unrouted_total", 1)
    assert count(daemon, name) <= most


def test_who_does_not_read_makes_the_queue_old(gateway, raw, connect):
    """And nobody's message late."""
    daemon = gateway(workers=1)
    s = raw(daemon)
    s.send(request())
    s.read_until(b"\r\n\r\n")
    reader = connect(daemon)
    publisher = daemon.publisher()
    oldest = 'roomcast_queue_oldest_seconds{worker="0"}'
    assert daemon.metric(oldest) < 2

    def is_old():
        publisher.publish("roomcast:room:lobby", "x" * 100000)
        reader.recv_many(1)
        return daemon.metric(oldest) >= 1

    eventually(is_old, 20, "something is old")
    s.close()
    eventually(lambda: daemon.metric(oldest) == 0, 10, "nothing waits")


def test_each_worker_has_its_lag(gateway, workers):
    daemon = gateway(workers=workers)
    lags = [
        f'roomcast_worker_lag_seconds{{worker="{i}"}}' for i in range(workers)
    ]
    assert all(0 <= daemon.metric(lag) < 60 for lag in lags)
    with pytest.raises(KeyError):
        daemon.metric(f'roomcast_worker_lag_seconds{{worker="{workers}"}}')


def test_what_it_is_and_what_it_takes(gateway, connect):
    daemon = gateway(
        limits={"connections": 7, "handshakes": 300},
        delivery={"memory": "16MiB"},
    )
    before = daemon.metrics()
    clients = connect.many([daemon.ws_url()] * 5)
    after = daemon.metrics()
    assert after["roomcast_connections_limit"] == 7
    assert after["roomcast_handshakes_limit"] == 300
    assert after["roomcast_queued_memory_limit_bytes"] == 16 << 20
    assert after["roomcast_history_limit_bytes"] == 0
    assert after["process_open_fds"] >= before["process_open_fds"] + 4
    # Whoever asks for the metrics has one, and may be gone by now.
    there = len(os.listdir(f"/proc/{daemon.pid}/fd"))
    assert abs(after["process_open_fds"] - there) <= 2
    soft = re.search(
        r"Max open files\s+(\d+)",
        pathlib.Path(f"/proc/{daemon.pid}/limits").read_text(),
    )[1]
    assert after["process_max_fds"] == int(soft)
    assert after["process_cpu_seconds_total"] > 0
    assert 1 << 20 < after["process_resident_memory_bytes"] < 1 << 30
    assert 0 <= time.time() - after["process_start_time_seconds"] < 600
    assert len(clients) == 5


def test_what_it_was_built_from(gateway):
    families = exposition.read(gateway().admin("/metrics")[1])
    ((_, labels, value),) = families["roomcast_build_info"].samples
    assert value == 1
    assert set(labels) == {
        "version", "commit", "libevent", "openssl", "zlib", "hiredis",
        "wslay", "cjson", "libyaml",
    }
    said = subprocess.run([BINARY, "--version"], capture_output=True, text=True)
    assert said.stdout.split()[:2] == ["roomcast", labels["version"]]
    assert re.fullmatch(r"[0-9a-f]{12}|unknown", labels["commit"])


def test_listeners_are_told_apart(
    gateway, certificates, tmp_path, workers
):
    other = f"unix:{tmp_path}/s"
    daemon = gateway(
        workers=workers,
        listen=[{"address": other}, *listen(certificates.first)],
    )
    secure = '{listener="127.0.0.1:0"}'
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(f"{tmp_path}/s")
        daemon.wait_metric("roomcast_accepted_total", 1)
    m = daemon.metrics()
    name = "roomcast_listener_accepted_total"
    assert m[f'{name}{{listener="{other}"}}'] == 1
    assert m[name + secure] == 0
    name = "roomcast_listener_certificate_expiry_seconds"
    assert m.sum(f'{name}{{listener="{other}"}}') is None
    assert m[name + secure] == m["roomcast_tls_certificate_expiry_seconds"] > 0


def test_routes_are_told_apart_and_outlive_a_reload(
    gateway, connect, raw, workers
):
    def of(route):
        names = "connections", "accepted_total", "refused_total", "closed_total"
        label = f'{{route="{route}"}}'
        samples = daemon.metrics()
        return [samples[f"roomcast_route_{n}{label}"] for n in names]

    def route(path):
        origins = ["https://app.example"]
        return {"path": path, "rooms": ["{room}"], "origins": origins}

    daemon = gateway(
        workers=workers, routes=[route("/a/{room}"), route("/b/{room}")]
    )
    here = connect(daemon, "/a/x")
    connect(daemon, "/a/x").close()
    client = raw(daemon)
    client.send(request("/b/x", headers={"Origin": "https://evil.example"}))
    assert client.read_response().status == 403
    eventually(lambda: of("/a/{room}") == [1, 2, 0, 1], 5, "a is counted")
    assert of("/b/{room}") == [0, 0, 1, 0]
    change(daemon, routes=[route("/c/{room}"), route("/b/{room}")])
    connect(daemon, "/c/x")
    here.close()
    eventually(lambda: of("/a/{room}") == [0, 2, 0, 2], 5, "a is counted")
    assert of("/b/{room}") == [0, 0, 1, 0]
    assert of("/c/{room}") == [1, 1, 0, 0]
