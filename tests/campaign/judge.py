"""What is wrong with a client's list.

Of two messages the one that was acknowledged before the other was sent is the
earlier one; for others the order is not known, and the doubt is the gateway's.
A message that is owed and is not in the list stood behind the last item that
is earlier and before the first one that is later: a gap between these two has
told of it.
"""

import bisect
import itertools
import math
from dataclasses import dataclass, field


@dataclass
class Finding:
    """Of one client."""

    owed: int = 0
    received: int = 0  # of what is owed
    gaps: int = 0
    told: int = 0  # missing, and a gap has said so
    lost: list = field(default_factory=list)  # (message, index) untold
    doubled: list = field(default_factory=list)  # indexes
    disorder: list = field(default_factory=list)  # indexes


def latest(item):
    """When it was at its place in the order, at the latest."""
    return item.message.acked if item.message else item.received


def earliest(item):
    return item.message.sent if item.message else -math.inf


class Places:
    """Between which items of a list a message had its place."""

    def __init__(self, items):
        self.gaps = [i for i, item in enumerate(items) if item.word == "gap"]
        self._latest = list(
            itertools.accumulate(map(latest, reversed(items)), min)
        )[::-1]
        self._earliest = list(itertools.accumulate(map(earliest, items), max))

    def last_before(self, message):
        return bisect.bisect_right(self._latest, message.sent) - 1

    def first_behind(self, message):
        return bisect.bisect_left(self._earliest, message.acked)

    def has_gap(self, first, end):
        at = bisect.bisect_left(self.gaps, first)
        return at < len(self.gaps) and self.gaps[at] < end


def missing(finding, items, messages):
    """What is owed and is not there goes to lost, or to told."""
    places = Places(items)
    there = {item.message.key for item in items if item.message}
    for message in messages:
        before = places.last_before(message)
        if before < 0 or not message.is_owed:
            continue
        behind = places.first_behind(message)
        if message.key in there:
            finding.received += 1
        elif message.is_last and behind == len(items):
            continue  # said again: it has left with an earlier one
        elif places.has_gap(before + 1, behind):
            finding.told += 1
        else:
            finding.lost.append((message, before))
        finding.owed += 1


def repeated(finding, items):
    """Without an id a message is of one connection: another instance that
    hears it later may tell it once more."""
    seen = {}
    newest = -math.inf
    for i, item in enumerate(items):
        if not item.message:
            continue
        first = seen.setdefault(item.message.key, item)
        if first is not item:
            if first.id or first.visit == item.visit:
                finding.doubled.append(i)
            seen[item.message.key] = item
        elif item.message.acked <= newest:
            finding.disorder.append(i)
        newest = max(newest, item.message.sent)


def misnamed(lists):
    """Texts: an id that two messages have, over all clients, or another one
    than XADD answered (a tag stands behind that, from a ~ on)."""
    named = {}
    for item in itertools.chain(*lists):
        if not item.message or not item.id:
            continue
        first = named.setdefault(item.id, item.message)
        if first is not item.message:
            yield f"{item.id} is {first.key} and {item.message.key}"
        answered = item.message.id
        if answered and item.id.partition("~")[0] != answered:
            yield f"{item.message.key} is {item.id}, XADD said {answered}"


def judge(items, rooms, messages):
    """items: a client's list; messages: all that were sent."""
    finding = Finding(gaps=sum(item.word == "gap" for item in items))
    missing(finding, items, [m for m in messages if m.is_for(rooms)])
    repeated(finding, items)
    return finding
