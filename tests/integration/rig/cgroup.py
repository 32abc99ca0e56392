"""A control group with a bound on memory, of either version.

Version 2 counts the kernel's socket buffers with the processes' memory; version
1 counts them apart, once they have a bound of their own.
"""

import os
from pathlib import Path

import pytest

ROOT = Path("/sys/fs/cgroup")


class MemoryGroup:
    """Processes in it are killed beyond limit bytes."""

    def __init__(self, limit):
        name = f"roomcast-test-{os.getpid()}"
        self.limit = limit
        self.is_first_version = (ROOT / "memory").is_dir()
        if self.is_first_version:
            self.path = ROOT / "memory" / name
            keys = ("memory.limit_in_bytes", "memory.kmem.tcp.limit_in_bytes")
        else:
            self.path = ROOT / name
            keys = ("memory.max",)
        self.path.mkdir()
        for key in keys:
            (self.path / key).write_text(str(limit))

    def is_within(self):
        """Whether both together were within the limit all the time."""
        if not self.is_first_version:
            return True  # the bound was on both
        peaks = (
            "memory.max_usage_in_bytes",
            "memory.kmem.tcp.max_usage_in_bytes",
        )
        used = [int((self.path / key).read_text()) for key in peaks]
        print("processes and sockets used", used, "bytes")
        return sum(used) < self.limit

    def join(self):
        """In the child, before it becomes the daemon."""
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        self.path.rmdir()


@pytest.fixture
def bounded():
    """bounded(limit): a group for a daemon that has so much memory, or None.

    Where this user may make no control groups there is no bound; the test
    looks at the peak of the daemon's memory in any case.
    """
    groups = []

    def group(limit):
        try:
            groups.append(MemoryGroup(limit))
        except OSError as error:
            print(f"no control group: {error}; only the peak is looked at")
            return None
        return groups[-1]

    yield group
    # The fixture of the daemon ends before this one: it was asked for later.
    for group in groups:
        group.remove()
