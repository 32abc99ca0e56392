"""A terminal as the log: one that nobody reads stops nothing."""

import os
import signal
import subprocess
import termios

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.ports import free_port
from rig.raw import Raw, request
from rig.waiting import eventually, seconds


@pytest.fixture
def terminal(tmp_path):
    """A daemon whose standard error is a terminal: (process, port, master)."""
    port = free_port()
    # A slow daemon would fill it with refusals before it sees a signal.
    log = {"level": "info", "access": "off"}
    listen = [{"address": f"127.0.0.1:{port}"}]
    conf = merged(BASE, {"listen": listen, "log": log})
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    master, slave = os.openpty()
    process = subprocess.Popen([BINARY, "-c", str(path)], stderr=slave)
    try:
        eventually(lambda: is_served(port), 10, "it serves")
        yield process, port, master, slave
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def is_served(port):
    try:
        refuse(port)
    except ConnectionRefusedError:
        return False
    return True


def refuse(port):
    """A client that is sent away: the daemon is alive."""
    with Raw(("127.0.0.1", port)) as s:
        s.send(request("/nope"))
        assert s.read_response().status == 404


def fill(process, port):
    """More lines than a terminal keeps, from many places in the code."""
    for _ in range(60):
        refuse(port)
        process.send_signal(signal.SIGUSR1)
        process.send_signal(signal.SIGUSR2)
        process.send_signal(signal.SIGHUP)


def read_some(master):
    os.set_blocking(master, False)
    try:
        return os.read(master, 65536)
    except BlockingIOError:
        return b""


def test_nobody_reads(terminal):
    process, port, master, _ = terminal
    for _ in range(3):
        fill(process, port)
    process.terminate()
    assert process.wait(seconds(10)) == 0
    assert read_some(master).count(b" main: state ") > 0


def test_ctrl_s_and_ctrl_q(terminal):
    process, port, master, slave = terminal
    read_some(master)
    termios.tcflow(slave, termios.TCOOFF)
    fill(process, port)
    termios.tcflow(slave, termios.TCOON)
    seen = b""

    def goes_on():
        nonlocal seen
        refuse(port)
        process.send_signal(signal.SIGUSR1)
        seen += read_some(master)
        return b" main: state " in seen

    eventually(goes_on, 5, "lines come again")
    # None is torn by another one.
    for line in seen.split(b"\r\n")[1:-1]:
        assert line.startswith(b"20"), line
    # The terminal itself was left as it was.
    assert os.get_blocking(slave)
    process.terminate()
    assert process.wait(seconds(10)) == 0
