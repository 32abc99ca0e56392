"""Under systemd: the unit file, and what the daemon tells its manager."""

import configparser
import shlex
import shutil
import socket
import subprocess

import pytest

from rig.gateway import BINARY, ROOT
from rig.waiting import seconds

UNIT = ROOT / "systemd" / "roomcast.service"
SOCKET = ROOT / "systemd" / "roomcast.socket"


def read_unit(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(path)
    return unit


def defaults():
    """What the shipped configuration amounts to."""
    return subprocess.run(
        [BINARY, "-c", ROOT / "conf" / "roomcast.yaml", "--dump-config"],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds(10),
    ).stdout


def test_systemd_accepts_the_units(tmp_path):
    """With the built binary in the place of the installed one."""
    text = UNIT.read_text()
    installed = "/usr/local/bin/roomcast "
    assert text.count(installed) == 3
    copy = tmp_path / "roomcast.service"
    copy.write_text(text.replace(installed, BINARY + " "))
    sockets = tmp_path / "roomcast.socket"
    sockets.write_text(SOCKET.read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy, sockets],
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_well_shut_in():
    """2.0 or better by systemd's own measure, 10 is an open door."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing: no score")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager"]
        + ["--threshold=20", UNIT],
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("systemd-analyze is before 250: no score of a file")
    assert done.returncode == 0, done.stdout[-200:] + done.stderr
    assert "Overall exposure level for roomcast.service" in done.stdout


def test_the_unit_gives_time_to_drain():
    unit = read_unit(UNIT)
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["WatchdogSec"] == "30s"
    assert "shutdown:\n  delay: 0\n  drain: 2s\n" in defaults()
    assert int(unit["Service"]["TimeoutStopSec"].rstrip("s")) > 2


def commands(name):
    """The commands of a setting of the unit, in their order."""
    lines = UNIT.read_text().splitlines()
    return [line[len(name) + 1 :] for line in lines if line.startswith(name + "=")]


def here(command):
    """With the built binary in the place of the installed one."""
    return command.replace("/usr/local/bin/roomcast", BINARY)


@pytest.mark.parametrize("is_good", [True, False])
def test_a_mistake_ends_start_and_reload_before_they_begin(
    gateway, tmp_path, is_good
):
    """By the very commands of the unit."""
    path = "/etc/roomcast/roomcast.yaml"
    [before] = commands("ExecStartPre")
    check, hang_up = commands("ExecReload")
    # Its failure is passed over: RestartPreventExitStatus= is for the service.
    assert before == f"-{check}"
    daemon = gateway()
    if not is_good:
        daemon.conf_path.write_text("routes: no list\n")
    since = len(daemon.lines)
    done = subprocess.run(
        shlex.split(here(check).replace(path, str(daemon.conf_path))),
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert done.returncode == (0 if is_good else 2)
    assert is_good or f"{daemon.conf_path}:1:9: routes" in done.stderr
    subprocess.run(
        shlex.split(hang_up),
        env={"MAINPID": str(daemon.pid)},  # and no PATH: nothing is needed
        check=True,
        timeout=seconds(10),
    )
    daemon.wait_log(
        r"reload: (all files are in use|nothing has changed)", since=since
    )


def test_a_mistake_is_not_tried_again():
    assert read_unit(UNIT)["Service"]["RestartPreventExitStatus"] == "2"


def test_the_socket_unit_has_the_address_of_the_configuration():
    address = read_unit(SOCKET)["Socket"]["ListenStream"]
    assert f'- address: "{address}"' in defaults()


@pytest.fixture
def manager(tmp_path):
    """The socket on which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.settimeout(seconds(10))
        s.bind(str(tmp_path / "notify"))
        yield s


def await_state(manager, wanted):
    while wanted not in manager.recv(4096).decode().split("\n"):
        pass


def test_the_manager_is_told_of_start_and_end(gateway, manager):
    env = {"NOTIFY_SOCKET": manager.getsockname()}
    daemon = gateway(env=env, wait=False)
    await_state(manager, "READY=1")
    # Ready means that connections are accepted by now.
    daemon.wait_log(" info listener: listening")
    with socket.create_connection(daemon.address(), seconds(5)):
        pass
    daemon.signal()
    await_state(manager, "STOPPING=1")
    assert daemon.wait_exit() == 0


def test_ready_does_not_wait_for_redis(gateway, manager):
    gateway(
        server="redis://127.0.0.1:1",
        env={"NOTIFY_SOCKET": manager.getsockname()},
        wait=False,
    )
    await_state(manager, "READY=1")


def status(manager):
    """The next text for `systemctl status`."""
    while True:
        for line in manager.recv(4096).decode().split("\n"):
            if line.startswith("STATUS="):
                return line.removeprefix("STATUS=")


def await_status(manager, wanted):
    while status(manager) != wanted:
        pass


def test_the_manager_is_told_how_it_goes(gateway, manager, connect):
    daemon = gateway(env={"NOTIFY_SOCKET": manager.getsockname()})
    assert status(manager) in (
        "0 connections, embedded down",  # for a moment, while it boots
        "0 connections, embedded up",
    )
    clients = [connect(daemon, "/ws/lobby")]
    await_status(manager, "1 connection, embedded up")
    clients.append(connect(daemon, "/ws/lobby"))
    await_status(manager, "2 connections, embedded up")
    clients.pop().close()
    await_status(manager, "1 connection, embedded up")


def test_the_manager_is_told_of_an_outage_and_of_a_long_end(
    gateway, manager, redis_server
):
    daemon = gateway(
        server=redis_server.url,
        env={"NOTIFY_SOCKET": manager.getsockname()},
        shutdown={"delay": "4s"},
    )
    await_status(manager, "0 connections, redis up")
    redis_server.kill()
    await_status(manager, "0 connections, redis down")
    redis_server.start()
    await_status(manager, "0 connections, redis up")
    daemon.signal()
    await_status(manager, "stopping, 0 connections, redis up")


def test_nothing_new_is_not_told_again(gateway, manager):
    """The watchdog's beat is heard through some looks; no line is beside it."""
    env = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "900000"}
    gateway(env=env)
    await_status(manager, "0 connections, embedded up")
    beats = 0
    while beats < 10:
        heard = manager.recv(4096).decode()
        assert not heard.startswith("STATUS=")
        beats += heard == "WATCHDOG=1"
