"""Who is here: each room is told when that has changed, however many gateways
there are, and whatever becomes of them.

Who is in a room stands in Redis, where each gateway writes its own part and
takes away that of one that has died. Its events say when to look: what is read
is always all of it, so an event that is missed leaves nobody behind.
"""

import json
import threading
import time

import redis

EVENTS = "roomcast:events"
MEMBERS = "roomcast:presence:members:"
SETTLES = 3  # seconds: gateways write once a second, and by then have
LOOKS = 15  # seconds: then all rooms are looked at, whatever was missed


class Presence(threading.Thread):
    """By PUBLISH: who was away is told when its own coming is an event."""

    def __init__(self, link):
        super().__init__(daemon=True)
        self.redis = link
        self.told = {}  # by room: the names
        self.due = {}  # by room: until when it is looked at
        self.new = {}  # by room and name: until when it may not be written

    def run(self):
        last = "0"  # the rooms of before this process started, too
        looks_at = 0
        while True:
            try:
                for _, entries in self.redis.xread({EVENTS: last}, 1000, 500):
                    for last, fields in entries:
                        self.take(json.loads(fields["event"]))
                if time.time() > looks_at:
                    self.look_at(self.told)
                    looks_at = time.time() + LOOKS
                self.look()
            except redis.RedisError:
                pass  # all that is due stays due
            time.sleep(0.1)  # many events are one look

    def look_at(self, rooms):
        self.due.update(dict.fromkeys(rooms, time.time() + SETTLES))

    def take(self, event):
        kind, rooms = event["event"], event.get("rooms", [])
        if kind == "instance_gone":  # its part of any room is gone
            rooms = [*self.told]
        elif "room" in event:
            rooms = [event["room"]]
        self.look_at(rooms)
        if kind in ("connected", "joined"):
            until = event["time_ms"] / 1000 + SETTLES
            for room in rooms:
                self.new[room, event["user"]] = until
                self.told[room] = None  # who has come has heard nothing

    def look(self):
        now = time.time()
        self.new = {key: until for key, until in self.new.items() if until > now}
        for room, until in [*self.due.items()]:
            self.tell(room)
            if until < now:
                del self.due[room]
                if not self.told[room]:  # nobody is there
                    del self.told[room]

    def tell(self, room):
        """What Redis says, and who has come just now."""
        fields = self.redis.hkeys(MEMBERS + room)
        names = {field.partition("\0")[2] for field in fields}
        names.update(name for where, name in self.new if where == room)
        names = sorted(names - {None})
        if names != self.told.get(room):
            message = {"type": "here", "names": names}
            self.redis.publish(f"roomcast:room:{room}", json.dumps(message))
            self.told[room] = names
