"""Certificates and keys in files: at start, and at a reload on SIGHUP."""

import ctypes
import re
import shutil
import signal
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.raw import PING, PONG, frame
from rig.tls import (
    RELOADED,
    Pair,
    certificates,
    listen,
    openssl,
    secure,
    trusting,
)
from rig.waiting import seconds


def presented(s):
    """The certificate that the server has shown."""
    return s.socket.getpeercert(binary_form=True)


@pytest.fixture
def live(tmp_path, certificates):
    """A pair whose files a test may replace."""
    pair = Pair(tmp_path / "live.pem", tmp_path / "live-key.pem")
    install(pair, certificates.first)
    return pair


def install(pair, other):
    shutil.copy(other.certificate, pair.certificate)
    shutil.copy(other.key, pair.key)


def test_a_reload_serves_the_new_certificate(
    gateway, secure, certificates, live
):
    daemon = gateway(listen=listen(live))
    context = trusting(certificates.first, certificates.second)
    before = secure(daemon, context).upgrade()
    halfway = secure(daemon, context)
    assert presented(before) == certificates.first.der
    install(live, certificates.second)
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(RELOADED)
    after = secure(daemon, context).upgrade()
    assert presented(after) == certificates.second.der
    halfway.upgrade()
    daemon.publisher().publish("roomcast:room:lobby", "to all of them")
    for s in (before, halfway, after):
        assert s.read_frame().payload == b"to all of them"
    before.send(frame(PING, b"alive"))
    assert before.read_frame() == (PONG, b"alive", True)


def test_many_reloads_under_load(gateway, secure, certificates, live):
    daemon = gateway(listen=listen(live), log={"level": "info"})
    context = trusting(certificates.first, certificates.second)
    member = secure(daemon, context).upgrade()
    publisher = daemon.publisher()
    for i in range(30):
        install(live, certificates[i % 2])
        daemon.signal(signal.SIGHUP)
        with secure(daemon, context) as s:
            s.upgrade("/ws/other")
        publisher.publish("roomcast:room:lobby", str(i))
        assert member.read_frame().payload == str(i).encode()


# -- files that cannot be used

# Each damages the files, and gives the text that tells of it.


def other_key(live, certificates):
    shutil.copy(certificates.second.key, live.key)
    return f"{live.key}: not the key of {live.certificate}"


def key_of_another_type(live, certificates):
    shutil.copy(certificates.rsa.key, live.key)
    return f"{live.key}: not the key of {live.certificate}"


def expired(live, certificates):
    install(live, certificates.expired)
    return f"{live.certificate}: the certificate has expired"


def early(live, certificates):
    install(live, certificates.early)
    return f"{live.certificate}: the certificate is not valid yet"


def no_certificate(live, _):
    live.certificate.unlink()
    return "No such file or directory"


def no_key(live, _):
    live.key.unlink()
    return "No such file or directory"


def folder(live, _):
    live.certificate.unlink()
    live.certificate.mkdir()
    return f"Is a directory|{live.certificate}: {NO_CHAIN}: "


def key_forbidden(live, _):
    live.key.chmod(0)
    return "Permission denied"


def empty(live, _):
    live.certificate.write_text("")
    return "no start line|the file is empty"


def not_pem(live, _):
    live.certificate.write_text("not a certificate\n")
    return f"{live.certificate}: {NO_CHAIN}: no start line"


def key_not_pem(live, _):
    live.key.write_text("not a key\n")
    return f"{live.key}: cannot be used as a PEM key"


def swapped(live, _):
    text = live.key.read_text()
    live.key.write_text(live.certificate.read_text())
    live.certificate.write_text(text)
    return f"{live.certificate}: {NO_CHAIN}: no start line"


def cut_short(live, _):
    text = live.certificate.read_text()
    live.certificate.write_text(text[: len(text) // 2])
    return f"{live.certificate}: {NO_CHAIN}: "


def encrypted(live, _):
    openssl(
        *("ec", "-in", str(live.key), "-out", str(live.key)),
        *("-aes128", "-passout", "pass:secret"),
    )
    return f"{live.key}: the key is encrypted"


NO_CHAIN = "cannot be used as a PEM certificate chain"
DAMAGES = [
    other_key,
    key_of_another_type,
    no_certificate,
    no_key,
    not_pem,
    key_not_pem,
    swapped,
    cut_short,
    empty,
    folder,
    encrypted,
    key_forbidden,
]
DATES = [expired, early]  # these serve when there is nothing better


def obey_file_modes():
    """Root may read any file but for this. In the child, before exec."""
    drop_from_bounding_set, override, read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    libc.prctl(drop_from_bounding_set, override, 0, 0, 0)
    libc.prctl(drop_from_bounding_set, read_search, 0, 0, 0)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_file_stops_the_start(tmp_path, certificates, live, damage):
    text = damage(live, certificates)
    conf = write_conf(
        tmp_path / "roomcast.yaml", merged(BASE, {"listen": listen(live)})
    )
    done = subprocess.run(
        [BINARY, "-c", conf],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=obey_file_modes,
        timeout=seconds(10),
        check=False,
    )
    said = done.stderr.decode()
    where = r"(cannot start|listen\[0\]\.tls)"
    assert re.search(f"{where}.*({text})", said), said
    assert "Sanitizer" not in said and "listening" not in said
    # 2 where checking the configuration has found it, 1 where starting has.
    is_mistake = f"{conf}:" in said
    assert done.returncode == (2 if is_mistake else 1)


@pytest.mark.parametrize("damage", DAMAGES + DATES)
def test_a_bad_reload_keeps_the_old_certificate(
    gateway, secure, certificates, live, damage
):
    daemon = gateway(listen=listen(live), preexec=obey_file_modes)
    context = trusting(certificates.first, certificates.second)
    before = secure(daemon, context).upgrade()
    text = damage(live, certificates)
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(rf" error reload: cannot be used .*({text})")
    after = secure(daemon, context).upgrade()
    assert presented(after) == certificates.first.der
    daemon.publisher().publish("roomcast:room:lobby", "x")
    assert before.read_frame().payload == b"x"
    assert after.read_frame().payload == b"x"


def test_after_a_bad_reload_comes_a_good_one(
    gateway, secure, certificates, live
):
    daemon = gateway(listen=listen(live))
    other_key(live, certificates)
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(r" error tls: the old certificate stays")
    install(live, certificates.second)
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(RELOADED)
    s = secure(daemon, trusting(certificates.second)).upgrade()
    assert presented(s) == certificates.second.der
