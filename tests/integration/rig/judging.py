"""Pages and messages put together by hand, for the judge of the campaign."""

import sys
from types import SimpleNamespace

from .gateway import ROOT

CAMPAIGN = ROOT / "tests" / "campaign"
sys.path.insert(0, str(CAMPAIGN))

from horizon import Horizon  # noqa: E402
from judge import judge, misnamed  # noqa: E402
from ledger import Forget, Message, Move  # noqa: E402
from page import Item, Page, Visit  # noqa: E402
from rights import Rights  # noqa: E402

ROOM = frozenset({("room", "a")})
# Where gaps are as good as losses are.
STRICT = SimpleNamespace(names_all=True, may_tell=False)
MODE = SimpleNamespace(names_all=True, may_tell=True)


def message(n, width=0.5, to=ROOM, **more):
    """Number n was sent at n seconds; it takes a while to publish."""
    return Message(
        key=(0, n), to=to, sent=n, placed=n + width, is_acked=True, **more
    )


def sent(count, width=0.5):
    return [message(n, width) for n in range(1, count + 1)]


def move(when, room="a", is_join=True, whom=("user", "ann"), **more):
    times = {"sent": when, "placed": when + 0.1, "is_acked": True, **more}
    return Move(
        whom=whom, rooms=frozenset([room]), is_join=is_join, **times
    )


def forget(when, *messages, rooms=(), **more):
    times = {"sent": when, "placed": when + 0.1, "is_acked": True, **more}
    return Forget(
        keys=frozenset(m.key for m in messages),
        rooms=frozenset(rooms),
        **times,
    )


class Told:
    """A page of ann's, in room a, and what it is told, visit by visit."""

    def __init__(self, rooms=("a",), has_ids=True):
        self.page = Page(
            user="ann", rooms=frozenset(rooms), has_ids=has_ids
        )

    def visit(self, asked, *things, left=99, **more):
        """Things: messages, or (when, word) of a note, or items."""
        visit = Visit(
            len(self.page.visits),
            asked=asked,
            left=left,
            **{"gateway": 0, "policy": "catch_up", "cursor": "", **more},
        )
        self.page.visits.append(visit)
        self.page.items += [self._item(visit, thing) for thing in things]
        return self

    def _item(self, visit, thing):
        if isinstance(thing, Message):
            ident = f"id{thing.key[1]}" if self.page.has_ids else ""
            return self.item(thing, visit, ident)
        if isinstance(thing, Item):
            return thing._replace(visit=visit)
        when, word = thing
        return Item(word, None, when, "head", visit)

    @staticmethod
    def item(thing, visit=None, ident=""):
        return Item(None, thing, thing.placed, ident, visit)

    def judged(self, messages, *commands, mode=MODE, others=(), breaks=()):
        """others: pages that show how far gateways had come."""
        pages = [self.page, *(other.page for other in others)]
        ledger = SimpleNamespace(
            moves=[c for c in commands if isinstance(c, Move)],
            forgets=[c for c in commands if isinstance(c, Forget)],
        )
        rights = Rights(ledger, Horizon(pages, breaks, gateways=2))
        return judge(self.page, rights, messages, mode)
