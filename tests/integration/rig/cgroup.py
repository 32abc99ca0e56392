"""A control group with a bound on memory, of either version."""

import os
from pathlib import Path

import pytest

ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """Processes in it are killed beyond limit bytes."""

    def __init__(self, limit):
        name = f"roomcast-test-{os.getpid()}"
        if (ROOT / "memory").is_dir():
            self.path = ROOT / "memory" / name
            key = "memory.limit_in_bytes"
        else:
            self.path = ROOT / name
            key = "memory.max"
        self.path.mkdir()
        (self.path / key).write_text(str(limit))

    def join(self):
        """In the child, before it becomes the daemon."""
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        self.path.rmdir()


@pytest.fixture
def bounded():
    """bounded(limit): a preexec for a daemon that has so much memory.

    Where this user may make no control groups it has no bound; the test
    looks at the peak of the daemon's memory in any case.
    """
    groups = []

    def preexec(limit):
        try:
            groups.append(MemoryGroup(limit))
        except OSError as error:
            print(f"no control group: {error}; only the peak is looked at")
            return None
        return groups[-1].join

    yield preexec
    # The fixture of the daemon ends before this one: it was asked for later.
    for group in groups:
        group.remove()
