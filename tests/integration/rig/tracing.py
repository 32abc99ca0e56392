"""One thread of a process stands still, as by a debugger."""

import ctypes
import os
from contextlib import contextmanager

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # wait for threads, too

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [
    ctypes.c_long,
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, thread):
    if libc.ptrace(request, thread, None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def threads(pid):
    """The threads of a process: name to number."""
    found = {}
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/comm", encoding="ascii") as f:
            found[f.read().strip()] = int(thread)
    return found


@contextmanager
def frozen(thread):
    """It does not run until the end of the block."""
    ptrace(SEIZE, thread)
    try:
        ptrace(INTERRUPT, thread)
        os.waitpid(thread, WALL)
        yield
    finally:
        try:
            ptrace(DETACH, thread)
        except ProcessLookupError:
            # It has ended meanwhile, and its process is waited for in vain
            # until whoever traced it has taken notice.
            os.waitpid(thread, WALL)
