"""One thread of a process stands still, as by a debugger."""

import ctypes
import os
from contextlib import contextmanager
from pathlib import Path

from .proc import words_of
from .waiting import eventually

CONTINUE, SEIZE, INTERRUPT, DETACH = 7, 0x4206, 0x4207, 17
WALL = 0x40000000  # wait for threads, too
# The system calls in which an event loop waits: epoll_wait and epoll_pwait of
# x86-64, epoll_pwait of arm64, epoll_pwait2.
POLLS = ("232", "281", "22", "441")

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
    for task in Path(f"/proc/{pid}/task").iterdir():
        name = words_of(task / "comm")
        if name is not None:
            found[name] = int(task.name)
    return found


def stops_in_its_loop(thread):
    """Stop a thread that is traced where its event loop waits: elsewhere it
    may hold a lock that others need, malloc's for one. False: it goes on."""
    ptrace(INTERRUPT, thread)
    os.waitpid(thread, WALL)
    with open(f"/proc/{thread}/syscall", encoding="ascii") as f:
        if f.read().split()[0] in POLLS:
            return True
    ptrace(CONTINUE, thread)
    return False


@contextmanager
def frozen(thread):
    """It does not run until the end of the block."""
    ptrace(SEIZE, thread)
    try:
        eventually(lambda: stops_in_its_loop(thread), 10, "its loop waits")
        yield
    finally:
        try:
            ptrace(DETACH, thread)
        except ProcessLookupError:
            # It has ended meanwhile, and its process is waited for in vain
            # until whoever traced it has taken notice.
            os.waitpid(thread, WALL)
