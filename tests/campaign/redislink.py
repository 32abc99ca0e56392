"""A publisher's connection to what speaks Redis' protocol."""

import asyncio

# A command without an answer for so long may have been carried out or not.
PATIENCE_S = 2


class Link:
    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def call(self, *words):
        """The answer, a str or int. OSError or EOFError when it is an error
        or the connection has ended, TimeoutError when there is none."""
        raw = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.writer.write(
            b"*%d\r\n" % len(raw)
            + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in raw)
        )
        return await asyncio.wait_for(self._answer(), PATIENCE_S)

    async def _answer(self):
        line = (await self.reader.readuntil(b"\r\n"))[:-2].decode()
        kind, rest = line[0], line[1:]
        if kind == "-":
            raise OSError(rest)
        if kind == "$":
            bulk = await self.reader.readexactly(int(rest) + 2)
            return bulk[:-2].decode()
        return int(rest) if kind == ":" else rest

    def close(self):
        self.writer.transport.abort()
