"""A thread of the daemon that stands still, as one stuck in a system call."""

import ctypes
import os
from pathlib import Path

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # waitpid for a thread that is not ours

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int] + [ctypes.c_void_p] * 2
libc.ptrace.restype = ctypes.c_long


def _ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def workers(pid):
    """The threads that are not the main one."""
    tasks = sorted(int(t.name) for t in Path(f"/proc/{pid}/task").iterdir())
    return [thread for thread in tasks if thread != pid]


class Frozen:
    """with Frozen(thread): it stands; to be left by who has entered."""

    def __init__(self, thread):
        self.thread = thread

    def __enter__(self):
        _ptrace(SEIZE, self.thread)
        _ptrace(INTERRUPT, self.thread)
        os.waitpid(self.thread, WALL)
        return self

    def __exit__(self, *_):
        _ptrace(DETACH, self.thread)
