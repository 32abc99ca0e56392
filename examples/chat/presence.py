"""Who is here: the gateway's events say who comes and goes, and each room is
told when that has changed."""

import json
import threading
import time

import redis

EVENTS = "roomcast:events"


class Presence(threading.Thread):
    """By PUBLISH: who was away is told when its own coming is an event."""

    def __init__(self, link):
        super().__init__(daemon=True)
        self.redis = link
        self.instance = None
        self.here = {}  # who, and in which rooms, by connection

    def run(self):
        last = "0"  # what was before this process started is read again
        while True:
            try:
                changed = set()
                for _, entries in self.redis.xread({EVENTS: last}, 1000, 1000):
                    for last, fields in entries:
                        changed |= self.take(json.loads(fields["event"]))
                for room in changed:
                    self.tell(room)
            except redis.RedisError:
                time.sleep(0.2)

    def take(self, event):
        """The rooms in which it changes something."""
        changed = set()
        if event["instance"] != self.instance:
            # There is one gateway: another one has taken its place, and those
            # of the last, which may have been killed, are gone.
            changed.update(*(rooms for _, rooms in self.here.values()))
            self.here.clear()
            self.instance = event["instance"]
        if event["event"] == "connected":
            self.here[event["connection"]] = event["user"], event["rooms"]
        elif event["event"] == "disconnected":
            self.here.pop(event["connection"], None)
        return changed.union(event.get("rooms", []))

    def tell(self, room):
        names = {user for user, rooms in self.here.values() if room in rooms}
        message = {"type": "here", "names": sorted(names)}
        self.redis.publish(f"roomcast:room:{room}", json.dumps(message))
