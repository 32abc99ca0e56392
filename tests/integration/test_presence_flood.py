"""events, presence: 5,000 connections while Redis reads nothing."""

import signal

import pytest

from rig.people import command
from rig.raw import Raw, request
from rig.seated import PREFIX, STREAM, Seats
from rig.waiting import eventually
from test_instance_gone import there
from test_memory import SANITIZED, peak
from test_sources import publish, servers, start, wait_away

__all__ = ["servers"]  # fixtures

pytestmark = pytest.mark.long

BATCHES, AT_ONCE = 50, 100
ROOMS_EACH = 50
STAY = 20  # of the last ones
# Some 3 KiB an event, 30 MB in all.
ROUTES = [
    {
        "path": "/rooms",
        "rooms": ["{query.rooms}"],
        "presence": "count",
        "welcome": True,
    },
    {"path": "/ws/{room}", "rooms": ["{room}"]},
]
SECTIONS = {
    "routes": ROUTES,
    "events": {"stream": STREAM, "lease": "5m"},
    "limits": {"request_head": "64KiB"},
    "log": {"level": "info"},
}
# In the second half, when all that has a bound has reached it: without one that
# were 17 MB of events and 30 MB of seats.
MOST_MORE = 16 << 20
LOST = "roomcast_events_lost_total"
TOLD = "roomcast_events_total"
WAITING = "roomcast_events_waiting_bytes"
WATCHED = "roomcast_watched_rooms"


def path_of(client):
    rooms = (f"r{client}-{i}-{'x' * 48}" for i in range(ROOMS_EACH))
    return "/rooms?rooms=" + ",".join(rooms)


def come(daemon, numbers):
    """A socket each, and the ids that they are told."""
    raws = [Raw(daemon.address(), timeout=30) for _ in numbers]
    for raw, number in zip(raws, numbers):
        raw.send(request(path_of(number)))
    for raw in raws:
        raw.read_until(b'"connection":"')
    return raws, [raw.read_until(b'"')[:-1].decode() for raw in raws]


def go(raws):
    for raw in raws:
        raw.socket.close()


def settled(daemon, stay):
    """What it takes once the rooms of all who went are forgotten: they are
    kept for seconds, however fast others come meanwhile."""
    kept = (stay + 1) * ROOMS_EACH
    eventually(lambda: daemon.metric(WATCHED) <= kept, 20, "rooms are left")
    return peak(daemon, "VmRSS")


def in_order(events):
    """Each connection comes once, then joins, then goes: what was lost left
    out."""
    places = {"connected": 0, "joined": 1, "disconnected": 2}
    seen = {}
    for event in events:
        if event["event"] in places:
            seen.setdefault(event["connection"], []).append(
                places[event["event"]]
            )
    return all(x == sorted(set(x)) for x in seen.values())


@pytest.mark.workers(2)
def test_5000_come_and_go_while_redis_does_not_read(gateway, connect, servers):
    deaf, other = servers
    daemon = start(gateway, servers, **SECTIONS)
    daemon.wait_ready()
    daemon.wait_metric("roomcast_presence_up", 1, 20)
    member = connect(daemon)
    control = other.client()
    deaf.process.send_signal(signal.SIGSTOP)
    try:
        wait_away(daemon, 0)
        for batch in range(BATCHES):
            if batch == BATCHES // 2:
                half_way = settled(daemon, 0)
            first = batch * AT_ONCE
            raws, ids = come(daemon, range(first, first + AT_ONCE))
            command(control, "join", connections=ids, rooms=["joined"])
            publish(other, str(batch))
            assert member.recv() == str(batch)
            if batch < BATCHES - 1:
                go(raws)
        go(raws[STAY:])
        daemon.wait_metric("roomcast_connections", STAY + 1, 20)
        m = daemon.metrics()
        assert m[WAITING] <= 16 << 20
        assert m[LOST] > 0 and "events are lost" in daemon.log()
        most = half_way + MOST_MORE  # what is free goes back by and by
        eventually(
            lambda: SANITIZED or settled(daemon, STAY) < most,
            30,
            f"no more than {most} bytes are taken",
        )
    finally:
        deaf.process.send_signal(signal.SIGCONT)
    seats = Seats(deaf.client())
    stay = [path_of(first + n) for n in range(STAY)]
    truth = {r: 1 for path in stay for r in path.split("=")[1].split(",")}
    seats.wait_counts({**truth, "joined": STAY}, 60)
    daemon.wait_metric(WAITING, 0, 60)
    daemon.wait_log("redis: events reach the app again lost=[1-9]")
    (me,) = seats.instances()
    assert seats.redis.scard(f"{PREFIX}instance:{me}") == len(truth) + 1
    assert seats.assert_in_turn() == {*truth, "joined"}
    events = seats.events()
    assert in_order(events)
    told = [e for e in events if e["event"] not in ("occupied", "vacated")]
    m = daemon.metrics()
    assert len(told) <= m.sum(TOLD) <= len(told) + m[LOST]
    # And what happens from now on is told.
    go(raws[:STAY])
    seats.wait_counts({}, 60)
    daemon.wait_metric(WAITING, 0, 60)
    assert not there(seats.events()).keys() & set(ids[:STAY])
