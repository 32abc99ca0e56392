"""A browser and a tab of it, whichever that is."""

import itertools
import json
import os
import shutil
import signal
import subprocess

from .client import Client
from .node import missing
from .waiting import eventually, seconds


class Gone(Exception):
    """The document in which a script ran went away under it."""


class Tab:
    """What a browser's own class gives it is navigate(), evaluate(), which
    takes a script that gives JSON, go_back(), set_offline() and freeze()."""

    def open(self, url):
        """Another document than the one that is there, which is complete."""
        self.evaluate("window.isLeft = true")
        self.navigate(url)
        loaded = "!window.isLeft && document.readyState === 'complete'"
        self.wait(loaded, True, what=f"{url} is loaded")

    def wait(self, script, wanted, timeout=10, what=None):
        def is_so():
            try:
                return self.evaluate(script) == wanted
            except Gone:
                return False

        eventually(is_so, timeout, what or f"{script} gives {wanted!r}")


class Calls:
    """Numbered calls by a WebSocket, and the answer to each."""

    def __init__(self, url):
        self._numbers = itertools.count(1)
        self._client = Client.connect(url)

    def call(self, method, params):
        number = next(self._numbers)
        self._client.send(
            json.dumps({"id": number, "method": method, "params": params})
        )
        while True:
            answer = json.loads(self._client.recv(20))
            if answer.get("id") == number:
                return answer

    def close(self):
        self._client.close()


class Browser:
    """A process whose files are in a folder of its own, and which tells there
    of the port for debuggers: find_port() is its class's."""

    def __init__(self, program, options, folder):
        self.name = os.path.basename(program)
        self.folder = folder
        self.process = subprocess.Popen(
            [program, *options, "about:blank"],
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.port = eventually(self._look, 30, f"{self.name} is up")

    def _look(self):
        assert self.process.poll() is None, f"{self.name} ended"
        return self.find_port()

    def finish(self):
        """All of its processes end with the first one."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(seconds(10))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def program_of(names):
    """The first of them that is here; CI must have one."""
    program = next(filter(None, map(shutil.which, names)), None)
    if not program:
        missing(f"there is no {names[0]}")
    return program
