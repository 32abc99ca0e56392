"""Sentinels that disagree, hang or are all gone, and masters that come back."""

import os
import signal

import pytest

from rig.sentinels import Sentinel, Server
from rig.waiting import eventually
from test_sentinel import (  # noqa: F401
    GAP,
    ROOM,
    is_ready,
    sentinels,
    start,
    welcomed,
)

pytestmark = pytest.mark.waits


@pytest.fixture
def other(tmp_path, sentinels):  # noqa: F811
    """A master of the same name that is somebody else's, and who watches it."""
    folder = tmp_path / "other"
    folder.mkdir()
    server = Server(folder, sentinels.master.way, "127.0.0.1").start()
    sentinel = Sentinel(folder, server).start()
    eventually(lambda: sentinel.sees_all(0, 0), 20, "it knows its master")
    yield sentinel
    sentinel.finish()
    server.finish()


def test_the_answer_of_most_counts(
    gateway, connect, sentinels, other  # noqa: F811
):
    """Who stands first and is the first to answer, is outvoted."""
    addresses = [other.address, *(s.address for s in sentinels.all[:2])]
    conf = {"sentinel": {"addresses": addresses}}
    daemon = start(gateway, sentinels, redis=conf)
    client = welcomed(connect, daemon)
    sentinels.master.client().publish(ROOM, "of most")
    assert client.recv() == "of most"


def drop_connections(server):
    server.client().client_kill_filter(_type="pubsub")


@pytest.mark.long
def test_all_sentinels_are_gone_while_the_master_lives(
    gateway, connect, sentinels  # noqa: F811
):
    """Nothing drops. Who must connect waits for one of them: without them
    nobody knows whether that server is the master still."""
    daemon = start(gateway, sentinels)
    client = welcomed(connect, daemon)
    for sentinel in sentinels.all:
        sentinel.finish()
    daemon.wait_log("a sentinel is not heard .*refused", 20)  # by a poll
    sentinels.master.client().publish(ROOM, "heard")
    assert client.recv() == "heard"
    assert is_ready(daemon)
    assert daemon.metric("roomcast_backend_lost_total") == 0
    drop_connections(sentinels.master)
    daemon.wait_log("cannot connect .*no sentinel answers")
    assert not is_ready(daemon)
    sentinels.all[2].start()
    daemon.wait_ready()
    sentinels.master.client().publish(ROOM, "heard again")
    assert [client.recv(), client.recv()] == [GAP, "heard again"]


def stop(*processes):
    for one in processes:
        os.kill(one.process.pid, signal.SIGSTOP)


def go_on(*processes):
    for one in processes:
        os.kill(one.process.pid, signal.SIGCONT)


@pytest.fixture
def stale(sentinels):  # noqa: F811
    """The master and a sentinel beside it are cut off from the others, who
    have made the replica the master, and come back now."""
    cut_off = [sentinels.master, sentinels.all[0]]

    def come_back():
        go_on(*cut_off)

    stop(*cut_off)
    for sentinel in sentinels.all[1:]:
        sentinel.look_closely()
    eventually(
        lambda: {s.master_port() for s in sentinels.all[1:]}
        == {sentinels.replica.port},
        60,
        "the others name the other server",
    )
    yield come_back
    come_back()


@pytest.mark.parametrize(
    "when",
    [
        "connecting",
        pytest.param("connected", marks=pytest.mark.long),
        pytest.param("new", marks=pytest.mark.long),
    ],
)
def test_an_old_master_that_comes_back_is_not_heard(
    gateway, connect, sentinels, stale, when  # noqa: F811
):
    """It takes itself for the master for ten seconds."""
    daemon = start(gateway, sentinels)
    client = welcomed(connect, daemon)
    stale()
    publisher = sentinels.master.client()
    publisher.publish(ROOM, "stale")
    if when == "connecting":
        drop_connections(sentinels.replica)
        daemon.wait_metric("roomcast_backend_connects_total", 2)
    if when == "new":
        daemon = start(gateway, sentinels)
        client = welcomed(connect, daemon)
    publisher.publish(ROOM, "stale")
    assert publisher.role()[0] == b"master"
    sentinels.replica.client().publish(ROOM, "fresh")
    got = client.recv()
    if when == "connecting":
        assert got == GAP
        got = client.recv()
    assert got == "fresh"
