"""SIGHUP: keys, certificates and passwords are read again, all or none."""

import json
import shutil
import signal
import subprocess
import threading

import pytest
import redis

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.guarded import admits
from rig.rereading import REFUSED, reload
from rig.tls import Pair, certificates, secure, trusting
from rig.tokens import SECRET, jwk, new_key, public_pem, token
from rig.waiting import eventually, seconds

OTHER = "another secret of the tests, of more than 32 bytes"


@pytest.fixture
def live(tmp_path, certificates):
    """A pair whose files a test may replace."""
    pair = Pair(tmp_path / "live.pem", tmp_path / "live-key.pem")
    install(pair, certificates.first)
    return pair


def presented(client):
    return client.socket.getpeercert(binary_form=True)


def install(pair, other):
    shutil.copy(other.certificate, pair.certificate)
    shutil.copy(other.key, pair.key)


@pytest.fixture
def started(gateway, tmp_path):
    """A daemon for tokens by a secret, and that secret's file."""

    def start(**sections):
        file = tmp_path / "secret"
        file.write_text(SECRET)
        people = {
            "type": "jwt",
            "algorithms": ["HS256"],
            "secret_file": str(file),
            "token": ["query.token"],
        }
        route = {"path": "/ws/{room}", "rooms": ["{room}"], "auth": "people"}
        daemon = gateway(auth={"people": people}, routes=[route], **sections)
        return daemon, file

    return start


def test_a_secret_is_rotated(started, raw):
    daemon, file = started()
    assert admits(raw, daemon, token())
    assert not admits(raw, daemon, token(OTHER))
    file.write_text(OTHER + "\n")
    assert not admits(raw, daemon, token(OTHER))
    reload(daemon)
    assert admits(raw, daemon, token(OTHER))
    assert not admits(raw, daemon, token())


def test_a_set_of_keys_is_rotated(gateway, raw, tmp_path):
    old, new = new_key("ES256"), new_key("ES256")
    file = tmp_path / "jwks.json"
    people = {
        "type": "jwt",
        "algorithms": ["ES256"],
        "public_key_file": str(file),
        "token": ["query.token"],
    }
    file.write_text(json.dumps({"keys": [jwk(old, "ES256", "1")]}))
    daemon = gateway(
        auth={"people": people},
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"], "auth": "people"}],
    )
    fresh = token(new, "ES256", kid="2")
    assert not admits(raw, daemon, fresh)
    keys = [jwk(old, "ES256", "1"), jwk(new, "ES256", "2")]
    file.write_text(json.dumps({"keys": keys}))
    reload(daemon)
    assert admits(raw, daemon, fresh)
    assert admits(raw, daemon, token(old, "ES256", kid="1"))
    file.write_bytes(public_pem(new))
    reload(daemon)
    assert admits(raw, daemon, fresh)
    assert not admits(raw, daemon, token(old, "ES256", kid="1"))


def test_the_publishers_password_is_rotated(gateway, tmp_path):
    file = tmp_path / "password"
    file.write_text("old")
    daemon = gateway(embedded={"password_file": str(file)})
    before = daemon.publisher(password="old")
    assert before.ping()
    file.write_text("new\r\n")
    reload(daemon)
    assert daemon.publisher(password="new").ping()
    with pytest.raises((redis.AuthenticationError, redis.ResponseError)):
        daemon.publisher(password="old").ping()
    assert before.ping(), "who is in stays"


@pytest.mark.parametrize("broken", ["secret", "password", "certificate"])
def test_all_or_nothing(
    started, secure, certificates, live, tmp_path, broken
):
    """One file that cannot be used, and the others are not used either."""
    password = tmp_path / "password"
    password.write_text("old")
    tls = {"certificate": str(live.certificate), "key": str(live.key)}
    daemon, secret = started(
        embedded={"password_file": str(password)},
        listen=[{"address": "127.0.0.1:0", "tls": tls}],
    )
    context = trusting(certificates.first, certificates.second)

    def is_old():
        s = secure(daemon, context).upgrade(f"/ws/a?token={token()}")
        assert daemon.publisher(password="old").ping()
        return presented(s) == certificates.first.der

    assert is_old()
    secret.write_text("short" if broken == "secret" else OTHER)
    password.write_text("a\nb\n" if broken == "password" else "new")
    install(live, certificates.second)
    if broken == "certificate":
        live.key.write_text("no key")
    said = reload(daemon, REFUSED)
    assert " info tls: certificate reloaded" not in said
    place = {
        "secret": f"auth.people.secret_file: {secret}: a secret of 5 bytes",
        "password": f"embedded.password_file: {password}: the file has more",
        "certificate": f"{live.key}: cannot be used as a PEM key",
    }
    assert place[broken] in said
    assert is_old()
    secret.write_text(OTHER)
    password.write_text("new")
    install(live, certificates.second)
    reload(daemon)
    s = secure(daemon, context).upgrade(f"/ws/a?token={token(OTHER)}")
    assert presented(s) == certificates.second.der
    assert daemon.publisher(password="new").ping()


def test_every_problem_is_named(started, tmp_path):
    password = tmp_path / "password"
    password.write_text("old")
    daemon, secret = started(embedded={"password_file": str(password)})
    secret.unlink()
    password.write_text("")
    said = reload(daemon, REFUSED)
    assert f"{secret}: cannot be read: No such file" in said
    assert f"{password}: the file is empty" in said
    assert f"{daemon.conf_path}:" in said


def test_redis_password_is_looked_at(gateway, tmp_path):
    """It is read at the next connect; a broken file is told now."""
    password = tmp_path / "password"
    password.write_text("old")
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={
            "url": "redis://127.0.0.1:1",
            "password_file": str(password),
        },
    )
    password.write_text("")
    said = reload(daemon, REFUSED)
    assert f"redis.password_file: {password}: the file is empty" in said


def test_rotation_under_load(started, raw):
    """A token of the key in the file is good, whatever happens beside."""
    daemon, file = started(workers=4)
    both = json.dumps(
        {"keys": [jwk(SECRET, "HS256", "1"), jwk(OTHER, "HS256", "2")]}
    )
    file.write_text(both)
    reload(daemon)
    fds = daemon.open_fds()
    tokens = [token(kid="1"), token(OTHER, kid="2")]
    over = threading.Event()
    counts, wrong = [0] * 4, []

    def knock(number):
        while not over.is_set():
            each = tokens[counts[number] % 2]
            if not admits(raw, daemon, each):
                wrong.append(each)
            counts[number] += 1

    threads = [threading.Thread(target=knock, args=[i]) for i in range(4)]
    for thread in threads:
        thread.start()
    for i in range(100):
        turned = json.loads(both)
        if i % 2:
            turned["keys"].reverse()
        file.write_text(json.dumps(turned))
        daemon.signal(signal.SIGHUP)
        before = min(counts)
        eventually(lambda: min(counts) > before, what="all have knocked")
    over.set()
    for thread in threads:
        thread.join()
    assert not wrong
    eventually(lambda: daemon.open_fds() <= fds, what="nothing is left open")


def test_the_check_names_all_files_at_once(tmp_path):
    files = {name: tmp_path / name for name in ("one", "two", "three")}
    for file in files.values():
        file.write_text("short")
    section = {
        "type": "jwt",
        "algorithms": ["HS256", "RS256"],
        "secret_file": [str(files["one"]), "two"],
        "public_key_file": str(files["three"]),
    }
    tls = {"certificate": str(files["one"]), "key": str(files["two"])}
    conf = merged(
        BASE,
        {
            "auth": {"people": section},
            "listen": [{"address": "127.0.0.1:0", "tls": tls}],
        },
    )
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    done = subprocess.run(
        [BINARY, "--check-config", "-c", path],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == 4, done.stderr
    assert all(line.startswith(f"{path}:") for line in lines)
    for key, name in [
        ("listen[0].tls", "one"),
        ("auth.people.secret_file[0]", "one"),
        ("auth.people.secret_file[1]", "two"),
        ("auth.people.public_key_file", "three"),
    ]:
        wanted = f": {key}: {files[name]}: "
        assert any(wanted in line for line in lines), (wanted, lines)


def test_the_start_names_all_of_them(tmp_path):
    files = [tmp_path / "one", tmp_path / "two"]
    for file in files:
        file.write_text("short")
    section = {
        "type": "jwt",
        "algorithms": ["HS256"],
        "secret_file": [str(file) for file in files],
    }
    conf = merged(BASE, {"auth": {"people": section}})
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    done = subprocess.run(
        [BINARY, "-c", path],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert done.returncode == 1
    assert all(f"{file}: a secret of 5" in done.stderr for file in files)
