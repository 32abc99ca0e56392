"""Limits by client address, and on handshakes in progress."""

import resource
import socket

import pytest

from rig.people import auth
from rig.proxied import v1, v2
from rig.raw import request
from rig.tls import certificates, secure, trusting
from rig.waiting import eventually, seconds

PROXIED = {
    "address": "127.0.0.1:0",
    "proxy_protocol": True,
    "trusted": ["127.0.0.1"],
}
TOO_MANY = 'roomcast_refused_total{status="429"}'
FULL = 'roomcast_refused_total{status="503"}'


def answer_to(raw, daemon, data):
    """The socket, and the status that a request gets on it."""
    s = raw(daemon)
    s.send(data)
    answer = s.read_response()
    if answer.status in (429, 503):
        assert answer.headers["retry-after"] == "5"
        assert answer.headers["connection"] == "close"
        assert s.read_to_end() == b""
    return s, answer.status


def status_of(raw, daemon, header=b""):
    return answer_to(raw, daemon, header + request())[1]


def wait_admitted(raw, daemon, header=b"", timeout=5):
    eventually(
        lambda: status_of(raw, daemon, header) == 101, timeout, "admitted"
    )


# -- connections


def test_connections_of_an_address_and_their_release(gateway, raw):
    daemon = gateway(limits={"connections_per_address": 2})
    first = raw.upgraded(daemon)
    second = raw.upgraded(daemon)
    assert status_of(raw, daemon) == 429
    daemon.wait_metric(TOO_MANY, 1)
    first.close()
    wait_admitted(raw, daemon)
    assert status_of(raw, daemon) == 429
    second.reset()
    wait_admitted(raw, daemon)


def test_each_real_address_counts_for_itself(gateway, raw):
    daemon = gateway(
        workers=3, listen=[PROXIED], limits={"connections_per_address": 3}
    )
    for i in range(20):
        for number in range(4):
            header = (v1, v2)[number % 2](f"203.0.113.{i}")
            expected = 101 if number < 3 else 429
            assert status_of(raw, daemon, header) == expected
    daemon.wait_metric(TOO_MANY, 20)


def test_an_ipv6_subscriber_is_a_64(gateway, raw):
    daemon = gateway(listen=[PROXIED], limits={"connections_per_address": 2})
    assert status_of(raw, daemon, v1("2001:db8:0:1::1")) == 101
    assert status_of(raw, daemon, v2("2001:db8:0:1:ffff::2")) == 101
    assert status_of(raw, daemon, v2("2001:db8:0:1::3")) == 429
    assert status_of(raw, daemon, v1("2001:db8:0:1:1:2:3:4")) == 429
    assert status_of(raw, daemon, v2("2001:db8:0:2::1")) == 101


def test_a_mapped_address_is_the_v4_one(gateway, raw):
    daemon = gateway(listen=[PROXIED], limits={"connections_per_address": 1})
    assert status_of(raw, daemon, v1("203.0.113.7")) == 101
    assert status_of(raw, daemon, v2("::ffff:203.0.113.7")) == 429
    assert status_of(raw, daemon, v2("::ffff:203.0.113.8")) == 101


def test_addresses_by_x_forwarded_for(gateway, raw):
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "trusted": ["127.0.0.1"]}],
        limits={"connections_per_address": 1},
    )

    def status(value):
        head = request(headers={"X-Forwarded-For": value})
        return answer_to(raw, daemon, head)[1]

    assert status("203.0.113.7") == 101
    assert status("1.2.3.4, 203.0.113.7") == 429
    assert status("203.0.113.8") == 101
    assert status("203.0.113.7, 203.0.113.9") == 101


def test_forged_x_forwarded_for_makes_no_new_addresses(gateway, raw):
    daemon = gateway(limits={"connections_per_address": 2})
    statuses = [
        answer_to(
            raw, daemon, request(headers={"X-Forwarded-For": f"8.8.8.{i}"})
        )[1]
        for i in range(4)
    ]
    assert statuses == [101, 101, 429, 429]


def test_what_is_refused_later_is_released(gateway, raw):
    daemon = gateway(limits={"connections_per_address": 1})

    def gets_404():
        s, status = answer_to(raw, daemon, request("/nowhere"))
        s.close()
        return status == 404

    for _ in range(5):  # the one before may still be on its way out
        eventually(gets_404, 5, "404, not 429")
    wait_admitted(raw, daemon)


def test_sockets_that_say_nothing_count_too(gateway, raw):
    daemon = gateway(limits={"connections_per_address": 2})
    silent = [raw(daemon), raw(daemon)]
    daemon.wait_metric("roomcast_handshakes_in_progress", 2)
    assert status_of(raw, daemon) == 429
    for s in silent:
        s.close()
    wait_admitted(raw, daemon)


def test_the_limit_comes_before_token_and_route(gateway, raw, tmp_path):
    daemon = gateway(
        limits={"connections_per_address": 1}, **auth(tmp_path)
    )
    inside = raw.upgraded(daemon)
    for path in ("/user?rooms=a&token=x", "/nowhere"):
        assert answer_to(raw, daemon, request(path))[1] == 429
    inside.close()
    eventually(
        lambda: answer_to(raw, daemon, request("/user?token=x"))[1] == 401,
        what="401 once there is room",
    )


def test_429_and_503_are_readable_over_tls(
    gateway, raw, secure, certificates
):
    tls = {"tls": certificates.first.section}
    daemon = gateway(
        listen=[{**PROXIED, **tls}],
        limits={"connections_per_address": 1, "connections": 2},
    )
    context = trusting(certificates.first)

    def status(address):
        s = secure(daemon, context, front=v2(address))
        s.send(request())
        return s.read_response().status

    assert status("203.0.113.7") == 101
    assert status("203.0.113.7") == 429
    daemon.wait_metric(TOO_MANY, 1)
    assert status("203.0.113.8") == 101
    assert status("203.0.113.9") == 503


# -- handshakes


def test_handshakes_of_an_address_in_a_second(gateway, raw):
    daemon = gateway(listen=[PROXIED], limits={"handshakes_per_address": 5})
    sockets = [raw(daemon) for _ in range(30)]
    for s in sockets:  # all at once: one after the other takes seconds
        s.send(v1("203.0.113.7") + request())
    statuses = [s.read_response().status for s in sockets]
    admitted = statuses.count(101)
    assert admitted + statuses.count(429) == 30 and 5 <= admitted < 30
    assert status_of(raw, daemon, v1("203.0.113.8")) == 101
    wait_admitted(raw, daemon, v1("203.0.113.7"))  # a fifth of a second later


def test_handshakes_in_progress(gateway, raw):
    daemon = gateway(limits={"handshakes": 3})
    inside = raw.upgraded(daemon)
    waiting = [raw(daemon) for _ in range(3)]
    daemon.wait_metric("roomcast_handshakes_in_progress", 3)
    assert status_of(raw, daemon) == 503
    daemon.wait_metric(FULL, 1)
    waiting[0].send(request())
    assert waiting[0].read_response().status == 101
    assert status_of(raw, daemon) == 101
    for s in waiting[1:]:
        s.close()
    inside.close()
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


# -- ten thousand at once

CROWD = 10_000


@pytest.fixture
def crowd():
    """Opens sockets that send these bytes and nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CROWD + 1000:
        pytest.skip(f"only {hard} files may be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    sockets = []

    def gather(address, beginnings):
        for i in range(CROWD):
            s = socket.create_connection(address, seconds(5))
            s.send(beginnings[i % len(beginnings)])
            sockets.append(s)

    yield gather
    for s in sockets:
        s.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_crowd_that_never_finishes_keeps_nobody_out(
    gateway, raw, connect, crowd
):
    daemon = gateway(
        limits={"handshake_timeout": "1s"}, log={"level": "info"}
    )
    member = connect(daemon)
    head = request()
    crowd(daemon.address(), [b"G", head[:-1], head[:60], head[:-2]])
    # Who was inside before is served all the time.
    daemon.publisher().publish("roomcast:room:lobby", "still served")
    assert member.recv() == "still served"
    # Behind the handshake_timeout.
    wait_admitted(raw, daemon)
    # Who knocked meanwhile may have been late as well.
    late = 'roomcast_refused_total{status="408"}'
    eventually(lambda: daemon.metric(late) >= CROWD, what="all are refused")
