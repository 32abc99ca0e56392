"""TLS on the listener: handshakes, resumption, refusals, and the end."""

import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

from rig.gateway import ROOT
from rig.raw import PING, PONG, close_frame, frame, request
from rig.tls import RELOADED, certificates, listen, secure, trusting, wss
from rig.waiting import TIME_FACTOR, eventually, seconds

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


# -- handshakes


@pytest.mark.parametrize("kind", ["first", "rsa"])
def test_a_websockets_client_over_tls(gateway, connect, certificates, kind):
    pair = getattr(certificates, kind)
    daemon = gateway(listen=listen(pair))
    client = connect(wss(daemon), ssl=trusting(pair))
    daemon.publisher().publish("roomcast:room:lobby", "over TLS")
    assert client.recv() == "over TLS"
    client.ping(b"still there")


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_1_2_and_1_3(gateway, secure, certificates, version):
    daemon = gateway(listen=listen(certificates.first))
    s = secure(daemon, trusting(certificates.first, version=version))
    assert s.socket.version() == version.name.replace("_", ".")
    assert s.upgrade()


@pytest.mark.outside
def test_openssl_can_be_told_to_agree_on_1_2_at_most(
    gateway, secure, certificates, tmp_path
):
    """As docs/security.md says: who wants OpenSSL's records falls back so."""
    page = (ROOT / "docs" / "security.md").read_text()
    (lines,) = re.findall(r"^```ini\n(.*?)^```", page, re.M | re.S)
    (tmp_path / "openssl.cnf").write_text(lines)
    daemon = gateway(
        listen=listen(certificates.first),
        env={"OPENSSL_CONF": str(tmp_path / "openssl.cnf")},
    )
    s = secure(daemon, trusting(certificates.first))
    assert s.socket.version() == "TLSv1.2"
    assert s.upgrade()


@pytest.mark.parametrize("option", ["-tls1", "-tls1_1"])
def test_older_versions_are_refused(gateway, certificates, option):
    daemon = gateway(listen=listen(certificates.rsa))
    done = subprocess.run(
        [
            *("openssl", "s_client", option, "-cipher", "ALL:@SECLEVEL=0"),
            *("-connect", "%s:%d" % daemon.address()),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds(10),
        check=False,
    )
    assert done.returncode != 0
    assert b"alert protocol version" in done.stderr


@pytest.mark.parametrize(
    "offered, chosen",
    [
        (["http/1.1"], "http/1.1"),
        (["h2", "http/1.1"], "http/1.1"),
        (["http/1.1", "h2"], "http/1.1"),
        ([], None),
    ],
)
def test_http_1_1_is_the_protocol(
    gateway, secure, certificates, offered, chosen
):
    daemon = gateway(listen=listen(certificates.first))
    s = secure(daemon, trusting(certificates.first, alpn=offered))
    assert s.socket.selected_alpn_protocol() == chosen
    assert s.upgrade()


def test_a_client_that_speaks_http_2_only_is_refused(
    gateway, secure, certificates
):
    daemon = gateway(listen=listen(certificates.first))
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        secure(daemon, trusting(certificates.first, alpn=["h2"]))
    daemon.wait_metric("roomcast_handshakes_abandoned_total", 1)


def client_hello():
    """The first bytes that a client sends."""
    outgoing = ssl.MemoryBIO()
    session = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), outgoing, server_hostname="localhost"
    )
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_handshake_in_single_bytes(gateway, raw, certificates, version):
    daemon = gateway(listen=listen(certificates.first))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = trusting(certificates.first, version=version)
    session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    s = raw(daemon)

    def until_done(step):
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                result = None
            s.send_bytewise(outgoing.read())
            if result is not None:
                return result
            incoming.write(s.socket.recv(65536))

    until_done(lambda: session.do_handshake() or True)
    session.write(request())
    assert until_done(lambda: session.read(65536)).startswith(b"HTTP/1.1 101 ")


def test_a_slow_handshake_ends_in_time(gateway, raw, certificates):
    daemon = gateway(
        listen=listen(certificates.first),
        limits={"handshake_timeout": "1s"},
    )
    began = time.monotonic()
    silent, halted, done = raw(daemon), raw(daemon), raw(daemon)
    halted.send(client_hello()[:100])
    done.send(client_hello())
    for s in (silent, halted, done):
        s.wait_gone()
    # A turn's clock may be behind by as long as the turn.
    assert time.monotonic() - began > 0.5
    daemon.wait_metric('roomcast_refused_total{status="408"}', 3)


@pytest.mark.waits
def test_a_request_that_is_slow_inside_tls_hears_408(
    gateway, secure, certificates
):
    daemon = gateway(
        listen=listen(certificates.first),
        limits={"handshake_timeout": f"{2 * TIME_FACTOR:g}s"},
    )
    s = secure(daemon, trusting(certificates.first))
    s.send(request()[:40])
    assert s.read_refusal().status == 408


def test_tls_to_the_plain_port_is_refused(gateway, secure, certificates, raw):
    daemon = gateway()
    with pytest.raises(ssl.SSLError):
        secure(daemon, trusting(certificates.first))
    daemon.wait_metric('roomcast_refused_total{status="400"}', 1)
    assert raw.upgraded(daemon)


# -- sessions are resumed


def resumes(secure, daemon, context, session):
    s = secure(daemon, context, session=session)
    s.upgrade()
    return s.socket.session_reused


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_reloaded", [False, True])
def test_a_session_is_resumed(
    gateway, secure, certificates, version, is_reloaded
):
    daemon = gateway(listen=listen(certificates.first))
    context = trusting(certificates.first, version=version)
    first = secure(daemon, context).upgrade()
    assert not first.socket.session_reused
    if is_reloaded:
        daemon.signal(signal.SIGHUP)
        daemon.wait_log(RELOADED)
    for _ in range(4):  # whatever worker it comes to
        assert resumes(secure, daemon, context, first.socket.session)


# -- refusals, and the end


def test_404_is_readable(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    s = secure(daemon, trusting(certificates.first))
    s.send(request("/nowhere"))
    assert s.read_refusal().status == 404  # with a close_notify at its end


def test_503_is_readable(gateway, secure, certificates):
    daemon = gateway(
        listen=listen(certificates.first), limits={"connections": 1}
    )
    context = trusting(certificates.first)
    inside = secure(daemon, context).upgrade()
    outside = secure(daemon, context)
    outside.send(request())
    answer = outside.read_refusal()
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    inside.send(frame(PING))
    assert inside.read_frame().opcode == PONG


def test_a_request_of_8_kib_in_many_records(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    s = secure(daemon, trusting(certificates.first))
    s.send_bytewise(request(headers={"X-Long": "x" * 500}))
    assert s.read_response().status == 101
    s = secure(daemon, trusting(certificates.first))
    s.send(request(headers={"X-Long": "x" * 9000}))
    assert s.read_refusal().status == 431


def test_frames_in_the_record_of_the_request(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    s = secure(daemon, trusting(certificates.first))
    s.send(request() + frame(PING, b"early"))
    assert s.read_response().status == 101
    assert s.read_frame() == (PONG, b"early", True)


def test_the_end_is_told_by_close_notify(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    s = secure(daemon, trusting(certificates.first)).upgrade()
    s.send(close_frame(1000, b"bye"))
    assert s.read_until_close().code == 1000
    assert s.read_to_end() == b""  # anything but close_notify raises


def test_a_shutdown_says_1012_inside_tls(gateway, secure, certificates):
    daemon = gateway(
        listen=listen(certificates.first), shutdown={"drain": "30s"}
    )
    s = secure(daemon, trusting(certificates.first)).upgrade()
    daemon.signal()
    assert s.read_until_close().code == 1012
    s.send(close_frame(1012))
    assert s.read_to_end() == b""
    assert daemon.wait_exit() == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_who_ends_tls_is_answered_in_kind(
    gateway, secure, certificates, version
):
    """Without a close frame, or a request: its library waits for that."""
    daemon = gateway(listen=listen(certificates.first))
    context = trusting(certificates.first, version=version)
    early = secure(daemon, context)
    halfway = secure(daemon, context)
    halfway.send(request()[:30])
    for s in (early, halfway, secure(daemon, context).upgrade()):
        s.socket.settimeout(seconds(5))
        s.socket.unwrap().close()  # anything but close_notify raises


def test_a_client_that_ends_tls_or_vanishes(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    context = trusting(certificates.first)
    polite = secure(daemon, context).upgrade()
    sudden = secure(daemon, context).upgrade()
    broken = secure(daemon, context).upgrade()
    plain = socket.socket(fileno=broken.socket.detach())
    plain.sendall(b"this is no record of TLS")
    sudden.reset()
    polite.socket.settimeout(seconds(5))
    polite.socket.unwrap().close()
    lost = 'roomcast_closed_total{reason="connection_lost",code="1006"}'
    daemon.wait_metric(lost, 3)
    daemon.wait_metric("roomcast_connections", 0)
    plain.close()


# -- many


def test_200_connections(gateway, connect, certificates):
    daemon = gateway(listen=listen(certificates.first), workers=3)
    context = trusting(certificates.first)
    clients = connect.many([wss(daemon)] * 200, ssl=context)
    publisher = daemon.publisher()
    for i in range(20):
        publisher.publish("roomcast:room:lobby", str(i))
    expected = [str(i) for i in range(20)]
    for client in clients:
        assert client.recv_many(20) == expected
    for client in clients:
        client.close()
    daemon.wait_metric("roomcast_connections", 0)
    eventually(lambda: daemon.open_fds() < 60, 5, "descriptors are closed")


def test_plain_and_tls_members_of_one_room(gateway, connect, certificates):
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0"}, *listen(certificates.first)]
    )
    context = trusting(certificates.first)
    plain = connect.many([daemon.ws_url()] * 20)
    over_tls = connect.many([wss(daemon, index=1)] * 20, ssl=context)
    publisher = daemon.publisher()
    contents = [f"{i}:" + "x" * (i * 997) for i in range(40)]
    for content in contents:
        publisher.publish("roomcast:room:lobby", content)
    for client in plain + over_tls:
        assert client.recv_many(40) == contents
