"""How a client is told things: WebSocket frames, or server-sent events."""

import asyncio
from typing import NamedTuple

from rig.raw import CLOSE, PING, PONG, frame, request


class Told(NamedTuple):
    """A message, or a note when it has a word."""

    id: str
    word: str | None
    content: bytes


class Refused(Exception):
    """Another status than the one that was asked for."""


async def open_streams(port, head, status):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    answer = await reader.readuntil(b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 %d " % status):
        writer.transport.abort()
        raise Refused(answer.split(b"\r\n")[0].decode())
    return reader, writer


def cut(data):
    """A frame on a route with ids: `ID LF PAYLOAD`, or `ID WORD LF …`."""
    line, mark, content = data.partition(b"\n")
    assert mark, data
    ident, space, word = line.decode().partition(" ")
    return Told(ident, word if space else None, content)


class WebSocket:
    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port, path, cursor):
        head = request(f"{path}&since={cursor}")
        return cls(*await open_streams(port, head, 101))

    async def _frame(self):
        first, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return first & 15, await self.reader.readexactly(size)

    async def next(self):
        """What is told next; EOFError at the end."""
        while True:
            opcode, data = await self._frame()
            if opcode == CLOSE:
                self.writer.write(frame(CLOSE, data[:2]))
                raise EOFError
            if opcode == PING:
                self.writer.write(frame(PONG, data))
            else:
                return cut(data)

    def say_goodbye(self):
        self.writer.write(frame(CLOSE, b"\x03\xe8"))
