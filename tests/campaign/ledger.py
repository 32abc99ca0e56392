"""What was sent: the truth that pages' lists are compared with.

Whom a message names is a set of addresses, ("room", NAME), ("user", NAME) or
("connection", ID).
"""

import math
import time
from dataclasses import dataclass


@dataclass(kw_only=True)
class Sent:
    """Its place in the order of all is known as well as its times are: what
    had its place before another was sent comes first."""

    sent: float = math.inf
    placed: float = math.inf  # by then it has its place, or never will
    is_acked: bool = False  # else nobody knows whether it has


@dataclass(kw_only=True)
class Message(Sent):
    key: tuple  # (publisher, number), in the order of each publisher
    to: frozenset | None  # None: everybody
    spared: frozenset = frozenset()  # names in `except`
    content: bytes = b""
    is_kept: bool = True
    is_last: bool = False  # sent when all is quiet, until all have one
    id: str | None = None  # what XADD answered


@dataclass(kw_only=True)
class Move(Sent):
    """A command that joins somebody to rooms, or takes them out."""

    whom: tuple  # an address
    rooms: frozenset
    is_join: bool


@dataclass(kw_only=True)
class Forget(Sent):
    """A command that takes messages back: these, and what names a room."""

    keys: frozenset = frozenset()
    rooms: frozenset = frozenset()

    def _names_room_of(self, message):
        return message.to is not None and any(
            ("room", room) in message.to for room in self.rooms
        )

    def may_cover(self, message):
        return message.key in self.keys or (
            message.sent < self.placed and self._names_room_of(message)
        )

    def covers(self, message):
        return message.key in self.keys or (
            message.placed < self.sent and self._names_room_of(message)
        )


class Ledger:
    def __init__(self, dice):
        self.messages = {}
        self.moves = []  # in their order: they have one publisher
        self.forgets = []
        self.dice = dice
        self._numbers = {}

    def write(self, publisher, to, **more):
        """A message that is about to be sent."""
        number = self._numbers[publisher] = self._numbers.get(publisher, 0) + 1
        message = Message(
            key=(publisher, number),
            to=to,
            content=f"{publisher} {number} {self._filler()}".encode(),
            sent=time.monotonic(),
            **more,
        )
        self.messages[message.key] = message
        return message

    def _filler(self):
        mean = self.dice.choices([50, 3000], [5, 1])[0]
        size = min(int(self.dice.expovariate(1 / mean)), 12_000)
        return self.dice.choice("abcdefghijklmnop") * size

    def command(self, command):
        """A Move or a Forget that is about to be sent."""
        command.sent = time.monotonic()
        kind = self.moves if isinstance(command, Move) else self.forgets
        kind.append(command)
        return command

    def find(self, content):
        """The message with these bytes; None when nobody has sent them."""
        words = content.split(b" ", 2)
        if len(words) != 3 or not all(w.isdigit() for w in words[:2]):
            return None
        found = self.messages.get((int(words[0]), int(words[1])))
        return found if found and found.content == content else None

    @property
    def acked(self):
        return sum(m.is_acked for m in self.messages.values())
