"""Publishers: one command after the other, each numbered and acknowledged."""

import asyncio
import json
import time

# A command without an answer for so long may have been carried out or not.
PATIENCE_S = 2


class Link:
    """A connection to what speaks Redis' protocol."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port):
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def call(self, *words):
        """The answer, a str or int; OSError when there is none or an error."""
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


def forms(dice, rooms):
    """How an app may say this: a channel and what turns content into the
    payload, whom it is for and whether it is kept."""
    several = dice.sample(rooms, dice.randint(1, 3))

    def envelope(**more):
        return lambda content: json.dumps(
            {"rooms": several, "text": content.decode(), **more}
        ).encode()

    return dice.choices(
        [
            (f"roomcast:room:{several[0]}", bytes, several[:1], True),
            ("roomcast:send", envelope(), several, True),
            ("roomcast:send", envelope(keep=False), several, False),
            (
                "roomcast:send",
                lambda content: ",".join(several).encode() + b"\0" + content,
                several,
                True,
            ),
            ("roomcast:broadcast", bytes, None, True),
        ],
        weights=[8, 6, 1, 3, 3],
    )[0]


class Publisher:
    def __init__(self, number, world, ledger, dice, rooms):
        self.number = number
        self.world = world
        self.ledger = ledger
        self.dice = dice
        self.rooms = rooms
        self.link = None

    async def publish(self, rate, until):
        """rate messages a second, in bursts of its own, until then."""
        while time.monotonic() < until:
            for _ in range(self.dice.randint(1, 5)):
                channel, payload_of, to, is_kept = forms(
                    self.dice, self.rooms
                )
                to = None if to is None else frozenset(to)
                message = self.ledger.write(self.number, to, is_kept)
                await self._send(message, channel, payload_of)
            await asyncio.sleep(self.dice.expovariate(rate / 3))

    async def say_last(self):
        """To everybody, when all is quiet."""
        message = self.ledger.write(self.number, None, is_last=True)
        await self._send(message, "roomcast:broadcast", bytes)

    async def _send(self, message, channel, payload_of):
        """Once: what had no answer is not sent again, but is no more owed."""
        try:
            if self.link is None:
                self.link = await Link.open(self.world.publish_port)
            words = self.world.mode.command(
                channel, payload_of(message.content)
            )
            answer = await self.link.call(*words)
            message.acked = time.monotonic()
            message.id = answer if isinstance(answer, str) else None
        except (OSError, EOFError, asyncio.TimeoutError):
            self.close()
            await asyncio.sleep(0.05)

    def close(self):
        if self.link:
            self.link.close()
        self.link = None
