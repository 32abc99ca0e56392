"""Who a client is when proxies stand between: PROXY and X-Forwarded-For."""

import ssl
import time

import pytest

from rig.proxied import (
    LOCAL,
    PROXY,
    SIGNATURE,
    TCP4,
    TCP6,
    UNIX,
    UNSPEC,
    tlv,
    v1,
    v2,
    v2_bytes,
)
from rig.raw import PING, PONG, Raw, frame, request
from rig.tls import certificates, secure, trusting

TRUSTED = {"address": "127.0.0.1:0", "trusted": ["127.0.0.1", "10.0.0.0/8"]}
PROXIED = {**TRUSTED, "proxy_protocol": True}
STRANGER = "127.0.0.9"  # an address of this machine that is not trusted

# A header, and how the log names the client that it speaks of.
GOOD = {
    "v1-tcp4": (v1("203.0.113.7"), r"203\.0\.113\.7:4711"),
    "v1-tcp6": (v1("2001:db8::7"), r"\[2001:db8::7\]:4711"),
    "v1-longest": (
        v1("ffff:" * 7 + "fffe", 65535, "ffff:" * 7 + "ffff"),
        r"\[(ffff:){7}fffe\]:65535",
    ),
    "v2-tcp4": (v2("203.0.113.7"), r"203\.0\.113\.7:4711"),
    "v2-tcp6": (v2("2001:db8::7"), r"\[2001:db8::7\]:4711"),
    "v2-mapped": (v2("::ffff:203.0.113.7"), r"203\.0\.113\.7:4711"),
    "v2-extensions": (
        v2("203.0.113.7", extensions=tlv(1, b"h2") + tlv(4, b"x" * 400)),
        r"203\.0\.113\.7:4711",
    ),
}

# The proxy speaks for itself, or of what has no address.
NOBODY = {
    "v1-unknown": b"PROXY UNKNOWN\r\n",
    "v1-unknown-more": b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
    "v2-local": v2_bytes(LOCAL, UNSPEC, b""),
    "v2-local-addresses": v2_bytes(LOCAL, TCP4, b"\x01" * 12),
    "v2-unspec": v2_bytes(PROXY, UNSPEC, b""),
    "v2-unix": v2_bytes(PROXY, UNIX, b"/s".ljust(216, b"\0")),
}

BAD = {
    "none": b"",
    "lower-case": b"proxy TCP4 203.0.113.7 192.0.2.1 1 2\r\n",
    "v1-family": b"PROXY TCP5 203.0.113.7 192.0.2.1 1 2\r\n",
    "v1-mixed": b"PROXY TCP4 2001:db8::7 192.0.2.1 1 2\r\n",
    "v1-name": b"PROXY TCP4 localhost 192.0.2.1 1 2\r\n",
    "v1-octet": b"PROXY TCP4 203.0.113.256 192.0.2.1 1 2\r\n",
    "v1-port": b"PROXY TCP4 203.0.113.7 192.0.2.1 65536 2\r\n",
    "v1-short": b"PROXY TCP4 203.0.113.7 192.0.2.1 1\r\n",
    "v1-more": b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2 3\r\n",
    "v1-two-spaces": b"PROXY TCP4  203.0.113.7 192.0.2.1 1 2\r\n",
    "v1-bare-lf": b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2\n",
    "v1-bare-cr": b"PROXY TCP4 203.0.113.7 192.0.2.1 1 2\rx",
    "v1-nul": b"PROXY TCP4 203.0.113.7\0 192.0.2.1 1 2\r\n",
    "v1-too-long": b"PROXY UNKNOWN " + b"x" * 100 + b"\r\n",
    "v1-endless": b"PROXY UNKNOWN " + b"x" * 5000,
    "v2-version": v2_bytes(0x11, TCP4, b"\x01" * 12),
    "v2-command": v2_bytes(0x22, TCP4, b"\x01" * 12),
    "v2-family": v2_bytes(PROXY, 0x41, b"\x01" * 12),
    "v2-transport": v2_bytes(PROXY, 0x13, b"\x01" * 12),
    "v2-short": v2_bytes(PROXY, TCP4, b"\x01" * 11),
    "v2-short-v6": v2_bytes(PROXY, TCP6, b"\x01" * 12),
    "v2-long": v2_bytes(PROXY, TCP4, b"\x01" * 12, length=65535),
    "v2-oversized": v2("203.0.113.7", extensions=tlv(4, b"x" * 600)),
    "v2-extension": v2("203.0.113.7", extensions=b"\x04\x00\x09x"),
    "signature": SIGNATURE[:-1] + b"\r\x21\x11\0\x0c" + b"1" * 12,
    "tls": b"\x16\x03\x01\x02\x00\x01",
    "zeros": bytes(64),
}


def rows(table):
    return pytest.mark.parametrize("row", table.values(), ids=table.keys())


def wait_peer(daemon, peer):
    """Until the log says that a connection of this peer has ended."""
    daemon.wait_log(rf" debug access: connection closed .*client={peer} ")


def ends_as(daemon, s, peer):
    s.send(frame(PING, b"in"))
    assert s.read_frame() == (PONG, b"in", True)
    s.close()
    wait_peer(daemon, peer)


# -- PROXY headers


@rows(GOOD)
def test_a_header_in_the_segment_of_the_request(gateway, raw, row):
    header, peer = row
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send(header + request())
    assert s.read_response().status == 101
    ends_as(daemon, s, peer)


@rows(GOOD)
def test_a_header_byte_by_byte(gateway, raw, row):
    header, peer = row
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send_bytewise(header + request())
    assert s.read_response().status == 101
    ends_as(daemon, s, peer)


@rows(NOBODY)
@pytest.mark.parametrize("send", [Raw.send, Raw.send_bytewise])
def test_a_header_that_names_nobody(gateway, raw, row, send):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    send(s, row + request())
    assert s.read_response().status == 101
    ends_as(daemon, s, r"127\.0\.0\.1:\d+")


@rows(GOOD)
def test_tls_behind_the_header(gateway, secure, certificates, row):
    header, peer = row
    listen = [{**PROXIED, "tls": certificates.first.section}]
    daemon = gateway(listen=listen)
    context = trusting(certificates.first)
    s = secure(daemon, context, front=header).upgrade()
    ends_as(daemon, s, peer)


@rows(BAD)
def test_a_bad_header_is_refused(gateway, raw, row):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send(row + request())
    assert s.read_refusal().status == 400
    daemon.wait_metric('roomcast_refused_total{status="400"}', 1)


@rows({name: BAD[name] for name in ("none", "v1-port", "v2-long", "tls")})
def test_a_bad_header_before_tls_ends_it(gateway, secure, certificates, row):
    listen = [{**PROXIED, "tls": certificates.first.section}]
    daemon = gateway(listen=listen)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        secure(daemon, trusting(certificates.first), front=row)
    daemon.wait_metric('roomcast_refused_total{status="400"}', 1)


@pytest.mark.parametrize("begin", [b"", v1("203.0.113.7")[:9]])
@pytest.mark.parametrize("end", [Raw.close, Raw.reset])
def test_who_leaves_before_its_header_is_counted(gateway, raw, begin, end):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send(begin)
    daemon.wait_metric("roomcast_handshakes_in_progress", 1)
    end(s)
    daemon.wait_metric("roomcast_handshakes_abandoned_total", 1)


@pytest.mark.parametrize(
    "header",
    [v1("203.0.113.7"), v2("203.0.113.7"), b""],
    ids=["v1", "v2", "none"],
)
def test_an_untrusted_peer_is_refused(gateway, raw, header):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon, source=STRANGER)
    s.send(header + request())
    assert s.read_refusal().status == 403
    daemon.wait_log(rf"handshake refused status=403 .*client={STRANGER}:\d+ ")
    assert "203.0.113.7" not in daemon.log()


def test_an_untrusted_peer_of_the_tls_port_is_cut_off(
    gateway, secure, certificates
):
    listen = [{**PROXIED, "tls": certificates.first.section}]
    daemon = gateway(listen=listen)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        secure(
            daemon,
            trusting(certificates.first),
            front=v1("203.0.113.7"),
            source=STRANGER,
        )
    daemon.wait_metric('roomcast_refused_total{status="403"}', 1)


@pytest.mark.parametrize(
    "header", [v1("203.0.113.7"), v2("2001:db8::7")], ids=["v1", "v2"]
)
@pytest.mark.parametrize("is_tls", [False, True])
def test_a_header_cut_short_ends_in_time(
    gateway, raw, certificates, header, is_tls
):
    tls = {"tls": certificates.first.section} if is_tls else {}
    daemon = gateway(
        listen=[{**PROXIED, **tls}], limits={"handshake_timeout": "1s"}
    )
    began = time.monotonic()
    s = raw(daemon)
    s.send(header[:-1])
    if is_tls:
        s.wait_gone()
    else:
        assert s.read_refusal().status == 408
    # A turn's clock may be behind by as long as the turn.
    assert time.monotonic() - began > 0.5
    daemon.wait_metric('roomcast_refused_total{status="408"}', 1)


def test_a_peer_that_goes_within_the_header(gateway, raw):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send(v1("203.0.113.7")[:20])
    s.close()
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)
    daemon.wait_metric("roomcast_accepted_total", 1)


def test_only_one_header_counts(gateway, raw):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send(v1("203.0.113.7") + v1("203.0.113.8") + request())
    assert s.read_refusal().status == 400
    daemon.wait_log(r"status=400 .*client=203\.0\.113\.7:4711 ")


def test_a_header_that_nobody_asked_for(gateway, raw):
    daemon = gateway(listen=[TRUSTED])
    s = raw(daemon)
    s.send(v1("203.0.113.7") + request())
    assert s.read_refusal().status == 400


def test_an_early_refusal_behind_header_and_tls_is_readable(
    gateway, secure, certificates
):
    listen = [{**PROXIED, "tls": certificates.first.section}]
    daemon = gateway(listen=listen, limits={"connections": 1})
    context = trusting(certificates.first)
    inside = secure(daemon, context, front=v1("203.0.113.7")).upgrade()
    outside = secure(daemon, context, front=v1("203.0.113.8"))
    outside.send(request())
    assert outside.read_refusal().status == 503
    ends_as(daemon, inside, r"203\.0\.113\.7:4711")


# -- X-Forwarded-For


def forwarded(*values):
    """A request with these headers."""
    lines = b"".join(b"X-Forwarded-For: %s\r\n" % v.encode() for v in values)
    return request()[:-2] + lines + b"\r\n"


PEER = r"127\.0\.0\.1:\d+"


@pytest.mark.parametrize(
    "values, peer",
    [
        (["203.0.113.7"], r"203\.0\.113\.7"),
        (["203.0.113.7:4711"], r"203\.0\.113\.7"),
        (["2001:db8::7"], "2001:db8::7"),
        (["[2001:db8::7]:4711"], "2001:db8::7"),
        (["8.8.8.8, 203.0.113.7"], r"203\.0\.113\.7"),
        (["8.8.8.8, 203.0.113.7, 10.1.2.3, 10.9.9.9"], r"203\.0\.113\.7"),
        (["8.8.8.8", "203.0.113.7", "10.1.2.3"], r"203\.0\.113\.7"),
        (["10.1.2.3, 10.9.9.9"], r"10\.1\.2\.3"),
        (["203.0.113.7, unknown"], PEER),
        (["203.0.113.7, not-an-address, 10.1.2.3"], r"10\.1\.2\.3"),
        ([""], PEER),
        ([], PEER),
        (["1.1.1.1, " * 500 + "203.0.113.7"], r"203\.0\.113\.7"),
    ],
)
def test_a_trusted_proxy_names_the_client(gateway, raw, values, peer):
    daemon = gateway(listen=[TRUSTED])
    s = raw(daemon)
    s.send(forwarded(*values))
    assert s.read_response().status == 101
    ends_as(daemon, s, peer)


def test_an_untrusted_peer_speaks_for_itself(gateway, raw):
    daemon = gateway(listen=[TRUSTED])
    s = raw(daemon, source=STRANGER)
    s.send(forwarded("203.0.113.7"))
    assert s.read_response().status == 101
    ends_as(daemon, s, rf"{STRANGER}:\d+")


def test_without_trusted_nobody_speaks_for_others(gateway, raw):
    daemon = gateway()
    s = raw(daemon)
    s.send(forwarded("203.0.113.7"))
    assert s.read_response().status == 101
    ends_as(daemon, s, PEER)


def test_forwarded_inside_tls(gateway, secure, certificates):
    listen = [{**TRUSTED, "tls": certificates.first.section}]
    daemon = gateway(listen=listen)
    s = secure(daemon, trusting(certificates.first))
    s.send(forwarded("203.0.113.7"))
    assert s.read_response().status == 101
    ends_as(daemon, s, r"203\.0\.113\.7")


@pytest.mark.parametrize(
    "source, peer",
    [
        ("10.1.2.3", r"203\.0\.113\.7"),  # a proxy of ours behind the balancer
        ("198.51.100.4", r"198\.51\.100\.4:4711"),
    ],
)
def test_forwarded_behind_a_proxy_header(gateway, raw, source, peer):
    daemon = gateway(listen=[PROXIED])
    s = raw(daemon)
    s.send(v1(source) + forwarded("203.0.113.7"))
    assert s.read_response().status == 101
    ends_as(daemon, s, peer)


def test_refusals_name_the_real_client(gateway, raw):
    daemon = gateway(listen=[TRUSTED])
    s = raw(daemon)
    s.send(forwarded("203.0.113.7").replace(b"/ws/lobby", b"/nowhere"))
    assert s.read_refusal().status == 404
    daemon.wait_log(r"handshake refused status=404 .*client=203\.0\.113\.7 ")
