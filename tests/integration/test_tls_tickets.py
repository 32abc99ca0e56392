"""Session tickets by keys from a file: they are good at another instance and
after a restart, keys are replaced one after the other, and what is wrong with
such a file is said."""

import re
import secrets
import ssl
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.rereading import REFUSED, change, reload
from rig.search import Search
from rig.tls import certificates, listen, secure, trusting
from rig.waiting import seconds
from test_tls_files import obey_file_modes

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
RESUMED = 'roomcast_tls_handshakes_total{resumed="yes"}'
FULL = 'roomcast_tls_handshakes_total{resumed="no"}'
HOURS_12 = 12 * 60 * 60


class Keys:
    """A file of them, the first of which makes tickets."""

    def __init__(self, folder):
        self.file = folder / "ticket-keys"
        self.old, self.new = secrets.token_hex(32), secrets.token_hex(32)
        self.write(self.old)

    def write(self, *lines):
        self.file.write_text("".join(f"{line}\n" for line in lines))


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path)


def sharing(pair, keys, **more):
    """The listen section of an instance with this file."""
    section = {**pair.section, "ticket_keys": str(keys.file), **more}
    return [{"address": "127.0.0.1:0", "tls": section}]


@pytest.fixture
def visit(secure, certificates):
    """Come with a session, or without: whether it was resumed, and the next
    one."""

    def come(daemon, version, session=None):
        context = contexts.setdefault(
            version, trusting(*certificates[:2], version=version)
        )
        with secure(daemon, context, session=session) as s:
            s.upgrade()
            return s.socket.session_reused, s.socket.session

    contexts = {}  # a session goes with the one that it was made in
    return come


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("version", VERSIONS)
def test_resumed_at_another_instance_and_after_a_restart(
    gateway, visit, certificates, keys, version
):
    listening = sharing(certificates.first, keys)
    first, second = gateway(listen=listening), gateway(listen=listening)
    resumed, session = visit(first, version)
    assert not resumed and session.ticket_lifetime_hint == HOURS_12
    first.stop()
    after = gateway(listen=listening)
    for daemon in second, after:
        for _ in range(4):  # whatever worker it comes to
            assert visit(daemon, version, session)[0]
        assert daemon.metric(RESUMED) == 4 and daemon.metric(FULL) == 0
    assert visit(gateway(listen=listen(certificates.first)), version)[0] == 0


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("version", VERSIONS)
def test_keys_are_replaced_one_after_the_other(
    gateway, visit, certificates, keys, version
):
    daemon = gateway(listen=sharing(certificates.first, keys))
    _, old = visit(daemon, version)
    keys.write(keys.old, keys.new)  # which opens those of who is ahead
    reload(daemon)
    keys.write(keys.new, keys.old)
    reload(daemon)
    resumed, new = visit(daemon, version, old)
    assert resumed
    keys.write(keys.new)
    reload(daemon)
    for _ in range(4):
        assert visit(daemon, version, new)[0]
        assert not visit(daemon, version, old)[0]  # and goes on all the same


@pytest.mark.workers(2)
@pytest.mark.parametrize("version", VERSIONS)
def test_many_reloads_lose_no_session(
    gateway, visit, certificates, keys, version
):
    daemon = gateway(listen=sharing(certificates.first, keys))
    _, session = visit(daemon, version)
    for i in range(20):
        keys.write(*[(keys.old, keys.new), (keys.new, keys.old)][i % 2])
        daemon.signal(1)
        resumed, session = visit(daemon, version, session)
        assert resumed


@pytest.mark.parametrize("version", VERSIONS)
def test_tickets_are_of_one_certificate(
    gateway, visit, certificates, keys, version
):
    _, session = visit(
        gateway(listen=sharing(certificates.first, keys)), version
    )
    other = gateway(listen=sharing(certificates.second, keys))
    assert not visit(other, version, session)[0]


def test_nothing_is_resumed_past_client_ca(gateway, certificates, keys):
    asking = {"client_ca": str(certificates.first.certificate)}
    daemon = gateway(listen=sharing(certificates.first, keys))
    said = change(
        daemon,
        REFUSED,
        listen=sharing(certificates.first, keys, **asking),
    )
    assert "tls.ticket_keys: has no use beside client_ca" in said


# -- files that cannot be used


def missing(keys):
    keys.file.unlink()
    return "No such file or directory"


def forbidden(keys):
    keys.file.chmod(0)
    return "Permission denied"


def empty(keys):
    keys.write()
    return "the file is empty: a key is 64 hexadecimal digits"


def short(keys):
    keys.write(keys.new, keys.old[1:])
    return "line 2 has 63 bytes: a key is 64 hexadecimal digits"


def no_digits(keys):
    keys.write("x" + keys.old[1:])
    return "line 1 has other bytes than digits"


def twice(keys):
    keys.write(keys.new, keys.old, keys.new.upper())
    return "line 3 is the key of line 1 once more: take it out"


def many(keys):
    keys.write(keys.old, *[secrets.token_hex(32) for _ in range(16)])
    return "more than 16 keys: take out the oldest"


DAMAGES = [missing, forbidden, empty, short, no_digits, twice, many]


def run(*words):
    return subprocess.run(
        [BINARY, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=obey_file_modes,
        timeout=seconds(10),
        text=True,
        check=False,
    )


def is_quoted(keys, text):
    return any(key[1:].lower() in text.lower() for key in (keys.old, keys.new))


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_bad_file_stops_the_start(tmp_path, certificates, keys, damage):
    text = damage(keys)
    conf = write_conf(
        tmp_path / "roomcast.yaml",
        merged(BASE, {"listen": sharing(certificates.first, keys)}),
    )
    for words in ["--check-config", "-c", conf], ["-c", conf]:
        done = run(*words)
        where = rf"listen\[0\]\.tls\.ticket_keys: {keys.file}: .*{text}"
        assert re.search(where, done.stderr), done.stderr
        assert done.returncode == 2
        assert "Sanitizer" not in done.stderr
        assert not is_quoted(keys, done.stdout + done.stderr)


def test_a_bad_reload_keeps_the_old_keys(
    gateway, visit, certificates, keys
):
    daemon = gateway(
        listen=sharing(certificates.first, keys), preexec=obey_file_modes
    )
    search = Search(keys.old, keys.new)
    _, session = visit(daemon, VERSIONS[1])
    for damage in DAMAGES:
        keys.write(keys.old)
        text = damage(keys)
        said = reload(daemon, REFUSED)
        assert re.search(rf"cannot be used .*{keys.file}: .*{text}", said)
        resumed, session = visit(daemon, VERSIONS[1], session)
        assert resumed
        keys.file.unlink(missing_ok=True)
    keys.write(keys.new, keys.old)
    reload(daemon)
    assert visit(daemon, VERSIONS[1], session)[0]
    search.look(daemon)


def test_a_file_that_others_can_read_is_noted(tmp_path, certificates, keys):
    keys.file.chmod(0o644)
    conf = write_conf(
        tmp_path / "roomcast.yaml",
        merged(BASE, {"listen": sharing(certificates.first, keys)}),
    )
    done = run("--check-config", "-c", conf)
    assert done.returncode == 0
    note = f"{keys.file}: every user of this machine can read it"
    assert note in done.stdout + done.stderr
    keys.file.chmod(0o640)
    done = run("--check-config", "-c", conf)
    assert note not in done.stdout + done.stderr
