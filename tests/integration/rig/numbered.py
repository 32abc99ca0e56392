"""Numbered messages at a steady rate, and what became of each of them."""

import json
import threading
import time

import redis

from .client import Client, Closed
from .resuming import Frame

GAP = {"type": "roomcast.gap"}


class Turning(threading.Thread):
    """Does its turn again and again, from the start to the end of a block."""

    def __init__(self):
        super().__init__(daemon=True)
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            self.turn()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.join()


class Publisher(Turning):
    """publish(text) raises where nobody has taken it."""

    def __init__(self, publish, every=0.005):
        super().__init__()
        self.publish = publish
        self.every = every
        self.sent = []  # by number: when, and whether it was taken
        self.due = None

    def turn(self):
        now = time.monotonic()
        self.due = max(self.due or now, now - 1)  # it catches up a second
        if now < self.due:
            self.is_over.wait(self.due - now)
            return
        self.due += self.every
        self.sent.append((now, self._is_taken(str(len(self.sent)))))

    def _is_taken(self, text):
        try:
            return self.publish(text) is not False
        except redis.RedisError:
            return False

    def taken(self):
        return [n for n, (_, is_taken) in enumerate(self.sent) if is_taken]


class Listener(Turning):
    """One client. With ids it goes by ids."""

    def __init__(self, url, has_ids):
        super().__init__()
        self.client = Client.connect(url)
        self.has_ids = has_ids
        self.heard = {}  # number to when
        self.order = []
        self.gaps = 0

    def turn(self):
        try:
            item = self.client.next(0.05)
        except AssertionError:
            return
        assert not isinstance(item, Closed), item
        content = self._by_id(item) if self.has_ids else self._plain(item)
        if content is not None:
            self.heard.setdefault(int(content), time.monotonic())
            self.order.append(int(content))

    def _by_id(self, item):
        frame = Frame(item)
        self.gaps += frame.word == "gap"
        return frame.content if frame.word is None else None

    def _plain(self, item):
        if not item.startswith("{"):
            return item
        self.gaps += json.loads(item) == GAP
        return None

    def has_heard(self, number):
        """That one, or one behind it."""
        return any(n >= number for n in self.order[-1:])

    def __exit__(self, *_):
        super().__exit__()
        self.client.close()


class Readiness(Turning):
    """How long /readyz of a daemon has not said 200."""

    def __init__(self, gateway):
        super().__init__()
        self.gateway = gateway
        self.since = None
        self.not_ready_s = 0.0

    def turn(self):
        is_ready = self.gateway.admin("/readyz")[0] == 200
        now = time.monotonic()
        if not is_ready and self.since is None:
            self.since = now
        elif is_ready and self.since is not None:
            self.not_ready_s += now - self.since
            self.since = None
        self.is_over.wait(0.005)


class Following(Turning):
    """A client of the master, as most of the sentinels name it, that moves at
    once: what an app should have."""

    def __init__(self, sentinels):
        super().__init__()
        self.sentinels = sentinels
        self.port = sentinels.master.port
        self.client = self._client()
        self.moved = None  # when it did

    def _client(self):
        server = next(
            s for s in self.sentinels.servers if s.port == self.port
        )
        return server.client(socket_timeout=0.5)

    def turn(self):
        named = [p for p in map(self._ask, self.sentinels.all) if p]
        for port in set(named):
            if named.count(port) >= 2 and port != self.port:
                self.port = port
                self.client = self._client()
                self.moved = time.monotonic()
        self.is_over.wait(0.01)

    @staticmethod
    def _ask(sentinel):
        try:
            return sentinel.master_port()
        except redis.RedisError:
            return None
