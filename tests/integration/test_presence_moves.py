"""presence: clients that move between workers, and many of them at once."""

import json

import pytest

from rig.client import Client
from rig.seated import Seats, sections
from rig.waiting import eventually

LONG = "5m"
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
