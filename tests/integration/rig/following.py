"""Clients that follow a room by ids through whatever happens to the gateway: who
is sent away comes back with its cursor. Numbers are published; each client says
which of them it got.

Plain asyncio streams, so that hundreds of them cost this process little.
"""

import asyncio
import random
import threading
import time

from .raw import request
from .waiting import eventually, seconds

TEXT, CLOSE, PING = 0x81, 0x88, 0x89


class One:
    def __init__(self):
        self.cursor = ""
        self.numbers = []
        self.gaps = 0


class Following:
    """count clients; each that is closed comes back after 0 to pause seconds."""

    def __init__(self, address, count, path="/ws/lobby", pause=0.5):
        self.address = address
        self.path = path
        self.pause = pause
        self.refused = []
        self.inside = 0
        self.away = []  # seconds, of each return
        self.all = [One() for _ in range(count)]
        self._random = random.Random(count)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        self._tasks = [self._loop.create_task(self._follow(x)) for x in self.all]
        self._loop.run_until_complete(
            asyncio.gather(*self._tasks, return_exceptions=True)
        )
        self._loop.close()

    async def _follow(self, one):
        left = None
        while True:
            try:
                reader, writer = await self._enter(one)
            except (OSError, EOFError, asyncio.TimeoutError) as error:
                self.refused.append(repr(error))
                await asyncio.sleep(self._random.uniform(0, self.pause))
                continue
            if left is not None:
                self.away.append(time.monotonic() - left)
            self.inside += 1
            try:
                await self._read(one, reader, writer)
            except (OSError, EOFError):
                pass  # without a close frame: it comes back all the same
            finally:
                self.inside -= 1
                writer.close()
            left = time.monotonic()
            await asyncio.sleep(self._random.uniform(0, self.pause))

    async def _enter(self, one):
        reader, writer = await asyncio.open_connection(*self.address)
        writer.write(request(f"{self.path}?since={one.cursor}"))
        head = await asyncio.wait_for(
            reader.readuntil(b"\r\n\r\n"), seconds(20)
        )
        if not head.startswith(b"HTTP/1.1 101 "):
            writer.close()
            raise OSError(head.split(b"\r\n")[0].decode())
        return reader, writer

    async def _read(self, one, reader, writer):
        while True:
            first, size = await reader.readexactly(2)
            assert size < 126  # all that is published is short
            payload = await reader.readexactly(size)
            if first == TEXT:
                self._take(one, payload.decode())
            elif first == PING:
                writer.write(bytes([0x8A, 0x80 | size, 0, 0, 0, 0]) + payload)
            elif first == CLOSE:
                writer.write(b"\x88\x82\0\0\0\0" + payload[:2])
                return

    @staticmethod
    def _take(one, text):
        line, _, content = text.partition("\n")
        ident, _, word = line.partition(" ")
        one.cursor = ident or one.cursor
        if word == "gap":
            one.gaps += 1
        elif not word:
            one.numbers.append(int(content))

    def wait_inside(self, timeout=20):
        eventually(
            lambda: self.inside == len(self.all), timeout, "all are inside"
        )

    def wait_number(self, number, timeout=20):
        eventually(
            lambda: all(x.numbers and x.numbers[-1] == number for x in self.all),
            timeout,
            f"all have {number}",
        )

    def finish(self):
        def cancel():
            for task in self._tasks:
                task.cancel()

        self._loop.call_soon_threadsafe(cancel)
        self._thread.join(seconds(10))
