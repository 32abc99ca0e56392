"""Memory that runs out once, at an allocation of choice (scarce.c), under a
process that somebody uses, and whether that ended as it should.

Whatever fails: the process never crashes, never ends without a word, and
while it says that it is ready it serves its users. Which allocations fail is a
sample; ROOMCAST_SCARCE_STEP=1 takes every one.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from .gateway import BINARY, Gateway
from .once import once
from .preload import build_library, preloaded
from .waiting import eventually, seconds

SOURCE = Path(__file__).parent / "scarce.c"
STEP = int(os.environ.get("ROOMCAST_SCARCE_STEP", "0"))
SAID = (" error ", " warn ", "roomcast.yaml:")  # how an end says why

own_malloc = pytest.mark.skipif(
    "asan" in BINARY or "tsan" in BINARY,
    reason="a sanitizer brings an allocator of its own",
)


def build(folder):
    return build_library(SOURCE, folder, "-lcrypto")


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return once(tmp_path_factory, "scarce", build)


class Session:
    """One process whose allocation number `failing` fails; 0: none does."""

    def __init__(self, folder, library, conf, failing):
        self.daemon = Gateway(
            folder,
            conf,
            env=preloaded(library, ROOMCAST_TEST_SCARCE=str(failing)),
        )

    def has_booted(self):
        """Ready, and not ended by itself."""
        daemon = self.daemon
        daemon.start(wait=False)
        eventually(
            lambda: daemon.has_ended or " main: started" in daemon.log(),
            10,
            "ready, or the end",
        )
        return not daemon.has_ended

    def is_over(self):
        return self.daemon.process.poll() is not None

    def ends_soon(self):
        """After SIGABRT the kernel takes a moment."""
        try:
            self.daemon.process.wait(seconds(0.5))
        except subprocess.TimeoutExpired:
            return False
        return True

    def judge(self):
        """How it ended; None when that was as it should be."""
        code = self.daemon.wait_exit()
        log = self.daemon.log()
        if code in (0, 1, 2, -signal.SIGABRT):
            if code == 0 or any(word in log for word in SAID):
                return None
            return f"ended with {code} without a word:\n{log}"
        return f"ended with {code}:\n{log}"


def run(folder, library, conf, users, failing):
    """What was wrong with the process whose allocation `failing` fails.

    users.use(daemon) is true when all of it has worked, users.faults what must
    not be whatever fails."""
    session = Session(folder, library, conf, failing)
    try:
        if session.has_booted():
            # One allocation fails, by the third use at the latest: what has
            # not ended by then works in the fourth.
            works = [users.use(session.daemon) for _ in range(4)][-1]
            if users.faults:
                return f"{users.faults}:\n{session.daemon.log()}"
            if not (works or session.ends_soon()):
                return "does not work again:\n" + session.daemon.log()
            session.daemon.signal()
        return session.judge()
    finally:
        if not session.is_over():
            session.daemon.kill()


def count_allocations(folder, library, conf, users, uses):
    """Of a process that is used so many times."""
    session = Session(folder, library, conf, 0)
    assert session.has_booted(), session.daemon.log()
    for _ in range(uses):
        assert users.use(session.daemon), session.daemon.log()
    assert not users.faults, users.faults
    session.daemon.signal()
    assert session.daemon.wait_exit() == 0
    last = session.daemon.lines[-1]
    assert last.startswith("allocations: "), session.daemon.log()
    return int(last.split()[1])


def check(folder, library, conf, new_users, samples, has_boot=True):
    """For a sample of all allocations, those of the boot among them or not;
    new_users makes the users of a process."""

    def count(uses):
        return count_allocations(folder, library, conf, new_users(), uses)

    first, end = 1 if has_boot else count(0), count(2)
    step = STEP or max(1, (end - first) // samples)
    wrong = []
    for failing in range(first, end + 1, step):
        why = run(folder, library, conf, new_users(), failing)
        if why:
            wrong.append(f"allocation {failing} of {end}: {why}")
    assert not wrong, "\n\n".join(wrong)
