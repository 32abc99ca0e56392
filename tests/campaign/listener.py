"""A client that never stays: its page hops to a random gateway with its
cursor, over one transport or the other, reads for a while, dozes maybe, breaks
off, and is loaded again now and then. Some pages go without ids, and so are new
with every visit."""

import asyncio
import json
import time
from collections import Counter

from page import Page
from wire import Ended, Events, Refused, WebSocket

LAST_MAX = 50  # what ?history=N may ask for: `history` of the route


class Listener:
    def __init__(self, number, world, ledger, company):
        self.number = number
        self.world = world
        self.ledger = ledger
        self.company = company
        self.dice = company.dice
        self.pages = []
        self.hops = 0
        self.saw_last = False
        self.ends = Counter()
        self.refused = []  # texts
        self._load()

    # -- the page

    def _load(self):
        company = self.company
        self.page = Page(
            user=company.user_of(self.number),
            rooms=frozenset(company.some(company.rooms)),
            has_ids=self.dice.random() < 0.85,
        )
        self.pages.append(self.page)

    def _names(self):
        """What it says it was called: what it has made up, and an old id."""
        made_up = self.company.names_of(self.number)
        names = self.dice.sample(made_up, self.dice.randint(0, 2))
        before = self.page.visits[-1] if self.page.visits else None
        if before and before.connection and self.dice.random() < 0.5:
            names.append(before.connection)
        return names

    def _begin(self):
        """A visit, and the path that it asks for."""
        page = self.page
        names = self._names() if page.has_ids else []
        last = self.dice.choice([0, 0, self.dice.randint(1, 60)])
        gateway = self.world.choose_gateway(page.has_ids)
        visit = page.begin(
            gateway=gateway,
            policy=self.world.policy_of(gateway),
            names=frozenset(names),
            last=0 if page.cursor else min(last, LAST_MAX),
        )
        query = f"rooms={','.join(sorted(page.rooms))}"
        query += f"&token={self.world.token_of(page.user)}"
        if page.has_ids and names:
            query += f"&was={','.join(names)}"
        if page.has_ids and last:
            query += f"&history={last}"
        return visit, query

    # -- its visits

    async def hop(self):
        """Until it is cancelled, or has been told the last message."""
        while not self.saw_last:
            if not self.page.has_ids or self.dice.random() < 0.04:
                self._load()
            visit, query = self._begin()
            try:
                await self._visit(visit, query)
            except (OSError, EOFError):
                pass
            except Ended as end:
                self.ends[end.code] += 1
            except Refused as refused:
                self.refused.append(str(refused))
            finally:
                self._end(visit)
            await asyncio.sleep(self.dice.choice([0, 0.01, 0.1, 0.5]))

    async def _visit(self, visit, query):
        page = self.page
        kind = self.dice.choice([WebSocket, Events])
        link = await kind.open(
            self.world.ports[visit.gateway],
            query,
            page.cursor if page.has_ids else None,
        )
        self.hops += 1
        leaving = asyncio.get_running_loop().call_later(
            self.dice.choice([0.05, 0.5, 2, 5]) * self.dice.random(),
            self._break_off,
            link,
        )
        try:
            await self._read(link, visit)
        finally:
            leaving.cancel()
            link.writer.transport.abort()

    async def _read(self, link, visit):
        drowsiness = self.dice.choice([0, 0, 0, 0.02])
        while not self.saw_last:
            self._note(visit, await link.next())
            if self.dice.random() < drowsiness:
                await self._doze(link.writer.transport)

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

    def _end(self, visit):
        visit.left = time.monotonic()
        if visit.connection:
            self.company.connections.remove(visit.connection)

    # -- what it is told

    def _note(self, visit, told):
        if told.word == "welcome":
            visit.connection = json.loads(told.content)["connection"]
            self.company.connections.append(visit.connection)
        if told.word is not None:
            self.page.add(visit, told, None)
            return
        message = self.ledger.find(told.content)
        if message is None:
            self.page.unknown.append(f"{told.id!r} {told.content[:60]!r}")
            return
        self.page.add(visit, told, message)
        self.saw_last |= message.is_last
        if told.id:
            self.company.seen.append((told.id, message))
