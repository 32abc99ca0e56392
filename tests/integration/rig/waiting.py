"""Waiting for conditions, never for time to pass."""

import math
import os
import time

# A sanitizer makes everything slower: all deadlines grow by this factor.
TIME_FACTOR = float(os.environ.get("ROOMCAST_TIME_FACTOR", "1"))
# A deadline ends what hangs. On a machine that is busy with twenty other
# things all is late, and a test that passes never waits for its deadline.
PATIENCE = 4


def seconds(count):
    """A deadline of so many seconds on a quiet machine."""
    return count * TIME_FACTOR * PATIENCE


def work(cpu_seconds):
    """A bound of CPU time, which a busy machine hardly changes."""
    return cpu_seconds * TIME_FACTOR


def heartbeat(milliseconds):
    """For redis.heartbeat: three without an answer are no slow machine."""
    return f"{int(milliseconds * TIME_FACTOR)}ms"


def in_a_moment():
    """A second since 1970 by which what a test does first is long done."""
    return int(time.time()) + 1 + math.ceil(4 * TIME_FACTOR)


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
