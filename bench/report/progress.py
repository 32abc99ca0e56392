"""What the bench says while it runs."""

import sys


def note(text):
    """What runs now, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
