"""Publishers: one command after the other, each numbered and acknowledged."""

import asyncio
import time

from forms import choose
from ledger import Message
from redislink import Link


class Sender:
    """Sends one thing after the other; what had no answer not again."""

    def __init__(self, world):
        self.world = world
        self.link = None

    async def send(self, sent, channel, payload):
        """sent is told how that went."""
        words = self.world.mode.command(channel, payload)
        try:
            if self.link is None:
                self.link = await Link.open(self.world.publish_port)
            answer = await self.link.call(*words)
        except asyncio.TimeoutError:
            self.close()  # it may still be carried out
        except (OSError, EOFError):
            self.close()
            sent.placed = time.monotonic()
            await asyncio.sleep(0.05)
        else:
            sent.placed = time.monotonic()
            sent.is_acked = True
            if isinstance(sent, Message) and isinstance(answer, str):
                sent.id = answer

    def close(self):
        if self.link:
            self.link.close()
        self.link = None


class Publisher:
    def __init__(self, number, world, ledger, company):
        self.number = number
        self.ledger = ledger
        self.company = company
        self.dice = company.dice
        self.sender = Sender(world)

    async def publish(self, rate, until):
        """rate messages a second, in bursts of its own, until then."""
        while time.monotonic() < until:
            for _ in range(self.dice.randint(1, 5)):
                await self._say(choose(self.dice, self.company))
            await asyncio.sleep(self.dice.expovariate(rate / 3))

    async def _say(self, form):
        message = self.ledger.write(
            self.number, form.to, spared=form.spared, is_kept=form.is_kept
        )
        payload = form.encode(message.content)
        await self.sender.send(message, form.channel, payload)

    async def say_last(self):
        """To everybody, when all is quiet."""
        message = self.ledger.write(self.number, None, is_last=True)
        await self.sender.send(message, "roomcast:broadcast", message.content)

    def close(self):
        self.sender.close()
