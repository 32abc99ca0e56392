"""A real WebSocket client (python3-websockets), used without async code.

One thread runs the event loop for all clients of a test run. Each client has
a task that reads all the time and puts what comes into a queue, so that a
client that a test does not look at is never a slow reader.
"""

import asyncio
import queue
import threading

# The interface of version 10, which newer versions keep under this name.
from websockets.exceptions import ConnectionClosed, InvalidStatusCode
from websockets.legacy.client import connect, unix_connect

from .waiting import seconds


Refused = InvalidStatusCode  # the handshake was answered with status_code


class Closed:
    """Stands in the queue where the connection ended."""

    def __init__(self, code, reason):
        self.code = code
        self.reason = reason

    def __repr__(self):
        return f"Closed({self.code}, {self.reason!r})"


class _Loop:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine, timeout=10):
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(seconds(timeout))


_loop = _Loop()


class Client:
    """A connection that listens; messages are str or bytes as they came."""

    def __init__(self, ws):
        self.ws = ws
        self.end = None
        self._queue = queue.SimpleQueue()
        self._task = asyncio.run_coroutine_threadsafe(
            self._read(), _loop.loop
        )

    @classmethod
    def connect(cls, url, unix=None, **options):
        """One client; raises Refused, or OSError."""
        return cls.connect_all([url], unix=unix, **options)[0]

    @classmethod
    def connect_all(cls, urls, unix=None, **options):
        """Connect to all urls at once; the clients in the same order."""
        settings = {
            "ping_interval": None,
            "compression": None,
            "max_size": None,
            "max_queue": None,
            "open_timeout": seconds(10),
            "close_timeout": seconds(2),
            **options,
        }

        async def one(url):
            if unix:
                return await unix_connect(unix, url, **settings)
            return await connect(url, **settings)

        async def every():
            return await asyncio.gather(*map(one, urls))

        return [cls(ws) for ws in _loop.run(every(), 30)]

    async def _read(self):
        try:
            async for message in self.ws:
                self._queue.put(message)
        except ConnectionClosed:
            pass
        self._queue.put(Closed(self.ws.close_code, self.ws.close_reason))

    def next(self, timeout=5):
        """The next message, or the Closed that stands at the end."""
        if self.end:
            return self.end
        try:
            item = self._queue.get(timeout=seconds(timeout))
        except queue.Empty:
            raise AssertionError(f"nothing came within {timeout} s") from None
        if isinstance(item, Closed):
            self.end = item
        return item

    def recv(self, timeout=5):
        """The next message; the connection must not have ended."""
        item = self.next(timeout)
        assert not isinstance(item, Closed), item
        return item

    def recv_many(self, count, timeout=10):
        return [self.recv(timeout) for _ in range(count)]

    def recv_until(self, last, timeout=10):
        """All messages up to the first that equals last, without it."""
        messages = []
        while True:
            message = self.recv(timeout)
            if message == last:
                return messages
            messages.append(message)

    def wait_closed(self, timeout=10):
        """Skip what comes up to the end; the Closed that tells of it."""
        while not isinstance(self.next(timeout), Closed):
            pass
        return self.end

    def send(self, data):
        _loop.run(self.ws.send(data))

    def ping(self, data=b""):
        """Send a ping and wait for the pong."""

        async def ping():
            await (await self.ws.ping(data))

        _loop.run(ping())

    def close(self, code=1000, reason=""):
        _loop.run(self.ws.close(code, reason))

    @staticmethod
    def abort_all(clients):
        """End their connections without a word."""

        def every():
            for client in clients:
                client.ws.transport.abort()

        _loop.loop.call_soon_threadsafe(every)

    @property
    def subprotocol(self):
        return self.ws.subprotocol
