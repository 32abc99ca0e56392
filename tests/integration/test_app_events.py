"""events: what the app is told of connections and rooms."""

import json
import re
import socket
import threading
import urllib.parse

import pytest
import redis

from rig.churn import ALL, BOTH, KEY, LOST, WAITING
from rig.events import Stream
from rig.people import auth, command, id_of, user_path
from rig.redisserver import RedisServer
from rig.relay import Relay
from rig.rereading import change
from rig.waiting import eventually

WORKERS = (1, 2)

UP = "roomcast_events_up"
STREAM = {"events": {"stream": KEY}}
KEPT = ("--appendonly", "yes", "--appendfsync", "always")


def entries(server):
    """All that was XADDed, oldest first."""
    found = server.client().xrange(KEY)
    assert all(list(fields) == [b"event"] for _, fields in found)
    return [json.loads(fields[b"event"]) for _, fields in found]


def wait_entries(server, count):
    def are_there():
        found = entries(server)
        return found if len(found) >= count else None

    return eventually(are_there, 20, f"{count} events")


def by_connection(events):
    found = {}
    for event in events:
        found.setdefault(event["connection"], []).append(event["event"])
    return found


def test_a_connection_from_its_beginning_to_its_end(
    gateway, connect, redis_server, tmp_path
):
    daemon = gateway(redis_server, **STREAM, **auth(tmp_path))
    daemon.wait_ready()
    client = connect(daemon, user_path("ann"))
    me = id_of(client)
    publisher = redis_server.client()
    for verb in ("join", "leave", "leave"):
        command(publisher, verb, users=["ann"], rooms=["vip", "nö"])
    command(publisher, "disconnect", users=["ann"], code=4001)
    assert client.wait_closed().code == 4001
    found = wait_entries(redis_server, 6)
    assert [(e["event"], e.get("room")) for e in found] == [
        ("connected", None),
        ("joined", "vip"),
        ("joined", "nö"),
        ("left", "vip"),
        ("left", "nö"),
        ("disconnected", None),
    ]
    assert {e["connection"] for e in found} == {me}
    assert {e["user"] for e in found} == {"ann"}
    (instance,) = {e["instance"] for e in found}
    assert len(instance) == 16
    times = [e["time_ms"] for e in found]
    assert times == sorted(times) and times[0] > 1.6e12
    first, last = found[0], found[-1]
    who = {"event", "instance", "time_ms", "connection", "user"}
    assert set(first) == who | {"route", "rooms"}
    assert set(last) == set(first) | {"code", "reason", "seconds"}
    assert all(set(e) == who | {"room"} for e in found[1:-1])
    assert first["rooms"] == last["rooms"] == ["lobby"]
    assert first["route"] == last["route"] == "/user"
    assert (last["code"], last["reason"]) == (4001, "disconnect_by_app")
    assert 0 <= last["seconds"] < 300
    m = daemon.metrics()
    assert m[ALL + '{event="joined"}'] == 2 and m[LOST] == 0


def test_all_who_are_there_at_the_end_are_told_of_once(
    gateway, connect, redis_server
):
    route = {
        "path": "/ws/{room}",
        "rooms": ["{room}"],
        "transports": ["websocket", "sse"],
    }
    daemon = gateway(redis_server, routes=[route], **STREAM)
    daemon.wait_ready()
    connect.many([daemon.ws_url()] * 40)
    streams = [Stream.open(daemon) for _ in range(3)]
    connect(daemon).close(3456)
    daemon.wait_metric("roomcast_connections", 43)
    daemon.signal()
    assert daemon.wait_exit() == 0
    for stream in streams:
        stream.close()
    found = entries(redis_server)
    assert list(by_connection(found).values()) == [BOTH] * 44
    ends = [
        (e["reason"], e["code"]) for e in found if e["event"] != "connected"
    ]
    assert ends[0] == ("closed_by_peer", 3456)
    assert {reason for reason, _ in ends[1:]} == {"shutdown"}
    assert {e["user"] for e in found} == {None}


def test_a_channel_has_only_the_kinds_that_are_asked_for(
    gateway, connect, redis_server, tmp_path
):
    daemon = gateway(
        redis_server,
        events={"channel": KEY, "kinds": ["rooms"]},
        **auth(tmp_path),
    )
    daemon.wait_ready()
    listener = redis_server.client().pubsub()
    listener.subscribe(KEY)
    assert listener.get_message(timeout=5)["type"] == "subscribe"
    client = connect(daemon, user_path("ann"))
    id_of(client)
    command(redis_server.client(), "join", users=["ann"], rooms=["vip"])
    heard = eventually(listener.get_message, 10, "an event")
    event = json.loads(heard["data"])
    assert (event["event"], event["room"]) == ("joined", "vip")
    assert daemon.metrics()[ALL + '{event="connected"}'] == 0


def test_none_is_told_twice_when_redis_is_killed(gateway, connect, tmp_path):
    """What was under way is counted as lost, whether it came or not."""
    server = RedisServer(tmp_path, *KEPT).start()
    try:
        daemon = gateway(server, **STREAM)
        daemon.wait_ready()
        stops = threading.Event()

        def churn():
            while not stops.is_set():
                for client in connect.many([daemon.ws_url()] * 10):
                    client.close()

        thread = threading.Thread(target=churn)
        thread.start()
        for count in (50, 100):
            wait_entries(server, count)
            server.kill()
            server.start()
        wait_entries(server, 150)
        stops.set()
        thread.join()
        daemon.wait_metric("roomcast_connections", 0)
        daemon.wait_metric(WAITING, 0, timeout=20)
        m = daemon.metrics()
        found = entries(server)
        told = by_connection(found)
        assert all(x in (BOTH, BOTH[:1], BOTH[1:]) for x in told.values())
        assert len(found) <= m[ALL] <= len(found) + m[LOST]
    finally:
        server.finish()


# How each is brought about, and ended; and what the log says of it.
REFUSALS = {
    "NOPERM": (
        "ACL SETUSER default -xadd",
        "ACL SETUSER default +xadd",
        'remedy="[^"]*events.stream, and .multi and .exec[^"]*" kind=denied',
    ),
    "WRONGTYPE": (
        f"SET {KEY} other",
        f"DEL {KEY}",
        'remedy="events.stream names a key that holds something else',
    ),
    "OOM": (
        "CONFIG SET maxmemory 1",
        "CONFIG SET maxmemory 0",
        'remedy="[^"]*maxmemory',
    ),
    "NOREPLICAS": (
        "CONFIG SET min-replicas-to-write 1",
        "CONFIG SET min-replicas-to-write 0",
        'remedy="[^"]*min-replicas-to-write',
    ),
    "READONLY": (
        "REPLICAOF 127.0.0.1 1",
        "REPLICAOF NO ONE",
        'remedy="[^"]*master[^"]*" kind=role',
    ),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_redis_refuses_waits(gateway, connect, redis_server, refusal):
    """The log says what helps, once; and then all leaves."""
    begins, ends, says = REFUSALS[refusal]
    redis = redis_server.client()
    daemon = gateway(redis_server, redis={"role": "any"}, **STREAM)
    daemon.wait_ready()
    daemon.wait_metric(UP, 1)
    redis.execute_command(*begins.split())
    for _ in range(3):
        connect(daemon).close()
    daemon.wait_log(f'warn redis: events: .*reason="{refusal}.*{says}')
    daemon.wait_metric(UP, 0)
    assert daemon.metrics()[WAITING] > 0
    redis.execute_command(*ends.split())
    found = wait_entries(redis_server, 6)
    assert [e["event"] for e in found] == BOTH * 3
    daemon.wait_metric(UP, 1)
    assert daemon.metrics()[LOST] == 0
    said = re.findall(f'warn redis: events: .*reason="{refusal}', daemon.log())
    assert len(said) <= 2  # it is lost, and does not come back


def test_a_flood_is_bounded_and_nothing_waits_for_it(
    gateway, connect, redis_server
):
    relay = Relay(redis_server.port)
    routes = [{"path": "/", "rooms": ["{query.rooms}"]}]
    daemon = gateway(
        relay.url,
        routes=routes,
        redis={"heartbeat": "1h"},
        limits={"request_head": "64KiB", "rooms_per_connection": 250},
        **STREAM,
    )
    try:
        daemon.wait_ready()
        relay.hold(b"XADD")
        member = connect(daemon, "/?rooms=lobby")
        rooms = ",".join(f"{i}{'x' * 240}" for i in range(250))
        path = f"/?rooms={urllib.parse.quote(rooms)}"
        for _ in range(4):
            for client in connect.many([daemon.ws_url(path)] * 40):
                client.close()
            redis_server.client().publish("roomcast:room:lobby", "x")
            assert member.recv() == "x"
        assert daemon.metrics()[WAITING] <= 16 << 20
        assert daemon.metrics()[LOST] > 0
        daemon.wait_log("warn redis: events are lost why=\"too many wait\"")
        relay.release()
        daemon.wait_metric(WAITING, 0, timeout=20)
        daemon.wait_log("events reach the app again lost=[1-9]")
        m = daemon.metrics()
        assert len(entries(redis_server)) == m[ALL] - m[LOST]
    finally:
        relay.finish()


def test_a_change_counts_from_the_next_start(gateway, connect, redis_server):
    daemon = gateway(redis_server, **STREAM)
    daemon.wait_ready()
    log = change(daemon, events={"stream": "another", "maxlen": 5000})
    assert "key=events.stream" in log and "key=events.maxlen" in log
    connect(daemon).close()
    assert [e["event"] for e in wait_entries(redis_server, 2)] == BOTH


# -- the embedded port


def test_who_subscribes_at_the_embedded_port_is_told(gateway, connect):
    daemon = gateway(events={"channel": KEY})
    listener = daemon.publisher().pubsub()
    listener.subscribe(KEY)
    assert listener.get_message(timeout=5)["type"] == "subscribe"
    for client in connect.many([daemon.ws_url()] * 20):
        client.close()
    found = []

    def have_come():
        while message := listener.get_message():
            found.append(json.loads(message["data"]))
        return len(found) == 40

    eventually(have_come, 10, "40 events")
    assert list(by_connection(found).values()) == [BOTH] * 20
    listener.ping()
    assert listener.get_message(timeout=5)["type"] == "pong"


def test_xread_at_the_embedded_port_misses_nothing(gateway, connect):
    """Nor at the end: who reads on is given the time for it."""
    daemon = gateway(events={"stream": KEY})
    found, last = [], "0"
    reader = daemon.publisher()

    def read():
        nonlocal last
        try:
            while True:
                for _, entries in reader.xread({KEY: last}, 7, 60000):
                    for last, fields in entries:
                        found.append(json.loads(fields[b"event"]))
        except redis.ConnectionError:
            pass  # the gateway has ended

    thread = threading.Thread(target=read)
    thread.start()
    connect.many([daemon.ws_url()] * 60)
    eventually(lambda: len(found) == 60, 20, "60 events")
    assert daemon.publisher().publish("roomcast:room:lobby", "x") == 1
    daemon.signal()
    assert daemon.wait_exit() == 0
    thread.join()
    assert list(by_connection(found).values()) == [BOTH] * 60


def test_who_reads_no_events_is_closed_and_nobody_waits(gateway, connect):
    daemon = gateway(
        events={"channel": KEY, "kinds": ["connections"]},
        routes=[{"path": "/", "rooms": ["{query.rooms}"]}],
        limits={"request_head": "64KiB", "rooms_per_connection": 250},
    )
    deaf = socket.create_connection(("127.0.0.1", daemon.publish_port))
    deaf.sendall(f"SUBSCRIBE {KEY}\r\n".encode())
    member = connect(daemon, "/?rooms=lobby")
    rooms = ",".join(f"{i}{'x' * 240}" for i in range(250))
    url = daemon.ws_url(f"/?rooms={urllib.parse.quote(rooms)}")
    for _ in range(30):
        for client in connect.many([url] * 10):
            client.close()
        if "events are not read" in daemon.log():
            break
    daemon.wait_log("warn embedded: events are not read")
    daemon.wait_metric("roomcast_publishers", 0)
    daemon.publisher().publish("roomcast:room:lobby", "x")
    assert member.recv() == "x"
    deaf.close()


def test_a_waiting_reader_that_leaves_is_noticed(gateway):
    daemon = gateway(events={"stream": KEY})
    with socket.create_connection(("127.0.0.1", daemon.publish_port)) as s:
        s.sendall(f"XREAD BLOCK 0 STREAMS {KEY} $\r\n".encode())
        daemon.wait_metric("roomcast_publishers", 1)
        other = daemon.publisher()
        assert other.xread({KEY: "$"}, block=1) in ([], {}, None)
    daemon.wait_metric("roomcast_publishers", 1, timeout=10)
