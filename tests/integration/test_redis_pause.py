"""Workers that are behind: the backend is not read, and that shows."""

import pytest

from rig.gateway import BINARY
from rig.tracing import frozen, threads
from rig.waiting import eventually
from test_redis import LOST, ready

PAUSED = "roomcast_backend_paused"
LARGE = 900_000
# What is not read of these fits in the socket's buffer, and so does the end of
# the connection behind it: none is seen behind what waits at the server.
SMALL = 60_000

pytestmark = pytest.mark.skipif(
    "tsan" in BINARY,
    reason="a thread that is stopped may hold the sanitizer's own locks",
)


@pytest.fixture
def daemon(gateway, redis_server):
    return ready(
        gateway,
        redis_server,
        workers=2,
        redis={"heartbeat": "500ms"},
        limits={"payload": "1MiB"},
        delivery={"queue": "64MiB"},
    )


def fill(daemon, server, size):
    """Until the mailbox of the worker that stands still is full."""
    publisher = server.client()
    number = 0
    while daemon.metric(PAUSED) == 0:
        assert number * size < 100_000_000
        publisher.publish("roomcast:broadcast", b"%d" % number + b" " * size)
        number += 1
    return number


def test_a_long_pause_is_not_ready_and_passes(daemon, connect, redis_server):
    clients = connect.many([daemon.ws_url()] * 4)
    with frozen(threads(daemon.pid)["worker-0"]):
        count = fill(daemon, redis_server, LARGE)
        eventually(lambda: daemon.admin("/readyz")[0] == 503, 10, "not ready")
        daemon.wait_log(r" warn redis: not ready: reading has paused")
        assert daemon.metric("roomcast_backend_lost_total") == 0
        daemon.wait_metric("roomcast_backend_up", 0)
    daemon.wait_ready()
    daemon.wait_metric(PAUSED, 0)
    daemon.wait_log(r" info redis: ready: reading goes on")
    for client in clients:
        got = client.recv_many(count)
        assert [int(text) for text in got] == list(range(count))


def test_a_subscriber_that_is_killed_in_a_pause_is_noticed(
    daemon, connect, redis_server
):
    connect.many([daemon.ws_url()] * 4)
    with frozen(threads(daemon.pid)["worker-0"]):
        fill(daemon, redis_server, SMALL)
        redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        daemon.wait_log(LOST)
        eventually(lambda: daemon.admin("/readyz")[0] == 503, 10, "not ready")
    daemon.wait_ready()
    client = connect(daemon, "/ws/later")
    redis_server.client().publish("roomcast:room:later", "heard")
    assert client.recv() == "heard"
