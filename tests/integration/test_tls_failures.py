"""TLS that does not come about: counted as that, with its reason and peer."""

import ssl
import subprocess

import pytest

from rig.raw import request
from rig.tls import certificates, listen, secure, trusting, wss
from rig.waiting import seconds

TLS12 = ssl.TLSVersion.TLSv1_2
FAILED = 'roomcast_tls_handshakes_failed_total{reason="%s"}'
ABANDONED = "roomcast_handshakes_abandoned_total"


def failures(daemon):
    """How many of each reason, without those that are 0."""
    begin, end = FAILED.split("%s")
    return {
        name[len(begin) : -len(end)]: count
        for name, count in daemon.metrics().items()
        if name.startswith(begin) and count
    }


def assert_failed(daemon, reason, peer=None):
    """That, and nothing else; the log says so, and of whom."""
    line = daemon.wait_line(
        lambda line: line.event == "tls handshake failed"
    )
    assert line.pairs["reason"] == reason and line.pairs["why"]
    if peer:
        assert line.pairs["client"] == "%s:%d" % peer
    else:
        assert line.pairs["client"].startswith("127.0.0.1:")
    assert failures(daemon) == {reason: 1}


@pytest.mark.parametrize(
    "first",
    [
        request(),
        b"OPTIONS * HTTP/1.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT example.test:443 HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\n" + b"x" * 60000,
    ],
    ids=lambda first: first.split()[0].decode(),
)
def test_plain_http_is_told_that_this_is_tls(
    gateway, raw, connect, certificates, first
):
    daemon = gateway(listen=listen(certificates.first))
    s = raw(daemon)
    s.send(first)
    answer = s.read_refusal()
    assert answer.status == 400
    assert b"this port speaks TLS" in answer.body
    assert_failed(daemon, "http", s.socket.getsockname())
    daemon.wait_metric('roomcast_refused_total{status="400"}', 1)
    assert daemon.metric(ABANDONED) == 0
    assert connect(wss(daemon), ssl=trusting(certificates.first))


@pytest.mark.parametrize(
    "first", [b"\0" * 100, b"SSH-2.0-x\r\n", b"*1\r\n$4\r\nPING\r\n", b"gets"]
)
def test_what_is_no_tls(gateway, raw, certificates, first):
    daemon = gateway(listen=listen(certificates.first))
    s = raw(daemon)
    s.send(first + b"\r\n" * 8)
    s.wait_gone()
    daemon.wait_metric(ABANDONED, 1)
    assert_failed(daemon, "not_tls", s.socket.getsockname())


def test_a_version_that_is_too_old(gateway, certificates):
    daemon = gateway(listen=listen(certificates.rsa))
    subprocess.run(
        [
            *("openssl", "s_client", "-tls1", "-cipher", "ALL:@SECLEVEL=0"),
            *("-connect", "%s:%d" % daemon.address()),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds(10),
        check=False,
    )
    assert_failed(daemon, "version")


def refused(secure, daemon, context):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        secure(daemon, context)


def test_no_cipher_in_common(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    context = trusting(certificates.first, version=TLS12)
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256")
    refused(secure, daemon, context)
    assert_failed(daemon, "cipher")


def test_no_protocol_in_common(gateway, secure, certificates):
    daemon = gateway(listen=listen(certificates.first))
    refused(secure, daemon, trusting(certificates.first, alpn=["h2"]))
    assert_failed(daemon, "alpn")


@pytest.mark.parametrize("version", [TLS12, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_does_not_trust_us(
    gateway, secure, certificates, version
):
    daemon = gateway(listen=listen(certificates.first))
    refused(secure, daemon, trusting(certificates.second, version=version))
    assert_failed(daemon, "alert")
    daemon.wait_metric(ABANDONED, 1)


def test_a_client_that_leaves_halfway(gateway, raw, certificates):
    daemon = gateway(listen=listen(certificates.first))
    s = raw(daemon)
    s.send(b"\x16\3\1\2\0\1\0")
    s.finish_sending()
    s.wait_gone()
    assert_failed(daemon, "closed", s.socket.getsockname())


def test_who_only_looks_has_not_failed(gateway, raw, certificates):
    daemon = gateway(listen=listen(certificates.first))
    raw(daemon).close()
    raw(daemon).reset()
    daemon.wait_metric(ABANDONED, 2)
    assert failures(daemon) == {}


def test_one_that_takes_too_long(gateway, raw, certificates):
    daemon = gateway(
        listen=listen(certificates.first),
        limits={"handshake_timeout": "100ms"},
    )
    s = raw(daemon)
    s.send(b"\x16\3\1\2\0\1\0")
    s.wait_gone()
    assert_failed(daemon, "timeout", s.socket.getsockname())


def test_a_success_and_what_breaks_behind_it_are_no_failures(
    gateway, secure, certificates
):
    daemon = gateway(listen=listen(certificates.first))
    secure(daemon, trusting(certificates.first)).upgrade().close()
    broken = secure(daemon, trusting(certificates.first))
    fd = broken.socket.detach()
    with open(fd, "wb", buffering=0) as plain:
        plain.write(b"this is no record of TLS")
    daemon.wait_metric(ABANDONED, 1)
    assert failures(daemon) == {}
