"""instance_gone: an app knows who is there, whatever becomes of a gateway."""

import os
import signal
from collections import Counter

import pytest

from rig.churn import LOST, WAITING
from rig.redisserver import RedisServer
from rig.relay import Relay
from rig.seated import PREFIX, STREAM, Seats
from rig.waiting import TIME_FACTOR, eventually

WORKERS = (1, 2)
LONG = "5m"
TOLD = "roomcast_events_total"
SHORT = f"{max(2, int(2 * TIME_FACTOR))}s"


def started(gateway, server, lease, kinds=("connections",)):
    """No route of it has presence: the lease is that of the events."""
    events = {"stream": STREAM, "kinds": list(kinds), "lease": lease}
    daemon = gateway(server, events=events)
    daemon.wait_ready()
    daemon.wait_metric("roomcast_presence_up", 1, 20)
    return daemon


def there(events):
    """As docs/presence.md says: by connection the instance that it is at."""
    found, gone = {}, set()
    for e in events:
        if e["instance"] in gone:
            continue
        if e["event"] == "connected":
            found[e["connection"]] = e["instance"]
        elif e["event"] == "disconnected":
            found.pop(e["connection"], None)
        elif e["event"] == "instance_gone":
            gone.add(e["instance"])
            for c in [c for c, i in found.items() if i == e["instance"]]:
                del found[c]
    return found


def told(events):
    """How often each is told of, as what, by which instance."""
    names = Counter(
        (e["event"], e["instance"], e.get("connection")) for e in events
    )
    return names.most_common(1)[0][1]


@pytest.mark.waits
@pytest.mark.workers(2)
def test_who_is_killed_is_told_of_without_presence(
    gateway, connect, redis_server
):
    seats = Seats(redis_server.client())
    dead = started(gateway, redis_server, SHORT)
    alive = started(gateway, redis_server, SHORT)
    connect.many([dead.ws_url()] * 5 + [alive.ws_url()] * 3)
    eventually(lambda: len(there(seats.events())) == 8, 20)
    dead.kill()
    eventually(lambda: len(there(seats.events())) == 3, 30)
    alive.stop()
    events = seats.events()
    assert there(events) == {} and told(events) == 1
    assert Counter(e["event"] for e in events) == {
        "connected": 8,
        "disconnected": 3,
        "instance_gone": 1,
    }
    assert seats.instances() == set()


@pytest.mark.waits
@pytest.mark.workers(2)
def test_who_comes_back_is_another_one(gateway, connect, redis_server):
    """The app had dropped its clients, who are there all the time."""
    seats = Seats(redis_server.client())
    zombie = started(gateway, redis_server, SHORT)
    alive = started(gateway, redis_server, SHORT)
    clients = connect.many([zombie.ws_url()] * 400)
    eventually(lambda: len(there(seats.events())) == 400, 20)
    before = there(seats.events())
    os.kill(zombie.pid, signal.SIGSTOP)
    try:
        eventually(lambda: there(seats.events()) == {}, 30)
    finally:
        os.kill(zombie.pid, signal.SIGCONT)
    clients.pop().close()
    eventually(lambda: len(there(seats.events())) == 399, 30)
    after = there(seats.events())
    assert after.keys() < before.keys()
    assert not set(after.values()) & set(before.values())
    zombie.wait_log("warn hub: the app may have been told that")
    clients.pop().close()
    connect(zombie)
    alive.stop()
    zombie.wait_metric("roomcast_connections", 399)
    eventually(lambda: len(there(seats.events())) == 399, 20)
    zombie.stop()
    events = seats.events()
    assert there(events) == {} and told(events) == 1
    ends = Counter(e["connection"] for e in seats.kinds("disconnected"))
    assert len(ends) == ends.total() == 401


@pytest.mark.waits
@pytest.mark.workers(2)
@pytest.mark.parametrize("held", [b"connected", b""], ids=["events", "all"])
def test_who_cannot_tell_of_its_end_is_gone(
    gateway, connect, redis_server, held
):
    """Redis does not answer it: as it ends it can say so itself, by the other
    connection, or an instance that lives does."""
    relay = Relay(redis_server.port)
    seats = Seats(redis_server.client())
    mute = started(gateway, relay, SHORT if held == b"" else LONG)
    alive = started(gateway, redis_server, SHORT)
    connect.many([mute.ws_url()] * 5 + [alive.ws_url()] * 3)
    eventually(lambda: len(there(seats.events())) == 8, 20)
    mute.wait_metric(WAITING, 0)
    relay.hold(held)
    try:
        mute.stop()
        relay.cut()
    finally:
        relay.finish()
    eventually(lambda: len(there(seats.events())) == 3, 30)
    events = seats.events()
    assert told(events) == 1 and len(seats.kinds("instance_gone")) == 1
    assert seats.kinds("disconnected") == []
    assert seats.counts() == {} and len(seats.instances()) == 1


def test_who_has_lost_events_is_gone_when_it_ends(
    gateway, connect, redis_server
):
    """Else a client would be there for ever whose end was not told."""
    relay = Relay(redis_server.port)
    seats = Seats(redis_server.client())
    daemon = started(gateway, relay, LONG)
    client = connect(daemon)
    eventually(lambda: len(there(seats.events())) == 1, 20)
    daemon.wait_metric(WAITING, 0)
    relay.hold(b"disconnected")
    try:
        client.close()
        daemon.wait_metric("roomcast_connections", 0)
        eventually(lambda: daemon.metrics()[WAITING] > 0, 20)
        relay.cut()
        daemon.wait_metric(LOST, 1)
        relay.release()
        daemon.wait_log("presence: connection lost")
        daemon.wait_metric("roomcast_presence_up", 1, 20)
        assert len(there(seats.events())) == 1
        daemon.stop()
    finally:
        relay.finish()
    assert there(seats.events()) == {}
    (gone,) = seats.kinds("instance_gone")
    assert seats.instances() == set()


def test_a_redis_that_has_lost_all_is_told_anew(gateway, connect, tmp_path):
    server = RedisServer(tmp_path).start()
    try:
        daemon = started(gateway, server, LONG)
        connect.many([daemon.ws_url()] * 5)
        seats = Seats(server.client())
        eventually(lambda: len(there(seats.events())) == 5, 20)
        before = there(seats.events())
        server.kill()
        server.start()
        eventually(lambda: len(there(seats.events())) == 5, 20)
        assert there(seats.events()).keys() == before.keys()
        daemon.stop()
        assert there(seats.events()) == {} and told(seats.events()) == 1
    finally:
        server.finish()


def holds_events(daemon):
    eventually(lambda: daemon.metric(WAITING) > 0, 20, "an event waits")


def test_no_event_leaves_before_the_lease(gateway, connect, redis_server):
    """Who is killed before others can sweep him has not been told of."""
    relay = Relay(redis_server.port)
    seats = Seats(redis_server.client())
    try:
        relay.hold(b"EVAL")
        events = {"stream": STREAM, "kinds": ["connections"]}
        daemon = gateway(relay.url, events=events)
        daemon.wait_ready()
        connect.many([daemon.ws_url()] * 3)
        daemon.wait_metric(TOLD, 3)
        holds_events(daemon)
        assert seats.events() == [] and seats.instances() == set()
        relay.release()
        eventually(lambda: len(there(seats.events())) == 3, 20)
        assert set(there(seats.events()).values()) <= seats.instances()
        daemon.stop()
    finally:
        relay.finish()


def is_held_under_another_name(daemon, relay, seats, meanwhile=lambda: None):
    """Its lease is taken away: the next name waits for one of its own."""
    (old,) = seats.instances()
    new = f"{int(old, 16) + 1:016x}"
    relay.hold(f"\r\n{new}\r\n".encode())  # an argument: the beat's
    seats.redis.zrem(PREFIX + "leases", old)
    meanwhile()
    daemon.wait_log("the app may have been told that", 20)
    daemon.wait_metric(TOLD, 6)
    holds_events(daemon)
    assert new not in {e["instance"] for e in seats.events()}
    relay.release()
    eventually(lambda: old not in there(seats.events()).values(), 20)
    assert set(there(seats.events()).values()) <= seats.instances()


def test_nor_one_of_another_name(gateway, connect, redis_server):
    relay = Relay(redis_server.port)
    seats = Seats(redis_server.client())
    try:
        daemon = started(gateway, relay.url, SHORT)
        connect.many([daemon.ws_url()] * 3)
        eventually(lambda: len(there(seats.events())) == 3, 20)
        is_held_under_another_name(daemon, relay, seats)
        daemon.stop()
    finally:
        relay.finish()


def test_nor_where_one_was_refused_before(gateway, connect, redis_server):
    """That was under the name that it had then."""
    relay = Relay(redis_server.port)
    seats = Seats(redis_server.client())
    rules = "on", ">x", "~*", "&*", "+@all"
    assert "OK" in redis_server.cli("ACL", "SETUSER", "gw", *rules)
    try:
        url = relay.url.replace("//", "//gw:x@")
        daemon = started(gateway, url, SHORT)
        connect.many([daemon.ws_url()] * 3)
        eventually(lambda: len(there(seats.events())) == 3, 20)
        redis_server.cli("ACL", "SETUSER", "gw", "-eval", "-evalsha")
        daemon.wait_log("presence: connection lost .*NOPERM", 20)

        def permit():
            redis_server.cli("ACL", "SETUSER", "gw", "+eval", "+evalsha")

        is_held_under_another_name(daemon, relay, seats, permit)
        daemon.stop()
    finally:
        relay.finish()


def test_where_the_lease_is_refused_events_leave(
    gateway, connect, redis_server
):
    rules = "on", ">x", "~*", "&*", "+@all", "-evalsha", "-eval"
    assert "OK" in redis_server.cli("ACL", "SETUSER", "gw", *rules)
    events = {"stream": STREAM, "kinds": ["connections"]}
    url = f"redis://gw:x@127.0.0.1:{redis_server.port}"
    daemon = gateway(url, events=events)
    connect(daemon)
    seats = Seats(redis_server.client())
    eventually(lambda: len(there(seats.events())) == 1, 20)
    daemon.stop()


def test_rooms_alone_need_no_lease(gateway, connect, redis_server):
    events = {"stream": STREAM, "kinds": ["rooms"]}
    daemon = gateway(redis_server, events=events)
    daemon.wait_ready()
    connect(daemon)
    daemon.stop()
    assert redis_server.client().keys("*") == []
    assert "presence" not in daemon.log()
