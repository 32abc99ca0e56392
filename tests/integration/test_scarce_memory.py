"""Memory runs out once, at each allocation in turn, from boot to the end.

Whatever fails: the process never crashes, never ends without a word, and
while it says that it is ready it takes clients and publishers. Which
allocations fail here is a sample; ROOMCAST_SCARCE_STEP=1 takes every one.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import redis

from rig.gateway import BASE, BINARY, Gateway, merged
from rig.raw import Raw
from rig.tls import TlsRaw, certificates, trusting
from rig.tokens import authenticator, token
from rig.waiting import eventually, seconds

SOURCE = Path(__file__).parent / "rig" / "scarce.c"
STEP = int(os.environ.get("ROOMCAST_SCARCE_STEP", "0"))
SAMPLES = 40
SAID = (" error ", " warn ", "roomcast.yaml:")  # how an end says why

pytestmark = pytest.mark.skipif(
    "asan" in BINARY or "tsan" in BINARY,
    reason="a sanitizer brings an allocator of its own",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    library = tmp_path_factory.mktemp("scarce") / "scarce.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-lcrypto"],
        check=True,
    )
    return library


class Session:
    """One process whose allocation number `failing` fails, and its users."""

    def __init__(self, folder, library, conf, failing):
        self.daemon = Gateway(
            folder,
            conf,
            env={
                "LD_PRELOAD": str(library),
                "ROOMCAST_TEST_SCARCE": str(failing),
            },
        )

    def has_booted(self):
        """Ready, and not ended by itself."""
        self.daemon.start(wait=False)
        eventually(
            lambda: self.daemon.has_ended or " main: started" in self.daemon.log(),
            10,
            "ready, or the end",
        )
        return not self.daemon.has_ended

    def is_over(self):
        return self.daemon.process.poll() is not None

    def ends_soon(self):
        """After SIGABRT the kernel takes a moment."""
        try:
            self.daemon.process.wait(seconds(0.5))
        except subprocess.TimeoutExpired:
            return False
        return True

    def use(self, trust):
        """What clients, publishers and operators do; True when all of it
        worked. A refusal or a closed connection is no fault by itself."""
        try:
            with (
                Raw(self.daemon.address()) as plain,
                TlsRaw(self.daemon, trust, index=1) as secure,
                Raw(self.daemon.address()) as known,
            ):
                assert plain.handshake("/ws/lobby").status == 101
                assert secure.upgrade("/ws/lobby")
                path = f"/known/lobby?token={token()}"
                assert known.handshake(path).status == 101
                publisher = self.daemon.publisher(socket_timeout=5)
                publisher.publish("roomcast:room:lobby", "hi")
                publisher.publish(
                    "roomcast:send",
                    '{"rooms":["lobby","other"],"message":{"a":1}}',
                )
                for client in (plain, secure, known):
                    assert client.read_frame().payload == b"hi"
                    assert client.read_frame().payload == b'{"a":1}'
                publisher.publish(
                    "roomcast:control",
                    '{"command":"join","users":["ann"],"rooms":["more"]}',
                )
                status, _, _ = self.daemon.admin("/metrics")
                assert status == 200
                return self.daemon.admin("/readyz")[0] == 200
        except (AssertionError, OSError, EOFError, redis.RedisError):
            return False

    def judge(self):
        """How it ended; None when that was as it should be."""
        code = self.daemon.wait_exit()
        log = self.daemon.log()
        if code in (0, 1, 2, -signal.SIGABRT):
            if code == 0 or any(word in log for word in SAID):
                return None
            return f"ended with {code} without a word:\n{log}"
        return f"ended with {code}:\n{log}"


def run(folder, library, conf, trust, failing):
    """What was wrong with the process whose allocation `failing` fails."""
    session = Session(folder, library, conf, failing)
    try:
        if session.has_booted():
            # One allocation fails, in the first use or the second: what has
            # not ended by then works in the third.
            works = [session.use(trust) for _ in range(3)][-1]
            if not (works or session.ends_soon()):
                return "does not work again:\n" + session.daemon.log()
            session.daemon.signal()
        return session.judge()
    finally:
        if not session.is_over():
            session.daemon.kill()


def count_allocations(folder, library, conf, trust):
    session = Session(folder, library, conf, 0)
    assert session.has_booted(), session.daemon.log()
    assert session.use(trust), session.daemon.log()
    session.daemon.signal()
    assert session.daemon.wait_exit() == 0
    last = session.daemon.lines[-1]
    assert last.startswith("allocations: "), session.daemon.log()
    return int(last.split()[1])


@pytest.mark.long
@pytest.mark.parametrize("workers", [1, 2])
def test_no_failed_allocation_goes_unsaid(
    tmp_path, library, certificates, workers
):
    pair = certificates.first
    conf = merged(
        BASE,
        {
            "workers": workers,
            "listen": [
                {"address": "127.0.0.1:0"},
                {"address": "127.0.0.1:0", "tls": pair.section},
            ],
            "auth": {
                "app": authenticator(tmp_path, token=["query.token"])
            },
            "routes": [
                {"path": "/ws/{room}", "rooms": ["{room}"]},
                {"path": "/known/{room}", "rooms": ["{room}"], "auth": "app"},
            ],
            "delivery": {"compression": {"min_size": 1}},
        },
    )
    trust = trusting(pair)
    folder = tmp_path / "run"
    folder.mkdir()
    total = count_allocations(folder, library, conf, trust)
    step = STEP or max(1, total // SAMPLES)
    wrong = {}
    for failing in range(1, total + 1, step):
        why = run(folder, library, conf, trust, failing)
        if why:
            wrong[failing] = why
    assert not wrong, "\n\n".join(
        f"allocation {number} of {total}: {why}"
        for number, why in wrong.items()
    )
