"""How a client is told things: WebSocket frames, or server-sent events."""

import asyncio
import base64
import socket
from typing import NamedTuple

from rig.raw import CLOSE, PING, PONG, frame, request


class Told(NamedTuple):
    """A message, or a note when it has a word."""

    id: str
    word: str | None
    content: bytes


class Refused(Exception):
    """Another status than the one that was asked for."""


# What the kernel and asyncio take from a gateway for a client that dozes;
# asyncio's must hold a line of an event.
RECEIVE_BUFFER = 4096
LINE = 32768


class Ended(Exception):
    """By the gateway, with this code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


async def open_streams(port, head, status):
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    link.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(
            link, ("127.0.0.1", port)
        )
        reader, writer = await asyncio.open_connection(sock=link, limit=LINE)
    except OSError:
        link.close()
        raise
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


OWN = b'{"type":"roomcast.'


def whole(data):
    """A frame without ids: a message, or what the gateway itself says."""
    if not data.startswith(OWN):
        return Told("", None, data)
    return Told("", data[len(OWN) :].partition(b'"')[0].decode(), data)


class WebSocket:
    """With ids where there is a cursor, be it an empty one."""

    def __init__(self, reader, writer, read):
        self.reader = reader
        self.writer = writer
        self._read = read

    @classmethod
    async def open(cls, port, query, cursor):
        has_ids = cursor is not None
        path = f"/rooms?{query}"
        if has_ids:
            path += f"&since={cursor}"
        streams = await open_streams(port, request(path), 101)
        return cls(*streams, cut if has_ids else whole)

    async def _frame(self):
        first, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return first & 15, await self.reader.readexactly(size)

    async def next(self):
        """What is told next; Ended by a close frame, EOFError without."""
        while True:
            opcode, data = await self._frame()
            if opcode == CLOSE:
                self.writer.write(frame(CLOSE, data[:2]))
                raise Ended(int.from_bytes(data[:2], "big"))
            if opcode == PING:
                self.writer.write(frame(PONG, data))
            else:
                return self._read(data)

    def say_goodbye(self):
        self.writer.write(frame(CLOSE, b"\x03\xe8"))


class Events:
    """What an EventSource does, as the standard says; with ids where there is
    a cursor."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port, query, cursor):
        path = "/plain" if cursor is None else "/rooms"
        head = (
            f"GET {path}?{query} HTTP/1.1\r\nHost: example.test\r\n"
            "Accept: text/event-stream\r\n"
        )
        if cursor:
            head += f"Last-Event-ID: {cursor}\r\n"
        head = f"{head}\r\n".encode()
        return cls(*await open_streams(port, head, 200))

    async def _fields(self):
        """Of one event, whose last line is empty; data's lines are joined."""
        fields = {}
        while line := (await self.reader.readuntil(b"\n"))[:-1]:
            name, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            if name == b"data" and b"data" in fields:
                value = fields[b"data"] + b"\n" + value
            fields[name] = value
        return fields

    async def next(self):
        while True:
            fields = await self._fields()
            ident = fields.get(b"id", b"").decode()
            kind = fields.get(b"event", b"").decode()
            data = fields.get(b"data")
            if kind == "roomcast.close":
                raise Ended(int(data))
            if kind == "binary":
                return Told(ident, None, base64.b64decode(data))
            if data is not None:
                word = kind.removeprefix("roomcast.")
                return Told(ident, word or None, data)
            if ident:
                return Told(ident, "at", b"")

    def say_goodbye(self):
        """There is none."""
        self.writer.transport.abort()
