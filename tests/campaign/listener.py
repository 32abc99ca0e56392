"""A client that never stays: it hops to a random gateway with its cursor,
reads for a while, dozes maybe, breaks off, and keeps a list of all it was
told."""

import asyncio
import time
from collections import Counter
from typing import NamedTuple

from ledger import Message
from wire import Ended, Events, Refused, WebSocket


class Item(NamedTuple):
    """Of a client's list: a message, or a gap, or where it began (at)."""

    word: str | None
    message: Message | None
    received: float
    gateway: int
    id: str
    visit: int  # the connection, by number


class Listener:
    def __init__(self, world, ledger, dice, rooms):
        self.world = world
        self.ledger = ledger
        self.dice = dice
        self.rooms = rooms
        self.cursor = ""
        self.items = []
        self.wrong = []  # texts: what nobody has sent, or not to it
        self.hops = 0
        self.saw_last = False
        self.ends = Counter()

    async def hop(self):
        """Until it is cancelled, or has been told the last message."""
        while not self.saw_last:
            gateway = self.dice.randrange(len(self.world.ports))
            try:
                await self._visit(gateway)
            except (OSError, EOFError):
                pass
            except Ended as end:
                self.ends[end.code] += 1
            except Refused as refused:
                self.wrong.append(str(refused))
            await asyncio.sleep(self.dice.choice([0, 0.01, 0.1, 0.5]))

    async def _visit(self, gateway):
        path = f"/rooms?rooms={','.join(sorted(self.rooms))}"
        kind = self.dice.choice([WebSocket, Events])
        link = await kind.open(self.world.ports[gateway], path, self.cursor)
        self.hops += 1
        leaving = asyncio.get_running_loop().call_later(
            self.dice.choice([0.05, 0.5, 2, 5]) * self.dice.random(),
            self._break_off,
            link,
        )
        drowsiness = self.dice.choice([0, 0, 0, 0.02])
        try:
            while not self.saw_last:
                self._note(await link.next(), gateway)
                if self.dice.random() < drowsiness:
                    await self._doze(link.writer.transport)
        finally:
            leaving.cancel()
            link.writer.transport.abort()

    async def _doze(self, transport):
        """Nothing is read meanwhile: the gateway's queue fills."""
        transport.pause_reading()
        await asyncio.sleep(3)
        transport.resume_reading()

    def _break_off(self, link):
        """With a goodbye, behind which something may still come, or without.

        What has been read by then is still taken: it was told."""
        if self.dice.random() < 0.3:
            link.say_goodbye()
        else:
            link.writer.transport.abort()

    def _note(self, told, gateway):
        self.cursor = told.id or self.cursor
        now = time.monotonic()
        if told.word == "gap" or (told.word == "at" and not self.items):
            self._add(told, None, now, gateway)
        if told.word is not None:
            return
        message = self.ledger.find(told.content)
        self._check(told, message)
        if message:
            self._add(told, message, now, gateway)
            self.saw_last |= message.is_last

    def _add(self, told, message, now, gateway):
        self.items.append(
            Item(told.word, message, now, gateway, told.id, self.hops)
        )

    def _check(self, told, message):
        where = f"id {told.id!r}: {told.content[:60]!r}"
        if message is None:
            self.wrong.append(f"nobody has sent {where}")
        elif not message.is_for(self.rooms):
            self.wrong.append(f"not for this client: {where}")
        elif told.id and not message.is_kept:
            self.wrong.append(f"it is not kept: {where}")
        elif not told.id and message.is_kept and self.world.mode.names_all:
            self.wrong.append(f"it is kept: {where}")
