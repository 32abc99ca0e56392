"""One sentinel of three that says by itself that the master is another one."""

import pytest

from rig.scripted import ScriptedNode
from rig.waiting import eventually

pytestmark = pytest.mark.waits


class ScriptedSentinel(ScriptedNode):
    def __init__(self, master):
        super().__init__()
        self.master = master
        self.refuse = self.answer_sentinel

    def answer_sentinel(self, words):
        if words[0] == "SENTINEL":
            return [[b"127.0.0.1", str(self.master.port).encode()]]
        return None

    def announce(self, old, new):
        said = f"mymaster 127.0.0.1 {old.port} 127.0.0.1 {new.port}"
        self.publish("+switch-master", said)


@pytest.fixture
def masters():
    made = [ScriptedNode(), ScriptedNode()]
    yield made
    for one in made:
        one.finish()


@pytest.fixture
def sentinels(masters):
    """The last one names another master than the others."""
    master, other = masters
    made = [ScriptedSentinel(m) for m in (master, master, other)]
    yield made
    for one in made:
        one.finish()


def start(gateway, sentinels):
    addresses = [s.address for s in sentinels]
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={"sentinel": {"master": "mymaster", "addresses": addresses}},
        log={"level": "debug"},
    )
    daemon.wait_ready()
    eventually(lambda: all(s.files for s in sentinels), 20, "they are heard")
    return daemon


def connected_to(server):
    return f"connected and subscribed .*at={server.address}"


def test_who_misleads_once_is_not_believed_again(gateway, masters, sentinels):
    """The others may not have heard of it: it is followed, for a while."""
    master, other = masters
    liar = sentinels[2]
    daemon = start(gateway, sentinels)
    liar.announce(master, other)
    daemon.wait_log(connected_to(other))
    daemon.wait_log(f"a sentinel has misled us.* address={liar.address}", 30)
    daemon.wait_metric("roomcast_backend_connects_total", 3, 30)
    daemon.wait_ready()
    liar.announce(master, other)
    liar.hang_up()
    daemon.wait_log(f"a sentinel is not heard .*{liar.address}", 20)
    assert daemon.metric("roomcast_backend_lost_total") == 2


def test_what_one_says_to_and_fro_is_followed_once(
    gateway, masters, sentinels
):
    master, other = masters
    daemon = start(gateway, sentinels)
    for _ in range(100):
        sentinels[2].announce(master, other)
        sentinels[2].announce(other, master)
    daemon.wait_log("a sentinel has misled us", 30)
    daemon.wait_metric("roomcast_backend_connects_total", 3, 30)
    assert daemon.metric("roomcast_backend_lost_total") == 2
