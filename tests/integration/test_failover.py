"""Messages flow while the master becomes another: what it costs."""

import time

import pytest

from rig.numbered import Following, Listener, Publisher
from rig.waiting import eventually, seconds
from test_sentinel import KEY, ROOM, sentinels, start  # noqa: F401

pytestmark = [pytest.mark.waits, pytest.mark.long]

RESUMED = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}]


def fail_over(sentinels, how):  # noqa: F811
    if how == "planned":
        sentinels.fail_over()
    else:
        sentinels.look_closely()
        sentinels.master.kill()


def run(sentinels, how, publish, following, listener):  # noqa: F811
    """Messages before, while and after it becomes another."""
    with listener, following, Publisher(publish) as publisher:
        eventually(lambda: listener.has_heard(50), 20, "messages flow")
        fail_over(sentinels, how)
        eventually(lambda: following.moved, 60, "another master")
        behind = len(publisher.sent)
        eventually(lambda: listener.has_heard(behind), 60, "heard again")
        heard_again = time.monotonic()
        eventually(lambda: listener.has_heard(behind + 50), 60)
    assert heard_again - following.moved < seconds(2)
    assert listener.order == sorted(set(listener.order))
    return publisher


@pytest.mark.parametrize("how", ["planned", "killed"])
def test_what_was_acknowledged_into_a_stream_is_heard(
    gateway, sentinels, how  # noqa: F811
):
    """By the master and its replica: by the master alone it is not kept."""
    daemon = start(
        gateway, sentinels, history={"stream": KEY}, routes=RESUMED
    )
    listener = Listener(daemon.ws_url("/ws/lobby?since="), True)
    following = Following(sentinels)

    def add(text):
        server = following.client
        server.xadd(KEY, {ROOM: text})
        return following.moved or server.wait(1, 100) == 1

    publisher = run(sentinels, how, add, following, listener)
    taken, heard = set(publisher.taken()), set(listener.heard)
    # Nothing of it behind the last one that was waited for.
    assert {n for n in taken if n <= max(heard)} <= heard
    # What the old master alone had was heard, and is in no stream any more:
    # the ids are void then, and that is told.
    assert listener.gaps == 0 or heard - taken


@pytest.mark.parametrize("how", ["planned", "killed"])
def test_what_was_published_meanwhile_is_a_gap(
    gateway, sentinels, how  # noqa: F811
):
    daemon = start(gateway, sentinels)
    listener = Listener(daemon.ws_url(), False)
    following = Following(sentinels)

    def publish(text):
        following.client.publish(ROOM, text)

    publisher = run(sentinels, how, publish, following, listener)
    assert listener.gaps == 1
    lost = set(publisher.taken()) - set(listener.heard)
    assert all(50 < n for n in lost)
