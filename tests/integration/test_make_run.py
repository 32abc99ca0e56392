"""`make run`, `make demo` and `make demo-resume` as they are typed: Ctrl-C ends
them without a word, and what goes wrong is said in some."""

import fcntl
import os
import pty
import re
import select
import socket
import subprocess
import termios
import time
from pathlib import Path

import pytest

from rig.gateway import ROOT
from rig.ports import free_ports
from rig.proc import words_of
from rig.waiting import seconds

pytestmark = pytest.mark.outside

# Their build is left to who runs the tests: nobody builds under other tests.
BUILT = "MAKE=true"
TARGETS = {
    "run": "main: started",
    "demo": "Ctrl-C ends all of it.",
    "demo-resume": " published, ",
}


class Terminal:
    """A command in the foreground of a terminal of its own."""

    def __init__(self, command, folder):
        self.master, slave = pty.openpty()
        self.text = ""
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TMPDIR": str(folder)},
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def read_until(self, words):
        """What it prints; to its end without words."""
        deadline = time.monotonic() + seconds(30)
        while words is None or words not in self.text:
            left = deadline - time.monotonic()
            assert select.select([self.master], [], [], max(left, 0))[0], self.text
            try:
                data = os.read(self.master, 65536)
            except OSError:  # nobody has it any more
                data = b""
            if not data:
                assert words is None, self.text
                break
            self.text += data.decode(errors="replace").replace("\r\n", "\n")
        return self.text

    def type(self, keys):
        os.write(self.master, keys)

    def finish(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(tmp_path):
    opened = []

    def start(*command):
        opened.append(Terminal(command, tmp_path))
        return opened[-1]

    yield start
    for one in opened:
        one.finish()


def children(pid):
    """All that it has started, and they."""
    found = words_of(f"/proc/{pid}/task/{pid}/children") or ""
    return [
        x for child in found.split() for x in [int(child), *children(child)]
    ]


@pytest.mark.parametrize("target", TARGETS)
def test_ctrl_c_ends_it_without_a_word(terminal, tmp_path, target):
    """And with all that it has started, however often it is pressed."""
    port = f"PORT={free_ports(4)}"
    one = terminal("make", target, port, BUILT)
    said = one.read_until(TARGETS[target])
    below = children(one.process.pid)
    assert len(below) >= 2
    one.type(b"\x03")
    one.type(b"\x03")
    rest = one.read_until(None)[len(said) :]
    one.process.wait(seconds(20))
    assert not re.search(r"Error|\*\*\*|Traceback|Exception", rest), rest
    assert not [pid for pid in below if Path("/proc", str(pid)).exists()]
    assert not list(tmp_path.iterdir())


def gateway_below(pid):
    (found,) = [
        x for x in children(pid) if words_of(f"/proc/{x}/comm") == "roomcast"
    ]
    return found


def test_a_gateway_that_is_killed_is_told_of(terminal):
    """Who it was, by what, and where to look."""
    one = terminal("make", "run", f"PORT={free_ports(4)}", BUILT)
    one.read_until(TARGETS["run"])
    gateway = gateway_below(one.process.pid)
    os.kill(gateway, 9)
    said = one.read_until(None)
    assert one.process.wait(seconds(20)) == 2
    assert f"The gateway (process {gateway}) was killed by SIGKILL" in said
    assert "stands above" in said and "Error 247" not in said


def test_one_that_does_not_start_is_told_of(tmp_path):
    """Its own words are there, and its exit status."""
    script = tmp_path / "roomcast"
    script.write_text("#!/bin/sh\necho no memory >&2\nexit 3\n")
    script.chmod(0o700)
    done = subprocess.run(
        [ROOT / "scripts" / "quickstart", "--port", str(free_ports(4))],
        capture_output=True,
        text=True,
        env={**os.environ, "ROOMCAST_BIN": str(script)},
        timeout=seconds(20),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("no memory\n")
    assert "ended by itself, with exit status 3" in done.stderr


@pytest.mark.parametrize("target, count", [("run", 4), ("demo", 2)])
def test_a_port_that_is_taken_is_told_of_before_the_build(target, count):
    """By whom, and what there is instead. A port for a program that has come
    while it was built is asked for again."""
    first = free_ports(count)
    with socket.create_server(("127.0.0.1", first + count - 1)):
        done = subprocess.run(
            ["make", target, f"PORT={first}", "MAKE=echo BUILDS"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=seconds(20),
        )
    assert done.returncode == 2
    assert "BUILDS" not in done.stdout
    name = Path("/proc/self/comm").read_text().strip()
    who = f"port {first + count - 1} is taken by {name} (process {os.getpid()})"
    assert who in done.stderr
    other = re.search(rf"`make {target} PORT=(\d+)` takes \1 to (\d+)", done.stderr)
    assert int(other[2]) - int(other[1]) == count - 1


@pytest.mark.parametrize("port", ["70000", "-1", "x", "1e3"])
def test_what_is_no_port_is_told_of(port):
    done = subprocess.run(
        ["make", "run", f"PORT={port}", "MAKE=echo BUILDS"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds(20),
    )
    assert done.returncode == 2 and "BUILDS" not in done.stdout
    assert "Traceback" not in done.stderr
    assert f"argument --port: {port!r} is no port" in done.stderr
