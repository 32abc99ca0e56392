"""Under systemd: the unit file, and what the daemon tells its manager."""

import configparser
import socket
import subprocess
from pathlib import Path

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
    assert text.count(installed) == 1
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


def test_the_unit_gives_time_to_drain():
    unit = read_unit(UNIT)
    assert unit["Service"]["Type"] == "notify"
    assert unit["Service"]["WatchdogSec"] == "30s"
    assert "shutdown:\n  delay: 0\n  drain: 2s\n" in defaults()
    assert int(unit["Service"]["TimeoutStopSec"].rstrip("s")) > 2


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


def test_installing_puts_the_paths_into_the_unit(tmp_path):
    mode = Path(BINARY).resolve().parent.name
    subprocess.run(
        ["make", "install", f"MODE={mode}", f"DESTDIR={tmp_path}"]
        + ["PREFIX=/opt/r", "SYSCONFDIR=/opt/etc"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=seconds(120),
    )
    unit = tmp_path / "opt/r/lib/systemd/system/roomcast.service"
    wanted = "ExecStart=/opt/r/bin/roomcast -c /opt/etc/roomcast/roomcast.yaml"
    assert wanted in unit.read_text().splitlines()
    assert (unit.parent / "roomcast.socket").exists()
    binary = tmp_path / "opt/r/bin/roomcast"
    conf = tmp_path / "opt/etc/roomcast/roomcast.yaml"
    subprocess.run(
        [binary, "-c", conf, "--check-config"], check=True, timeout=seconds(10)
    )
