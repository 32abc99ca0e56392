"""roomcastctl, run to its end."""

import json
import os
import queue
import subprocess
import threading
from pathlib import Path

from .gateway import BINARY
from .waiting import eventually, seconds

CTL = str(Path(BINARY).with_name("roomcastctl"))


def ctl(*words, daemon=None, env=None, stdin=""):
    """(exit status, what it prints, what it says on standard error). With a
    daemon, the one that it asks."""
    where = {"ROOMCAST_ADMIN": daemon.admin_url} if daemon else {}
    done = subprocess.run(
        [CTL, *map(str, words)],
        capture_output=True,
        text=True,
        input=stdin,
        timeout=seconds(60),
        env={**os.environ, **where, **(env or {})},
    )
    return done.returncode, done.stdout, done.stderr


def good(*words, **options):
    """What it prints, when all is well."""
    code, out, said = ctl(*words, **options)
    assert (code, said) == (0, ""), said
    return out


def good_json(*words, **options):
    return json.loads(good(*words, "--json", **options))


class Running:
    """A roomcastctl that goes on; what it prints, a line at a time."""

    def __init__(self, *words, daemon=None):
        where = {"ROOMCAST_ADMIN": daemon.admin_url} if daemon else {}
        self.process = subprocess.Popen(
            [CTL, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **where},
        )
        self._lines = queue.Queue()
        self._said = []
        self._readers = [
            threading.Thread(target=read, daemon=True)
            for read in (self._read_lines, self._read_said)
        ]
        for reader in self._readers:
            reader.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self._lines.put(line)

    def _read_said(self):
        for line in self.process.stderr:
            self._said.append(line)

    @property
    def said(self):
        return "".join(self._said)

    def line(self, timeout=20):
        try:
            return self._lines.get(timeout=seconds(timeout))
        except queue.Empty:
            raise AssertionError(f"no line came:\n{self.said}") from None

    def json(self):
        return json.loads(self.line())

    def wait_said(self, text, timeout=20):
        eventually(lambda: text in self.said, timeout, f"it says {text!r}")

    def wait_exit(self, timeout=20):
        code = self.process.wait(seconds(timeout))
        for reader in self._readers:
            reader.join(seconds(timeout))
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
