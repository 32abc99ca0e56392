"""presence: clients that move between workers, and many of them at once."""

import json

import pytest

from rig.client import Client
from rig.relay import Relay
from rig.seated import PREFIX, Seats, sections
from rig.waiting import TIME_FACTOR, eventually

LONG = "5m"
LEASE_MS = max(2000, int(2000 * TIME_FACTOR))
ROOMS = [f"r{i}" for i in range(40)]


def close_all(clients):
    for client in clients:
        client.close()


@pytest.mark.workers(3)
def test_a_room_that_is_handed_over_is_not_vacated(gateway, redis_server):
    """In each room somebody comes before the one there goes, on whatever
    workers: 600 times."""
    seats = Seats(redis_server.client())
    daemon = gateway(redis_server, **sections(lease=LONG))
    daemon.wait_metric("roomcast_presence_up", 1, 20)
    urls = [daemon.ws_url(f"/rooms?rooms={room}") for room in ROOMS]
    here = Client.connect_all(urls)
    for _ in range(15):
        next_ = Client.connect_all(urls)
        close_all(here)
        here = next_
    seats.wait_counts(dict.fromkeys(ROOMS, 1))
    assert seats.kinds("vacated") == []
    close_all(here)
    eventually(lambda: len(seats.kinds("vacated")) == len(ROOMS), 20)
    assert seats.assert_in_turn() == set()
    seats.wait_counts({})


def test_the_embedded_port_tells_of_rooms(gateway, connect):
    """And at the end those are vacated where somebody was."""
    events = {"channel": "app:events", "kinds": ["occupancy"]}
    daemon = gateway(**{**sections(), "events": events})
    listener = daemon.publisher().pubsub(ignore_subscribe_messages=True)
    listener.subscribe("app:events")
    listener.get_message(timeout=5)
    found = []

    def have_come(*events):
        while len(found) < len(events):
            message = listener.get_message()
            if not message:
                return False
            event = json.loads(message["data"])
            found.append((event["event"], event["room"]))
        return found == list(events)

    client = connect(daemon, "/rooms?rooms=a")
    occupied = ("occupied", "a"), ("occupied", "b")
    eventually(lambda: have_come(occupied[0]), 20)
    connect(daemon, "/rooms?rooms=b")
    eventually(lambda: have_come(*occupied), 20)
    client.close()
    vacated = ("vacated", "a"), ("vacated", "b")
    eventually(lambda: have_come(*occupied, vacated[0]), 20)
    daemon.signal()
    eventually(lambda: have_come(*occupied, *vacated), 20)
    assert daemon.wait_exit() == 0


def end_of_lease(redis, instance):
    return float(redis.zscore(PREFIX + "leases", instance))


def now_ms(redis):
    seconds, microseconds = redis.time()
    return seconds * 1000 + microseconds / 1000


@pytest.mark.waits
@pytest.mark.workers(2)
def test_who_is_back_first_waits_for_the_others(
    gateway, connect, redis_server
):
    """For longer than a lease, where others may try so rarely."""
    redis = redis_server.client()
    seats, relay = Seats(redis), Relay(redis_server.port)
    lease = sections(lease=f"{LEASE_MS}ms")
    late = gateway(relay, **lease)
    late.wait_metric("roomcast_presence_up", 1, 20)
    connect(late, "/rooms?rooms=a")
    seats.wait_counts({"a": 1})
    (name,) = seats.instances()
    relay.hold()
    eventually(lambda: end_of_lease(redis, name) < now_ms(redis), 20)
    first = gateway(redis_server, **lease, redis={"reconnect": {"max": "1m"}})
    first.wait_metric("roomcast_presence_up", 1, 20)
    up_ms = now_ms(redis)
    (other,) = seats.instances() - {name}
    end_ms = up_ms + LEASE_MS * 7 / 3
    eventually(lambda: end_of_lease(redis, other) > end_ms, 40)
    relay.release()
    eventually(lambda: end_of_lease(redis, name) > now_ms(redis), 40)
    seats.wait_counts({"a": 1})
    assert [e["event"] for e in seats.events()] == ["occupied"]
    assert first.metric("roomcast_presence_sweeps_total") == 0
