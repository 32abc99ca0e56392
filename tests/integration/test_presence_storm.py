"""presence: 100,000 rooms are occupied at once, and left at once."""

import threading

import pytest

from rig.client import Client
from rig.seated import PREFIX, Seats, sections
from rig.waiting import eventually

pytestmark = pytest.mark.long

CLIENTS, ROOMS_EACH = 2000, 50
ROOMS = CLIENTS * ROOMS_EACH
AT_ONCE = 100


class Probe:
    """A client that messages and pongs come to, one after the other, whatever
    else there is to do."""

    def __init__(self, daemon, redis):
        self.client = Client.connect(daemon.ws_url("/off/probe"))
        self.redis = redis
        self.count = 0
        self.stops = threading.Event()
        self.thread = threading.Thread(target=self.go_on)
        self.thread.start()

    def go_on(self):
        while not self.stops.wait(0.1):  # 10 frames a second are permitted
            self.redis.publish("roomcast:room:probe", str(self.count))
            assert self.client.recv(30) == str(self.count)
            self.client.ping()
            self.count += 1

    def wait_for_some(self):
        wanted = self.count + 5
        eventually(lambda: self.count >= wanted, 30, "messages flow")

    def end(self):
        self.stops.set()
        self.thread.join()


def rooms_in(redis):
    """How often there is each number of connections in a room."""
    found = {}
    keys = list(redis.scan_iter(PREFIX + "room:*", 1000))
    for at in range(0, len(keys), 1000):
        pipe = redis.pipeline(transaction=False)
        for key in keys[at : at + 1000]:
            pipe.hvals(key)
        for values in pipe.execute():
            count = sum(map(int, values))
            found[count] = found.get(count, 0) + 1
    return found


@pytest.mark.workers(2)
def test_100000_rooms_at_once(gateway, redis_server):
    redis = redis_server.client()
    daemon = gateway(
        redis_server,
        redis={"heartbeat": "1h"},
        log={"level": "info"},
        **sections(lease="5m", maxlen=3 * ROOMS),
    )
    daemon.wait_metric("roomcast_presence_up", 1, 20)
    seats = Seats(redis)
    (me,) = seats.instances()
    written = f"{PREFIX}instance:{me}"
    probe = Probe(daemon, redis_server.client())
    clients = []
    try:
        for first in range(0, CLIENTS, AT_ONCE):
            clients += Client.connect_all(
                daemon.ws_url(
                    "/rooms?rooms="
                    + ",".join(f"r{n}x{i}" for i in range(ROOMS_EACH))
                )
                for n in range(first, first + AT_ONCE)
            )
        eventually(lambda: redis.scard(written) == ROOMS, 120, "all is written")
        assert rooms_in(redis) == {1: ROOMS}
        probe.wait_for_some()
        Client.abort_all(clients)
        eventually(lambda: redis.scard(written) == 0, 120, "all have left")
        assert rooms_in(redis) == {}
        probe.wait_for_some()
    finally:
        probe.end()
    events = seats.events()
    assert len(events) == 2 * ROOMS and seats.assert_in_turn() == set()
    assert daemon.metric("roomcast_presence_rewrites_total") == 0
