"""Memory runs out once, at each allocation in turn (rig/scarcity.py), while
pages come back, read too slowly, ask for the last messages, and an app takes
some back. The gateway goes on, a connection is closed, or a gap is told; a
message is never lost untold, doubled or out of order."""

import json

import pytest
import redis

from rig.events import Refused, Stream
from rig.gateway import BASE, Gateway, merged
from rig.raw import CLOSE, Raw
from rig.resuming import Frame, since
from rig.scarcity import check, library, own_malloc
from rig.sizes import sizes

pytestmark = own_malloc

STREAM = "roomcast:stream"
LOBBY = "/ws/lobby?was=somebody,nobody"
TROUBLE = (AssertionError, OSError, EOFError, redis.RedisError, Refused)


class App:
    """Numbers what it publishes, and knows what was acknowledged."""

    def __init__(self, connect, is_added):
        self.connect = connect  # from a daemon to a publisher
        self.is_added = is_added
        self.publisher = None
        self.count = 0
        self.published = set()

    def come(self, daemon):
        self.publisher = self.connect(daemon)

    def _publish(self, channel, **payload):
        text = json.dumps(payload)
        if self.is_added:
            self.publisher.xadd(STREAM, {channel: text})
        else:
            self.publisher.publish(channel, text)

    def say(self, count, filler=""):
        for _ in range(count):
            self.count += 1
            self._publish(
                "roomcast:send",
                rooms=["lobby", "other"],
                text=f"{self.count} {filler}",
                **{"except": ["no one who is here"]},
            )
            self.published.add(self.count)

    def forget(self):
        """What nobody waits for."""
        self._publish("roomcast:control", command="forget", rooms=["hall"])


class Page:
    """Comes back with its cursor, and keeps an account of the numbers."""

    def __init__(self, app):
        self.app = app
        self.cursor = ""
        self.newest = None  # None: it has not begun
        self.has_gap = False
        self.faults = []

    def take(self, ident, word, content):
        self.cursor = ident or self.cursor
        if word == "gap":
            self.has_gap = True
        elif word is None:
            self._take_number(int(content.split()[0]))
        if self.newest is None:
            self.newest = self.app.count if word == "at" else 0

    def _take_number(self, number):
        newest = number - 1 if self.newest is None else self.newest
        between = set(range(newest + 1, number)) & self.app.published
        if number <= newest:
            self.faults.append(f"{number} behind {newest}")
        elif between and not self.has_gap:
            self.faults.append(f"{between} before {number} lost untold")
        self.newest = number
        self.has_gap = False

    @property
    def has_all(self):
        return self.newest == self.app.count

    def visit(self, daemon, do, more=""):
        """By WebSocket: do(), and then read all there is."""
        with Raw(daemon.address(), timeout=0.5, receive_buffer=4096) as raw:
            path = since(LOBBY, self.cursor) + more
            assert raw.handshake(path).status == 101
            self._read(raw)
            do()
            while not self.has_all:
                self._read(raw)

    def _read(self, raw):
        got = raw.read_frame()
        assert got.opcode != CLOSE
        frame = Frame(got.payload.decode())
        self.take(frame.id, frame.word, frame.content)

    def stream(self, daemon, do):
        """The same by server-sent events."""
        stream = Stream.open(
            daemon, LOBBY, {"Last-Event-ID": self.cursor}, timeout=0.5
        )
        try:
            do()
            while not self.has_all:
                event = stream.next()
                assert event.type != "roomcast.close"
                word = None if event.type == "message" else event.type
                self.take(event.id, word, event.data)
        finally:
            stream.close()


class Users:
    def __init__(self, app):
        self.app = app
        self.page = Page(app)

    @property
    def faults(self):
        return self.page.faults

    def use(self, daemon):
        try:
            self._use(daemon)
        except TROUBLE:
            return False
        return True

    def _use(self, daemon):
        app, page = self.app, self.page
        app.come(daemon)
        page.visit(daemon, lambda: app.say(3))
        app.say(5)
        page.visit(daemon, lambda: app.say(20, 3000 * "x"))
        app.say(5)
        page.stream(daemon, lambda: app.say(3))
        self._look_back(daemon)
        app.forget()
        assert daemon.admin("/metrics")[0] == 200
        daemon.wait_ready(2)  # it may wait for others' marks

    def _look_back(self, daemon):
        page = Page(self.app)
        page.newest, page.has_gap = 0, True  # it begins anywhere
        try:
            page.visit(daemon, lambda: None, "&history=4")
        finally:
            self.page.faults += page.faults


def conf_of(workers, **changes):
    return merged(
        BASE,
        {
            "workers": workers,
            "routes": [
                {
                    "path": "/ws/{room}",
                    "rooms": ["{room}"],
                    "resume": True,
                    "history": 10,
                    "transports": ["websocket", "sse"],
                }
            ],
            "delivery": {
                "queue": "16KiB",
                "socket_buffer": "4KiB",
                "slow_consumer": "catch_up",
            },
            **changes,
        },
    )


def check_history(folder, library, conf, new_users, samples):
    """What a boot takes, test_scarce_memory knows."""
    folder = folder / "run"
    folder.mkdir()
    check(folder, library, conf, new_users, samples, has_boot=False)


@pytest.mark.waits
@pytest.mark.parametrize("workers", [1, 2])
@sizes("samples", 10, 200)
def test_embedded(tmp_path, library, workers, samples):
    conf = conf_of(workers, history={"memory": "4MiB"})
    check_history(
        tmp_path,
        library,
        conf,
        lambda: Users(App(Gateway.publisher, is_added=False)),
        samples,
    )


@pytest.mark.waits
@pytest.mark.parametrize("workers, stream", [(2, None), (1, STREAM)])
@sizes("samples", 10, 200)
def test_on_redis(tmp_path, library, redis_server, workers, stream, samples):
    history = {"memory": "4MiB"} | ({"stream": stream} if stream else {})
    conf = conf_of(
        workers,
        history=history,
        backend="redis",
        embedded=None,
        redis={"url": redis_server.url, "heartbeat": "500ms"},
    )
    client = redis_server.client()

    def new_users():
        client.flushall()
        return Users(App(lambda _: client, is_added=stream is not None))

    check_history(tmp_path, library, conf, new_users, samples)
