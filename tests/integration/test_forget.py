"""What is kept no more: the control command `forget`."""

import json

import pytest
import redis

from rig.people import send
from rig.resuming import Resuming
from rig.waiting import eventually

WORKERS = [1, 2]

STREAM = "roomcast:stream"
CONTROL = "roomcast:control"

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {"path": "/rooms", "rooms": ["{query.rooms}"], "resume": True},
]


@pytest.fixture(params=[None, STREAM], ids=["published", "added"])
def kept(request, gateway):
    """A daemon, and how to publish to it what is kept."""
    keys = {"stream": request.param} if request.param else {}
    daemon = gateway(history=keys, routes=ROUTES)
    publisher = daemon.publisher()

    def publish(channel, payload):
        if request.param:
            return publisher.xadd(STREAM, {channel: payload})
        return publisher.publish(channel, payload)

    return daemon, publish


def room(name):
    return f"roomcast:room:{name}"


def forget(publish, **what):
    return publish(CONTROL, json.dumps({"command": "forget", **what}))


def page(daemon, path="/ws/a"):
    it = Resuming(daemon.ws_url, path)
    it.come()
    return it


def forgotten(daemon):
    return daemon.metric("roomcast_history_forgotten_total")


def test_messages_are_forgotten_by_their_ids(kept):
    daemon, publish = kept
    away, here = page(daemon), page(daemon)
    away.leave()
    ids = []
    for n in range(10):
        publish(room("a"), str(n))
        ids.append(here.take().id)
    forget(publish, ids=[ids[3], ids[7], "unknown~1", "1-1"])
    publish(room("a"), "last")
    assert away.come().word == "at"
    away.take_until("last")
    expected = [str(n) for n in range(10) if n not in (3, 7)]
    assert away.contents == [*expected, "last"]
    assert away.gaps == 0
    assert forgotten(daemon) == 2
    assert daemon.metric('roomcast_commands_total{command="forget"}') == 1
    daemon.wait_log(r" info history: forgotten messages=2 names=4")


def test_a_forgotten_message_is_a_cursor_like_any_other(kept):
    daemon, publish = kept
    it = page(daemon)
    publish(room("a"), "first")
    it.take_until("first")
    it.leave()
    forget(publish, ids=[it.cursor])
    publish(room("a"), "last")
    assert it.come().word == "at"
    assert it.first.id == it.cursor
    it.take_until("last")
    assert it.contents == ["first", "last"] and it.gaps == 0


def test_rooms_are_forgotten_with_all_that_names_them(kept):
    daemon, publish = kept
    pages = {n: page(daemon, f"/rooms?rooms={n}") for n in "abc"}
    for it in pages.values():
        it.leave()
    for n in "abc":
        publish(room(n), f"to {n}")
    publish("roomcast:send", b"a,c\0to a and c")
    publish("roomcast:broadcast", "to all")
    forget(publish, rooms=["a", "unknown", "b"])
    publish("roomcast:send", b"a,b,c\0last")
    for it in pages.values():
        assert it.come().word == "at"
        it.take_until("last")
        assert it.gaps == 0
    assert pages["a"].contents == ["to all", "last"]
    assert pages["b"].contents == ["to all", "last"]
    assert pages["c"].contents == ["to c", "to all", "last"]
    assert forgotten(daemon) == 3


def test_the_one_who_comes_in_between_gets_what_is_left(kept):
    """In several pages, while what is behind the first is forgotten."""
    daemon, publish = kept
    it = page(daemon)
    it.leave()
    for n in range(200):
        publish(room("a"), f"{n} " + 20000 * "x")
    it.come()
    forget(publish, rooms=["a"])
    publish(room("a"), "last")
    it.take_until("last", 30)
    numbers = [int(text.split()[0]) for text in it.contents[:-1]]
    assert numbers == list(range(len(numbers)))
    assert it.gaps == 0
    assert forgotten(daemon) == 200


def test_memory_is_given_back(kept):
    daemon, publish = kept
    for n in range(50):
        publish(room("a"), 10000 * "x")
    eventually(lambda: daemon.metric("roomcast_history_bytes") > 500000)
    forget(publish, rooms=["a"])
    eventually(lambda: daemon.metric("roomcast_history_bytes") < 50000)


@pytest.mark.parametrize(
    "what, why",
    [
        ({}, "no target.*expected ids or rooms"),
        ({"ids": []}, "no target"),
        ({"ids": ["a b"]}, "cannot be a message's id"),
        ({"ids": [f"1-{n}" for n in range(1001)]}, "up to 1,000"),
        ({"users": ["a"]}, "ids or rooms with forget"),
        ({"ids": ["1-1"], "code": 4000}, "with disconnect only"),
    ],
)
@pytest.mark.workers(1)
def test_what_is_no_forget_is_dropped(kept, what, why):
    _, publish = kept
    with pytest.raises(redis.ResponseError, match=why):
        forget(publish, **what)


def test_the_reply_says_whether_there_was_something(gateway):
    daemon = gateway(history={}, routes=ROUTES)
    publisher = daemon.publisher()
    publisher.publish(room("a"), "x")
    assert forget(publisher.publish, rooms=["a"]) == 1
    assert forget(publisher.publish, rooms=["a"]) == 0


def test_without_history_it_is_taken_and_says_so(gateway):
    daemon = gateway()
    publisher = daemon.publisher()
    assert forget(publisher.publish, rooms=["lobby"]) == 0
    daemon.wait_log(r" warn history: nothing is kept")
    send(publisher, "x", rooms=["lobby"])


# -- on a Redis


@pytest.fixture
def pair(gateway, redis_server):
    daemons = [
        gateway(redis_server, history={"stream": STREAM}, routes=ROUTES)
        for _ in range(2)
    ]
    for daemon in daemons:
        daemon.wait_ready()
    return daemons


def test_all_instances_forget_alike_and_after_a_restart(pair, redis_server):
    def publish(channel, payload):
        return redis_server.client().xadd(STREAM, {channel: payload}).decode()

    pages = [page(daemon) for daemon in pair]
    cursors = [it.cursor for it in pages]
    ids = [publish(room("a"), str(n)) for n in range(6)]
    publish(room("b"), "elsewhere")
    for it in pages:
        it.take_until("5")
        it.leave()
    tagged = pages[0].cursor  # of the last one, as clients are told it
    forget(publish, ids=[ids[1], tagged])
    forget(publish, rooms=["b"])
    publish(room("a"), "last")
    for restarted in (False, True):
        if restarted:
            pair[0].kill()
            pair[0].start()
            pair[0].wait_ready()
        for daemon, cursor in zip(pair, cursors):
            it = Resuming(daemon.ws_url, "/rooms?rooms=a,b")
            it.cursor = cursor
            assert it.come().word == "at"
            it.take_until("last")
            assert it.contents == ["0", "2", "3", "4", "last"]
            assert it.gaps == 0
            it.leave()
    assert [forgotten(daemon) for daemon in pair] == [3, 3]


def test_all_instances_forget_alike_what_is_published(gateway, redis_server):
    sections = {"history": {}, "routes": ROUTES}
    daemons = [gateway(redis_server, **sections) for _ in range(2)]
    for daemon in daemons:
        daemon.wait_ready()
    publish = redis_server.client().publish
    pages = [page(daemon) for daemon in daemons]
    away = [page(daemon, "/rooms?rooms=a,b") for daemon in daemons]
    for it in away:
        it.leave()
    for n in range(6):
        publish(room("a"), str(n))
    publish(room("b"), "elsewhere")
    ids = [it.take().id for _ in range(6) for it in pages]
    assert ids[::2] == ids[1::2]
    forget(publish, ids=[ids[2], ids[10]])
    forget(publish, rooms=["b"])
    publish(room("a"), "last")
    for it in away:
        assert it.come().word == "at"
        it.take_until("last")
        assert it.contents == ["0", "2", "3", "4", "last"]
        assert it.gaps == 0
    assert [forgotten(daemon) for daemon in daemons] == [3, 3]
