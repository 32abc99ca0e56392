"""Pythons that run what uses clients/python: Debian's, with the package's
sources in its path, and one with the newest packages, from PyPI."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from .gateway import ROOT
from .waiting import seconds

HERE = Path(__file__).resolve().parent.parent / "python"
SOURCES = ROOT / "clients" / "python"
PINNED = HERE / "requirements.txt"
VENV = ROOT / "build" / "python-client"


class Python:
    """An interpreter, and the scenarios that it runs."""

    def __init__(self, program):
        self.program = program

    def start(self, *words):
        return self.run(HERE / "scenarios.py", *words)

    def run(self, *words):
        path = str(SOURCES / "src")
        env = {**os.environ, "PYTHONPATH": path, "DEADLINE": str(seconds(20))}
        return subprocess.Popen(
            [self.program, "-W", "error", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )


def _install():
    """The versions of PINNED, unless it is these that are there."""
    stamp = VENV / "requirements.txt"
    wanted = PINNED.read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if os.environ.get("CI") != "true":
        pytest.skip("CI=true makes this test fetch packages from PyPI")
    python = VENV / "bin" / "python"
    for command in (
        ["/usr/bin/python3", "-m", "venv", "--clear", VENV],
        [python, "-m", "pip", "install", "-q", "-r", PINNED],
    ):
        subprocess.run(command, check=True, timeout=1200)
    stamp.write_text(wanted)


@pytest.fixture(scope="session")
def newest():
    """A python that has what PINNED says. One process fetches it."""
    VENV.parent.mkdir(exist_ok=True)
    with open(f"{VENV}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _install()
    return VENV / "bin" / "python"


@pytest.fixture(params=["debian", "newest"])
def python(request):
    """Each of both."""
    if request.param == "debian":
        return Python("/usr/bin/python3")
    return Python(request.getfixturevalue("newest"))
