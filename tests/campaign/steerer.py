"""The app's commands: it lets users and connections into rooms and takes them
out, and it takes messages back. There is one, so commands have one order."""

import asyncio
import json
import time

from ledger import Forget, Move
from publisher import Sender

RATE = 8  # commands a second


class Steerer:
    def __init__(self, world, ledger, company):
        self.ledger = ledger
        self.company = company
        self.dice = company.dice
        self.sender = Sender(world)

    async def steer(self, until):
        while time.monotonic() < until:
            await asyncio.sleep(self.dice.expovariate(RATE))
            deed = self.dice.choices(
                [self._move, self._forget_messages, self._forget_rooms],
                [20, 5, 1],
            )[0]
            command, fields = deed()
            if command:
                self.ledger.command(command)
                await self.sender.send(
                    command, "roomcast:control", json.dumps(fields).encode()
                )

    def _move(self):
        company = self.company
        kind, names = self.dice.choice(
            [("user", company.users), ("connection", company.connections)]
        )
        if not names:
            return None, None
        name = self.dice.choice(names)
        rooms = company.some(company.rooms + 2 * company.guest_rooms)
        is_join = self.dice.random() < 0.6
        return Move(
            whom=(kind, name), rooms=frozenset(rooms), is_join=is_join
        ), {
            "command": "join" if is_join else "leave",
            f"{kind}s": [name],
            "rooms": rooms,
        }

    def _forget_messages(self):
        """By ids as clients were told them, or as XADD has answered them."""
        if not self.company.seen:
            return None, None
        chosen = self.company.some(self.company.seen)
        ids = [self.dice.choice([ident, m.id or ident]) for ident, m in chosen]
        return Forget(keys=frozenset(m.key for _, m in chosen)), {
            "command": "forget",
            "ids": ids,
        }

    def _forget_rooms(self):
        rooms = self.company.some(
            self.company.rooms + self.company.guest_rooms, 2
        )
        return Forget(rooms=frozenset(rooms)), {
            "command": "forget",
            "rooms": rooms,
        }

    def close(self):
        self.sender.close()
