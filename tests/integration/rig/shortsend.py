"""A kernel that takes of what the daemon sends as much as it likes."""

from pathlib import Path

from .preload import build_library, preloaded

SOURCE = Path(__file__).with_suffix(".c")


def short_sends(folder):
    """The environment that a daemon has it by."""
    return preloaded(build_library(SOURCE, folder))
