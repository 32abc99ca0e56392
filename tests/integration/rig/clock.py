"""The daemon's time of day, chosen by the test; monotonic time is real."""

import os
from pathlib import Path

from .preload import build_library, preloaded

SOURCE = Path(__file__).with_name("clock.c")
NOW = 1_700_000_000  # the time of the corpus in tests/tokens


def build_clock(folder):
    return build_library(SOURCE, folder)


class Clock:
    def __init__(self, library, folder):
        self.path = folder / "clock"
        self.env = preloaded(library, ROOMCAST_TEST_CLOCK=str(self.path))
        self.set(NOW)

    def set(self, now):
        """Ten digits over ten digits: no reader sees a half of it."""
        digits = b"%010d" % now
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT)
        os.pwrite(fd, digits, 0)
        os.close(fd)

    def check(self, daemon):
        """Does the daemon really live at the corpus' time."""
        assert daemon.lines[0].startswith("2023-11-14T22:13:20")
