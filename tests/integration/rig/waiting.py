"""Waiting for conditions, never for time to pass."""

import os
import time

# A sanitizer makes everything slower: all deadlines grow by this factor.
TIME_FACTOR = float(os.environ.get("ROOMCAST_TIME_FACTOR", "1"))


def seconds(count):
    """A deadline of so many seconds, or more under a sanitizer."""
    return count * TIME_FACTOR


def eventually(condition, timeout=5, what=None):
    """Ask again until condition() is true, and return what it gave."""
    deadline = time.monotonic() + seconds(timeout)
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(
                f"not within {timeout} s: {what or condition.__name__}"
            )
        time.sleep(0.01)
