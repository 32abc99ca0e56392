"""A kernel that is out of buffers for one send of the daemon's subscriber."""

from pathlib import Path

from .preload import build_library, preloaded

SOURCE = Path(__file__).with_suffix(".c")


class SendFault:
    def __init__(self, folder):
        self.path = folder / "sendfault"
        self.env = preloaded(
            build_library(SOURCE, folder), ROOMCAST_TEST_FAULT=str(self.path)
        )

    def inject(self):
        self.path.touch()

    def has_happened(self):
        return not self.path.exists()
