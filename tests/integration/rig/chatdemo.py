"""`make demo`, whose processes are killed, and its page."""

import json
import os
import re
import signal
import subprocess
import threading

from .gateway import ROOT
from .waiting import eventually, seconds

KILL = re.compile(r"kill -9 (\d+)")


class Demo:
    """What it prints is read all the time, or it would stand still."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            [ROOT / "scripts" / "demo", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def said(self, words):
        """The lines with these words, once there is one."""
        return eventually(
            lambda: [x for x in list(self.lines) if words in x], 60, words
        )

    def kill(self, name):
        """Until it is there again."""
        line = self.said(name)[-1]
        os.kill(int(KILL.search(line)[1]), signal.SIGKILL)
        eventually(lambda: self.said(name)[-1] != line, 60, f"{name} again")

    def finish(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        assert self.process.wait(seconds(20)) == 0
        self.reader.join(seconds(5))


def write(page, text):
    page.evaluate(
        f'$("text").value = {json.dumps(text)}; $("say").requestSubmit(); null'
    )
