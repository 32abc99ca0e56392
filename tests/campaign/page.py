"""A page: who it is, its visits, and the list of all that it was told."""

import math
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger import Message


@dataclass(eq=False)
class Visit:
    """One connection of a page."""

    number: int
    gateway: int
    policy: str  # of that gateway, for slow readers
    cursor: str
    names: frozenset = frozenset()  # what it says it was called
    last: int = 0  # without a cursor: so many messages first
    asked: float = field(default_factory=time.monotonic)
    left: float = math.inf
    connection: str | None = None  # the id, once it was told


class Item(NamedTuple):
    """Of a page's list: a message, or a note with a word."""

    word: str | None
    message: Message | None
    received: float
    id: str
    visit: Visit


@dataclass(eq=False)
class Page:
    user: str
    rooms: frozenset  # of its URL
    has_ids: bool = True
    cursor: str = ""
    visits: list = field(default_factory=list)
    items: list = field(default_factory=list)
    unknown: list = field(default_factory=list)  # texts: what nobody has sent

    def begin(self, **of_visit):
        visit = Visit(len(self.visits), cursor=self.cursor, **of_visit)
        self.visits.append(visit)
        return visit

    def add(self, visit, told, message):
        self.cursor = told.id or self.cursor
        self.items.append(
            Item(told.word, message, time.monotonic(), told.id, visit)
        )
