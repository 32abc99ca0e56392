"""Certificates whose dates are over, or soon, or yet to come."""

import re
import ssl
import signal
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.rereading import REFUSED, change
from rig.tls import (
    RELOADED,
    Pair,
    certificates,
    listen,
    make_pair,
    secure,
    trusting,
)
from rig.waiting import eventually, seconds

EXPIRY = "roomcast_tls_certificate_expiry_seconds"
EXPIRED = "the certificate has expired"
EARLY = "the certificate is not valid yet"
SOON = "the certificate expires soon"


@pytest.fixture(scope="module")
def soon(tmp_path_factory):
    """A certificate that has some days left."""
    return make_pair(tmp_path_factory.mktemp("soon"), "soon", days=29)


def end_of(pair):
    """Its last second since 1970, as Python reads it."""
    details = ssl._ssl._test_decode_cert(str(pair.certificate))
    return ssl.cert_time_to_seconds(details["notAfter"])


def unchecked():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def warnings(daemon):
    return [line for line in daemon.lines if " warn tls: " in line]


@pytest.mark.parametrize(
    "name, text", [("expired", EXPIRED), ("early", EARLY)]
)
def test_out_of_its_dates_it_still_serves(
    gateway, secure, raw, certificates, name, text
):
    pair = getattr(certificates, name)
    daemon = gateway(
        listen=[*listen(pair), {"address": "127.0.0.1:0"}],
    )
    assert len(warnings(daemon)) == 1
    line = daemon.wait_line(lambda line: line.event == text)
    assert line.level == "warn"
    assert line.pairs["certificate"] == str(pair.certificate)
    assert line.pairs["expires"].endswith("-02-01T00:00:00Z")
    secure(daemon, unchecked()).upgrade()
    raw.upgraded(daemon.address(1))
    daemon.wait_metric(EXPIRY, end_of(pair))


def test_it_is_told_a_month_before(gateway, certificates, soon):
    daemon = gateway(listen=[*listen(certificates.first), *listen(soon)])
    assert len(warnings(daemon)) == 1
    line = daemon.wait_line(lambda line: line.event == SOON)
    assert line.pairs["certificate"] == str(soon.certificate)
    assert daemon.metric(EXPIRY) == end_of(soon)  # the first to end


def test_of_a_good_one_nothing_is_said(gateway, certificates):
    daemon = gateway(listen=listen(certificates.first))
    assert warnings(daemon) == []
    daemon.wait_metric(EXPIRY, end_of(certificates.first))


def test_without_tls_there_is_no_expiry(gateway):
    assert gateway().metric(EXPIRY) == 0


def test_a_reload_mends_it(gateway, secure, certificates, tmp_path):
    live = Pair(tmp_path / "live.pem", certificates.first.key)
    live.certificate.write_bytes(certificates.expired.certificate.read_bytes())
    daemon = gateway(listen=listen(live))
    live.certificate.write_bytes(certificates.first.certificate.read_bytes())
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(RELOADED)
    secure(daemon, trusting(certificates.first)).upgrade()
    daemon.wait_metric(EXPIRY, end_of(certificates.first))
    assert len(warnings(daemon)) == 1


def test_a_reload_tells_again_what_stays(
    gateway, secure, certificates, tmp_path
):
    live = Pair(tmp_path / "live.pem", certificates.first.key)
    live.certificate.write_bytes(certificates.expired.certificate.read_bytes())
    daemon = gateway(listen=listen(live))
    since = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(rf" error tls: the old certificate stays .*{EXPIRED}")
    daemon.wait_line(
        lambda line: line.level == "warn" and line.event == EXPIRED,
        since=since,
    )
    secure(daemon, unchecked()).upgrade()
    daemon.wait_metric(EXPIRY, end_of(certificates.expired))


def is_shown(secure, daemon, pair):
    try:
        secure(daemon, trusting(pair)).upgrade()
    except OSError:  # a worker that has not heard of it yet
        return False
    return True


@pytest.mark.parametrize("had_tls", [False, True])
@pytest.mark.parametrize(
    "name, text", [("expired", EXPIRED), ("early", EARLY)]
)
def test_a_plain_listener_takes_none_out_of_its_dates(
    gateway, secure, raw, certificates, name, text, had_tls
):
    """Its first one is judged as any later one is."""
    plain = [{"address": "127.0.0.1:0"}]
    daemon = gateway(listen=listen(certificates.second) if had_tls else plain)
    change(daemon, listen=plain)
    bad = listen(getattr(certificates, name))
    said = change(daemon, REFUSED, listen=bad)
    assert re.search(f" error tls: the listener stays plain .*{text}", said)
    assert daemon.metric(EXPIRY) == 0
    raw.upgraded(daemon)
    change(daemon, listen=listen(certificates.first))
    eventually(lambda: is_shown(secure, daemon, certificates.first))
    assert daemon.metric(EXPIRY) == end_of(certificates.first)


@pytest.mark.parametrize(
    "name, text",
    [("expired", EXPIRED), ("early", EARLY), ("soon", SOON), ("first", None)],
)
def test_check_config_has_a_note(tmp_path, certificates, soon, name, text):
    pair = soon if name == "soon" else getattr(certificates, name)
    conf = write_conf(
        tmp_path / "roomcast.yaml", merged(BASE, {"listen": listen(pair)})
    )
    done = subprocess.run(
        [BINARY, "--check-config", "-c", conf],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds(10),
        check=False,
    )
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, said
    notes = [line for line in said.splitlines() if "the certificate" in line]
    if text:
        (note,) = notes
        assert note.startswith(f"note: {pair.certificate}: {text} (valid")
    else:
        assert notes == []
