"""Who is in which room by what is in Redis, as an app reads it."""

import json
from collections import Counter

from .waiting import eventually

STREAM = "app:events"
PREFIX = "roomcast:presence:"


def sections(lease="2s", presence="count", **events):
    """Of a configuration whose routes have presence."""
    return {
        "events": {
            "stream": STREAM,
            "kinds": ["occupancy"],
            "lease": lease,
            **events,
        },
        "routes": [
            {
                "path": "/rooms",
                "rooms": ["{query.rooms}"],
                "presence": presence,
            },
            {"path": "/off/{room}", "rooms": ["{room}"]},
        ],
    }


def occupied_by(events):
    """The rooms that are, when each is occupied and vacated in turn."""
    rooms = set()
    for e in events:
        if e["event"] == "occupied":
            assert e["room"] not in rooms, e
            rooms.add(e["room"])
        elif e["event"] == "vacated":
            assert e["room"] in rooms, e
            rooms.remove(e["room"])
    return rooms


class Seats:
    """What an app sees."""

    def __init__(self, redis, prefix=PREFIX, stream=STREAM):
        self.redis, self.prefix, self.stream = redis, prefix, stream

    def counts(self):
        """Of all rooms that have somebody."""
        keys = self.redis.keys(self.prefix + "room:*")
        found = {}
        for key in keys:
            room = key.decode().removeprefix(self.prefix + "room:")
            found[room] = sum(map(int, self.redis.hvals(key)))
        return found

    def members(self, room):
        fields = self.redis.hgetall(f"{self.prefix}members:{room}")
        users = Counter()
        for field, count in fields.items():
            users[field.decode().split("\0")[1]] += int(count)
        return dict(users)

    def instances(self):
        leases = self.redis.zrange(self.prefix + "leases", 0, -1)
        return {name.decode() for name in leases}

    def events(self):
        entries = self.redis.xrange(self.stream)
        return [json.loads(fields[b"event"]) for _, fields in entries]

    def kinds(self, kind):
        return [e for e in self.events() if e["event"] == kind]

    def wait_counts(self, counts, timeout=20):
        def are_right():
            nonlocal found
            found = self.counts()
            return found == counts

        found = None
        try:
            eventually(are_right, timeout)
        except AssertionError:
            assert found == counts
            raise

    def wait_instances(self, count):
        eventually(lambda: len(self.instances()) == count, 20, "instances")

    def assert_in_turn(self):
        return occupied_by(self.events())
