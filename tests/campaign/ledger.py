"""What was sent: the truth that clients' lists are compared with."""

import math
import time
from dataclasses import dataclass


@dataclass
class Message:
    """Its place in the order of all is known as well as its times are: one
    that was acknowledged before another was sent comes first."""

    key: tuple  # (publisher, number), in the order of each publisher
    rooms: frozenset | None  # None: everybody
    content: bytes
    is_kept: bool
    is_last: bool = False  # sent when all is quiet, until all have one
    sent: float = math.inf
    acked: float = math.inf  # for ever: nobody knows whether it is published
    id: str | None = None  # what XADD answered

    @property
    def is_owed(self):
        return self.is_kept and self.acked < math.inf

    def is_for(self, rooms):
        return self.rooms is None or not self.rooms.isdisjoint(rooms)


class Ledger:
    def __init__(self, dice):
        self.messages = {}
        self.dice = dice
        self._numbers = {}

    def write(self, publisher, rooms, is_kept=True, is_last=False):
        """A message that is about to be sent."""
        number = self._numbers[publisher] = self._numbers.get(publisher, 0) + 1
        mean = self.dice.choices([50, 3000], [5, 1])[0]
        size = min(int(self.dice.expovariate(1 / mean)), 12_000)
        filler = self.dice.choice("abcdefghijklmnop") * size
        content = f"{publisher} {number} {filler}".encode()
        message = Message(
            (publisher, number), rooms, content, is_kept, is_last
        )
        self.messages[message.key] = message
        message.sent = time.monotonic()
        return message

    def find(self, content):
        """The message with these bytes; None when nobody has sent them."""
        words = content.split(b" ", 2)
        if len(words) != 3 or not all(w.isdigit() for w in words[:2]):
            return None
        found = self.messages.get((int(words[0]), int(words[1])))
        return found if found and found.content == content else None

    @property
    def acked(self):
        return sum(m.acked < math.inf for m in self.messages.values())
