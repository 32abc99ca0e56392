"""Several certificates at one listener, chosen by the name that a client asks
for, and the oldest version of TLS that it may come with."""

import ssl
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.once import once
from rig.raw import PING, PONG, frame
from rig.rereading import REFUSED, change, reload
from rig.tls import Authority, anybody, secure
from rig.waiting import seconds

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = [TLS12, TLS13]


def make_site(folder):
    """A pair by name, all of one authority."""
    authority = Authority(folder)
    return {
        "default": authority.sign("default", "DNS:default.test,IP:127.0.0.1"),
        "one": authority.sign("one", "DNS:One.test,DNS:also.one.test"),
        "wide": authority.sign("wide", "DNS:*.wide.test"),
        "exact": authority.sign("exact", "DNS:exact.wide.test"),
        "rsa": authority.sign("rsa", "DNS:also.one.test,DNS:one.test", kind="rsa"),
        "expired": authority.sign("expired", "DNS:old.test", "20200101", "20200201"),
        "nameless": authority.sign("nameless", "IP:127.0.0.1"),
    }


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Nobody writes to these files."""
    return once(tmp_path_factory, "site", make_site)


def several(site, *names, **more):
    """The listen section with the default pair and these."""
    tls = {
        **site["default"].section,
        "certificates": [site[name].section for name in names],
        **more,
    }
    return [{"address": "127.0.0.1:0", "tls": tls}]


def presented(s):
    return s.socket.getpeercert(binary_form=True)


# -- by name


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "name, shown",
    [
        ("default.test", "default"),
        ("one.test", "one"),
        ("ONE.test", "one"),
        ("also.one.test", "one"),
        ("any.wide.test", "wide"),
        ("exact.wide.test", "exact"),
        ("two.parts.wide.test", "default"),
        ("wide.test", "default"),
        ("unknown.test", "default"),
        ("test", "default"),
        (None, "default"),
        ("x" * 60 + "." + "y" * 60 + ".wide.test", "default"),
    ],
)
def test_the_name_chooses(gateway, secure, site, version, name, shown):
    daemon = gateway(listen=several(site, "one", "wide", "exact"))
    s = secure(daemon, anybody(version), name=name).upgrade()
    assert presented(s) == site[shown].der
    daemon.publisher().publish("roomcast:room:lobby", "x")
    assert s.read_frame().payload == b"x"


@pytest.mark.parametrize("first, second", [("one", "rsa"), ("rsa", "one")])
def test_keys_of_two_kinds_for_the_same_names(
    gateway, secure, site, first, second
):
    daemon = gateway(listen=several(site, first, second))
    for kind, shown in (("RSA", "rsa"), ("ECDSA", "one")):
        context = anybody(TLS12, f"ECDHE-{kind}-AES128-GCM-SHA256")
        s = secure(daemon, context, name="one.test").upgrade()
        assert presented(s) == site[shown].der


def test_the_default_may_have_a_twin(gateway, secure, site):
    listening = several(site, "rsa")
    listening[0]["tls"].update(site["one"].section)
    daemon = gateway(listen=listening)
    context = anybody(TLS12, "ECDHE-RSA-AES128-GCM-SHA256")
    for name in ("one.test", "unknown.test", None):
        s = secure(daemon, context, name=name).upgrade()
        assert presented(s) == site["rsa"].der


# -- sessions


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("is_reloaded", [False, True])
def test_a_session_is_resumed_under_its_own_name_alone(
    gateway, secure, site, version, is_reloaded
):
    daemon = gateway(listen=several(site, "one"))
    context = anybody(version)
    first = secure(daemon, context, name="one.test").upgrade()
    session = first.socket.session
    if is_reloaded:
        reload(daemon)
    for _ in range(4):
        again = secure(daemon, context, session=session, name="one.test")
        assert again.upgrade().socket.session_reused
        other = secure(daemon, context, session=session, name="default.test")
        assert not other.upgrade().socket.session_reused
        assert presented(other) == site["default"].der


# -- versions


def test_min_version_refuses_1_2(gateway, secure, site):
    daemon = gateway(listen=several(site, "one", min_version="1.3"))
    for name in ("one.test", None):
        with pytest.raises(ssl.SSLError, match="alert protocol version"):
            secure(daemon, anybody(TLS12), name=name)
        assert secure(daemon, anybody(TLS13), name=name).upgrade()
    daemon.wait_metric(
        'roomcast_tls_handshakes_failed_total{reason="version"}', 2
    )


# -- reload


@pytest.mark.workers(1, 2)
def test_a_reload_changes_names_and_version(gateway, secure, site):
    daemon = gateway(listen=several(site, "one"))
    before = secure(daemon, anybody(TLS12), name="one.test").upgrade()
    halfway = secure(daemon, anybody(TLS12), name="one.test")
    change(daemon, listen=several(site, "exact", "wide", min_version="1.3"))
    halfway.upgrade()
    for _ in range(4):
        with pytest.raises(ssl.SSLError, match="alert protocol version"):
            secure(daemon, anybody(TLS12), name="one.test")
        for name, shown in (("one.test", "default"), ("a.wide.test", "wide")):
            s = secure(daemon, anybody(), name=name).upgrade()
            assert presented(s) == site[shown].der
    before.send(frame(PING, b"alive"))
    assert before.read_frame() == (PONG, b"alive", True)


@pytest.mark.parametrize(
    "damage, text",
    [
        (["nameless"], "nameless.pem: would never be chosen: each DNS name"),
        (["one", "one"], "one.pem: would never be chosen: each DNS name"),
        (["expired"], "expired.pem: the certificate has expired"),
    ],
)
def test_a_bad_reload_changes_nothing(gateway, secure, site, damage, text):
    daemon = gateway(listen=several(site, "wide"))
    said = change(daemon, REFUSED, listen=several(site, *damage))
    assert text in said
    s = secure(daemon, anybody(), name="a.wide.test").upgrade()
    assert presented(s) == site["wide"].der


def test_check_config_reads_all_of_them(tmp_path, site):
    conf = write_conf(
        tmp_path / "roomcast.yaml",
        merged(BASE, {"listen": several(site, "one", "expired", "one")}),
    )
    done = subprocess.run(
        [BINARY, "--check-config", "-c", conf],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds(10),
        check=False,
    )
    assert done.returncode == 2
    assert b"listen[0].tls: " in done.stderr
    assert b"one.pem: would never be chosen" in done.stderr


# -- what is shown of them


def test_each_has_its_expiry_and_its_warning(gateway, site):
    daemon = gateway(listen=several(site, "one", "expired"))
    name = "roomcast_listener_certificate_expiry_seconds"
    label = '{listener="127.0.0.1:0",certificate="%s"}'

    def expiry(pair):
        return name + label % site[pair].certificate

    m = daemon.metrics()
    assert m[expiry("expired")] < m[expiry("one")] == m[expiry("default")]
    assert m["roomcast_tls_certificate_expiry_seconds"] == m[expiry("expired")]
    line = daemon.wait_line(
        lambda line: line.event == "the certificate has expired"
    )
    assert line.pairs["certificate"] == str(site["expired"].certificate)
    change(daemon, listen=several(site, "one"))
    assert expiry("expired") not in daemon.metrics()
    daemon.wait_metric("roomcast_tls_certificate_expiry_seconds", m[expiry("one")])
