"""redis.on_gap, for those who go by ids and those who do not."""

import pytest

from rig.events import Stream
from rig.people import id_of
from rig.resuming import Resuming

WORKERS = [1, 2]

STREAM = "roomcast:stream"
LOBBY = "roomcast:room:lobby"
GAP = '{"type":"roomcast.gap"}'

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {
        "path": "/hello/{room}",
        "rooms": ["{room}"],
        "resume": True,
        "welcome": True,
    },
]


def lose(daemon, server):
    """End the connection on which PUBLISH comes, and let it come back."""
    connects = daemon.metric("roomcast_backend_connects_total")
    server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    daemon.wait_metric("roomcast_backend_connects_total", connects + 1)


@pytest.mark.parametrize("policy", ["ignore", "notify", "close"])
def test_with_a_stream_it_is_no_gap_for_cursors(
    gateway, connect, redis_server, policy
):
    daemon = gateway(
        redis_server,
        history={"stream": STREAM},
        routes=ROUTES,
        redis={"on_gap": policy},
    )
    daemon.wait_ready()
    pages = [Resuming(daemon.ws_url, p) for p in ("/ws/lobby", "/hello/lobby")]
    for page in pages:
        page.come()
    without = [connect(daemon), connect(daemon, "/hello/lobby")]
    id_of(without[1])
    lose(daemon, redis_server)
    redis_server.client().xadd(STREAM, {LOBBY: "kept"})
    for page in pages:
        page.take_until("kept")
        assert page.contents == ["kept"] and page.gaps == 0
    if policy == "close":
        assert {c.wait_closed().code for c in without} == {1012}
        return
    told = [GAP] if policy == "notify" else []
    assert without[0].recv() == "kept"
    assert without[1].recv_many(len(told) + 1) == [*told, "kept"]


@pytest.mark.parametrize("policy", ["ignore", "notify", "close"])
def test_who_has_ids_is_told_whatever_it_says(
    gateway, connect, redis_server, policy
):
    daemon = gateway(
        redis_server, history={}, routes=ROUTES, redis={"on_gap": policy}
    )
    daemon.wait_ready()
    pages = [Resuming(daemon.ws_url, p) for p in ("/ws/lobby", "/hello/lobby")]
    for page in pages:
        page.come()
    without = [connect(daemon), connect(daemon, "/hello/lobby")]
    id_of(without[1])
    lose(daemon, redis_server)
    publish = redis_server.client().publish
    publish(LOBBY, "behind")
    for page in pages:
        page.take_until("behind")
        assert page.contents == ["behind"] and page.gaps == 1
    if policy == "close":
        assert {c.wait_closed().code for c in without} == {1012}
    else:
        told = [GAP] if policy == "notify" else []
        assert without[0].recv() == "behind"
        assert without[1].recv_many(len(told) + 1) == [*told, "behind"]
    publish(LOBBY, "last")
    for page in pages:
        page.take_until("last")


def test_event_streams_without_ids_are_told_by_an_event(
    gateway, redis_server
):
    daemon = gateway(
        redis_server,
        routes=[
            {
                "path": "/events/{room}",
                "rooms": ["{room}"],
                "transports": ["sse"],
            }
        ],
        redis={"on_gap": "notify"},
    )
    daemon.wait_ready()
    stream = Stream.open(daemon, "/events/lobby")
    lose(daemon, redis_server)
    redis_server.client().publish(LOBBY, "behind")
    gap, message = stream.next(), stream.next()
    assert (gap.type, gap.id) == ("gap", "")
    assert (message.type, message.data) == ("message", "behind")
    stream.close()
