"""Clients as a restart meets them: who is sent away comes back by itself.

Plain asyncio streams, so that hundreds of them cost this process little and
what is measured is the gateway.
"""

import asyncio
import random
import threading
import time

import pytest

from .raw import request
from .waiting import eventually, seconds


class Returning:
    """count clients of one address. Each that is closed comes back after 0 to
    pause seconds, and again as long as it is refused."""

    def __init__(self, address, count, pause=1.0, ssl=None, path="/ws/lobby"):
        self.address = address
        self.count = count
        self.pause = pause
        self.ssl = ssl
        self.path = path
        self.connects_refused = 0
        self.handshakes_failed = []
        self.inside = 0
        self.codes = []
        self.away = []  # seconds, of each return
        self._ending = False
        self._loop = asyncio.new_event_loop()
        self._random = random.Random(count)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        self._loop.run_until_complete(self._all())
        self._loop.close()

    async def _all(self):
        self._tasks = [
            asyncio.ensure_future(self._one()) for _ in range(self.count)
        ]
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _one(self):
        left = None
        while not self._ending:
            if left is not None or self.handshakes_failed:
                await asyncio.sleep(self._random.uniform(0, self.pause))
            streams = await self._enter()
            if streams is None:
                left = left or time.monotonic()
                continue
            if left is not None:
                self.away.append(time.monotonic() - left)
            self.inside += 1
            try:
                self.codes.append(await self._stay(*streams))
            finally:
                self.inside -= 1
                streams[1].close()
            left = time.monotonic()

    async def _enter(self):
        """The streams behind a 101, or None."""
        host, port = self.address
        try:
            reader, writer = await asyncio.open_connection(
                host, port, ssl=self.ssl
            )
        except ConnectionRefusedError:
            self.connects_refused += 1
            return None
        except OSError as error:
            self.handshakes_failed.append(repr(error))
            return None
        try:
            writer.write(request(self.path))
            head = await asyncio.wait_for(
                reader.readuntil(b"\r\n\r\n"), seconds(20)
            )
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            head = repr(error).encode()
        if head.startswith(b"HTTP/1.1 101 "):
            return reader, writer
        self.handshakes_failed.append(head.split(b"\r\n")[0].decode())
        writer.close()
        return None

    async def _stay(self, reader, writer):
        """The code of the close frame; None when there was none."""
        try:
            while True:
                first, size = await reader.readexactly(2)
                payload = await reader.readexactly(size)  # none is long
                if first == 0x88:
                    # The same code back, masked with zeros.
                    writer.write(b"\x88\x82\0\0\0\0" + payload[:2])
                    return int.from_bytes(payload[:2], "big")
        except (OSError, EOFError):
            return None

    def wait_inside(self, timeout=20):
        eventually(
            lambda: self.inside == self.count, timeout, "all are inside"
        )

    def finish(self):
        """End them all; once more does nothing."""
        if self._ending:
            return
        self._ending = True

        def cancel():
            for task in self._tasks:
                task.cancel()

        self._loop.call_soon_threadsafe(cancel)
        self._thread.join(seconds(10))


@pytest.fixture
def returning():
    """Start clients that come back; ended behind the test."""
    started = []

    def start(*args, **options):
        started.append(Returning(*args, **options))
        return started[-1]

    yield start
    for clients in started:
        clients.finish()
