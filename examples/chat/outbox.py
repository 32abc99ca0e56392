"""What is stored goes to Redis: in order, each message once, however often
Redis is away, and whatever becomes of this process."""

import json
import threading
import time

import redis

KEPT = 100_000  # entries of the stream, about
LOOKED_AT = 200  # of them, to find out whether an XADD has arrived


class Outbox(threading.Thread):
    def __init__(self, link, stream, store):
        super().__init__(daemon=True)
        self.redis = link
        self.stream = stream
        self.store = store
        self.news = threading.Event()

    def wake(self):
        self.news.set()

    def run(self):
        is_sure = False  # whether what is not marked is not in the stream
        while True:
            self.news.clear()
            try:
                while messages := self.store.unpublished():
                    for message in messages:
                        self.publish(message, is_sure)
                        is_sure = True
                self.news.wait()
            except redis.RedisError:
                is_sure = False
                time.sleep(0.2)

    def publish(self, message, is_sure):
        cursor = None if is_sure else self.found(message["number"])
        channel = f"roomcast:room:{message['room']}"
        cursor = cursor or self.redis.xadd(
            self.stream, {channel: json.dumps(message)}, maxlen=KEPT
        )
        self.store.published(message["number"], cursor)

    def found(self, number):
        """The entry's id, if the XADD came through and its answer was lost."""
        for cursor, fields in self.redis.xrevrange(self.stream, count=LOOKED_AT):
            (payload,) = fields.values()
            if json.loads(payload).get("number") == number:
                return cursor
        return None

    def publish_once(self, envelope):
        """What may be missed: no stream, and nobody waits for a Redis."""
        try:
            self.redis.publish("roomcast:send", json.dumps(envelope))
        except redis.RedisError:
            pass
