"""Memory runs out once, at each allocation in turn, from boot to the end, while
clients, publishers and operators do what they do (rig/scarcity.py)."""

import pytest
import redis

from rig.gateway import BASE, merged
from rig.raw import Raw
from rig.scarcity import check, library, own_malloc
from rig.sizes import sizes
from rig.tls import TlsRaw, certificates, trusting
from rig.tokens import authenticator, token

pytestmark = own_malloc


class Users:
    """A refusal or a closed connection is no fault by itself."""

    faults = ()

    def __init__(self, trust):
        self.trust = trust

    def use(self, daemon):
        try:
            return self._use(daemon)
        except (AssertionError, OSError, EOFError, redis.RedisError):
            return False

    def _use(self, daemon):
        with (
            Raw(daemon.address()) as plain,
            TlsRaw(daemon, self.trust, index=1) as secure,
            Raw(daemon.address()) as known,
        ):
            assert plain.handshake("/ws/lobby").status == 101
            assert secure.upgrade("/ws/lobby")
            path = f"/known/lobby?token={token()}"
            assert known.handshake(path).status == 101
            publisher = daemon.publisher(socket_timeout=5)
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
            status, _, _ = daemon.admin("/metrics")
            assert status == 200
            return daemon.admin("/readyz")[0] == 200


@pytest.mark.waits
@pytest.mark.parametrize("workers", [1, 2])
@sizes("samples", 10, 80)
def test_no_failed_allocation_goes_unsaid(
    tmp_path, library, certificates, workers, samples
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
            "history": {},
        },
    )
    trust = trusting(pair)
    folder = tmp_path / "run"
    folder.mkdir()
    check(folder, library, conf, lambda: Users(trust), samples)
