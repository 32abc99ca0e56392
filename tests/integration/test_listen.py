"""Where the gateway listens: addresses side by side, unix sockets' access."""

import errno
import grp
import os
import socket
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from rig.gateway import BASE, BINARY, Gateway, merged, write_conf
from rig.ports import free_port
from rig.raw import request
from rig.waiting import eventually, seconds

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes root")


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def some_group():
    """One that is not this process's, by name and number."""
    own = {os.getegid(), *os.getgroups()}
    return next(g for g in grp.getgrall() if g.gr_gid not in own)


def check(folder, conf):
    """Exit status and words of --check-config."""
    path = write_conf(folder / "checked.yaml", conf)
    done = subprocess.run(
        [BINARY, "-c", path, "--check-config"],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    return done.returncode, done.stderr.replace(str(path), "FILE")


# --- both families


def test_each_family_has_its_listener_on_one_port(gateway, connect):
    port = free_port()
    daemon = gateway(
        listen=[
            {"address": f"0.0.0.0:{port}"},
            {"address": f"[::]:{port}"},
        ]
    )
    assert daemon.addresses("listener") == [f"0.0.0.0:{port}", f"[::]:{port}"]
    for host in "127.0.0.1", "[::1]":
        client = connect(f"ws://{host}:{port}/ws/lobby")
        daemon.publisher().publish("roomcast:room:lobby", host)
        assert client.recv() == host


def test_a_v6_wildcard_is_not_reached_by_v4(gateway, raw):
    daemon = gateway(listen=[{"address": "[::]:0"}])
    _, port = daemon.address()
    raw.upgraded(("::1", port))
    with pytest.raises(ConnectionRefusedError):
        raw(("127.0.0.1", port))


def test_the_star_is_both(gateway, raw):
    port = free_port()
    daemon = gateway(listen=[{"address": f"*:{port}"}])
    assert daemon.addresses("listener") == [f"*:{port}"]
    raw.upgraded(("::1", port))
    raw.upgraded(("127.0.0.1", port))


def test_who_comes_while_it_starts_is_not_reset(gateway, raw):
    """Refused until it listens; who has got in is answered."""
    port = free_port()
    for _ in range(20):
        daemon = gateway(
            wait=False, listen=[{"address": f"127.0.0.1:{port}"}]
        )

        def comes():
            for _ in range(1000):  # without a pause: the moment is short
                try:
                    return raw(("127.0.0.1", port))
                except ConnectionRefusedError:
                    pass

        s = eventually(comes, 10, "it listens")
        s.send(request("/nope"))
        assert s.read_response().status == 404
        s.close()
        daemon.stop()


def test_a_clash_is_a_mistake_with_its_place(tmp_path):
    conf = {
        "listen": [{"address": "*:8080"}, {"address": "127.0.0.1:8080"}],
        "routes": BASE["routes"],
    }
    code, words = check(tmp_path, conf)
    assert code == 2
    assert words == (
        "FILE:7:15: listen[1].address: this and listen[0] clash: *:8080 "
        "takes its port on every address of this machine\n"
    )


# --- unix sockets


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_a_unix_socket_is_for_user_and_group(gateway, tmp_path, mask):
    """Whatever the umask."""
    paths = {name: str(tmp_path / name) for name in ("ws", "pub", "adm")}
    gateway(
        listen=[{"address": "unix:" + paths["ws"]}],
        embedded={"listen": "unix:" + paths["pub"]},
        admin={"listen": "unix:" + paths["adm"]},
        preexec=lambda: os.umask(mask),
    )
    assert [mode_of(x) for x in paths.values()] == [0o660] * 3


@pytest.mark.parametrize(
    "written, mode",
    [("0666", 0o666), ("666", 0o666), ("0o600", 0o600), ('"0777"', 0o777)],
)
def test_the_mode_is_octal_however_it_is_written(
    connect, tmp_path, written, mode
):
    path = str(tmp_path / "ws")
    listen = [{"address": "unix:" + path, "mode": "MODE"}]
    daemon = Gateway(tmp_path, merged(BASE, {"listen": listen}))
    text = daemon.conf_path.read_text()
    daemon.conf_path.write_text(text.replace('"MODE"', written))
    daemon.start()
    try:
        assert mode_of(path) == mode
        connect("ws://localhost/ws/lobby", unix=path)
    finally:
        daemon.finish()


@pytest.mark.parametrize("mode", ["0440", "8", "0888", "u=rw", "1777", "-1"])
def test_a_mode_that_is_none(tmp_path, mode):
    conf = {
        "listen": [{"address": "unix:/run/x", "mode": mode}],
        "routes": BASE["routes"],
    }
    code, words = check(tmp_path, conf)
    assert code == 2
    assert words.startswith("FILE:5:12: listen[0].mode: ")
    assert "0660" in words


@as_root
@pytest.mark.parametrize("by_name", [True, False])
def test_a_unix_socket_has_its_group(gateway, tmp_path, by_name):
    group = some_group()
    name = group.gr_name if by_name else group.gr_gid
    access = {"mode": "0620", "group": name}
    paths = {name: str(tmp_path / name) for name in ("ws", "pub", "adm")}
    gateway(
        listen=[{"address": "unix:" + paths["ws"], **access}],
        embedded={"listen": "unix:" + paths["pub"], **access},
        admin={"listen": "unix:" + paths["adm"], **access},
    )
    for path in paths.values():
        assert os.stat(path).st_gid == group.gr_gid
        assert mode_of(path) == 0o620


def connects(path, uid, gid):
    """Whether a process of this user and group gets through."""
    words = "import socket, sys; socket.socket(1, 1).connect(sys.argv[1])"

    def become():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    done = subprocess.run(
        ["/usr/bin/python3", "-c", words, path],
        preexec_fn=become,
        stderr=subprocess.PIPE,
        timeout=seconds(10),
    )
    assert done.returncode == 0 or b"PermissionError" in done.stderr
    return done.returncode == 0


@pytest.fixture
def open_folder():
    """One that every user may enter, unlike tmp_path."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)


@as_root
def test_a_proxy_of_another_user_gets_in_by_its_group(gateway, open_folder):
    group = some_group().gr_gid
    path = str(open_folder / "ws")
    gateway(listen=[{"address": "unix:" + path, "group": group}])
    assert connects(path, NOBODY, group)
    assert not connects(path, NOBODY, NOBODY)


def test_an_unknown_group_is_a_mistake_with_its_place(tmp_path):
    conf = {
        "listen": [{"address": "unix:/run/x", "group": "no-such-group"}],
        "routes": BASE["routes"],
    }
    assert check(tmp_path, conf) == (
        2,
        "FILE:5:13: listen[0].group: there is no group of this name on this "
        "machine\n",
    )


def test_a_group_beside_a_port_is_a_mistake(tmp_path):
    conf = {
        "admin": {"listen": "127.0.0.1:9180", "group": "root"},
        "routes": BASE["routes"],
    }
    assert check(tmp_path, conf) == (
        2,
        "FILE:4:12: admin.group: goes with a unix socket only, not with "
        "127.0.0.1:9180\n",
    )


@as_root
def test_a_group_that_is_not_its_own_ends_the_start(open_folder):
    """The error says so, and no socket stays behind."""
    path = open_folder / "ws"
    listen = [{"address": f"unix:{path}", "group": some_group().gr_gid}]
    conf = write_conf(
        open_folder / "conf", merged(BASE, {"listen": listen, "admin": None})
    )
    os.chmod(conf, 0o644)

    def become_nobody():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    done = subprocess.run(
        [BINARY, "-c", conf],
        preexec_fn=become_nobody,
        stderr=subprocess.PIPE,
        text=True,
        timeout=seconds(10),
    )
    assert done.returncode == 1
    assert f"cannot give unix:{path} to group" in done.stderr
    assert "user is not in it" in done.stderr
    assert not path.exists()


def test_a_socket_that_is_served_stays(gateway, connect, tmp_path):
    path = str(tmp_path / "ws")
    gateway(listen=[{"address": "unix:" + path}])
    second = gateway(listen=[{"address": "unix:" + path}], wait=False)
    assert second.wait_exit() == 1
    assert "another process serves it" in second.log()
    connect("ws://localhost/ws/lobby", unix=path)


def is_shut(path):
    with socket.socket(socket.AF_UNIX) as s:
        return s.connect_ex(path) == errno.ECONNREFUSED


def test_the_next_process_keeps_its_socket(gateway, raw, tmp_path):
    """It may start while the first one still drains."""
    path = str(tmp_path / "ws")
    listen = [{"address": "unix:" + path}]
    first = gateway(listen=listen, shutdown={"drain": "1h"})
    held = [raw.upgraded(path) for _ in range(3)]
    first.signal()
    eventually(lambda: is_shut(path), what="the first accepts no more")
    gateway(listen=listen)
    for s in held:
        s.close()
    assert first.wait_exit() == 0
    raw.upgraded(path)
