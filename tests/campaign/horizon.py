"""How far a gateway had come by when, as pages have seen it: it had read all
that has its place before a message that it has told somebody. And since when it
has lost nothing of that."""

import bisect
import itertools
from collections import defaultdict


class Steps:
    """The largest value that was noted up to a time."""

    def __init__(self, notes):
        notes = sorted(notes)
        self._times = [when for when, _ in notes]
        self._values = list(itertools.accumulate((v for _, v in notes), max))

    def at(self, when):
        index = bisect.bisect_right(self._times, when)
        return self._values[index - 1] if index else 0.0


class Horizon:
    def __init__(self, pages, breaks, gateways):
        """breaks: (when, gateway, or None for all) when it lost memory."""
        came = defaultdict(list)
        lost = defaultdict(list)
        self._told = {}  # (gateway, key of a message): when first, with its id
        for item in itertools.chain(*(page.items for page in pages)):
            gateway = item.visit.gateway
            if item.message:
                came[gateway].append((item.received, item.message.sent))
            elif item.word == "gap":
                lost[gateway].append((item.received, item.received))
            if item.message and item.id:
                self._note(gateway, item)
        for when, gateway in breaks:
            for one in range(gateways) if gateway is None else [gateway]:
                lost[one].append((when, when))
        self._came = {g: Steps(came[g]) for g in range(gateways)}
        self._lost = {g: Steps(lost[g]) for g in range(gateways)}

    def _note(self, gateway, item):
        name = gateway, item.message.key
        first = self._told.get(name, item.received)
        self._told[name] = min(first, item.received)

    def of(self, gateway, when):
        """What had its place before this time had been read."""
        return self._came[gateway].at(when)

    def since(self, gateway, when):
        """When it last had lost something by then."""
        return self._lost[gateway].at(when)

    def keeps(self, gateway, message, asked, opened):
        """It had been told with its id before a page asked, and nothing was
        lost from its sending until the page was let in."""
        told = self._told.get((gateway, message.key))
        return (
            told is not None
            and told < asked
            and message.sent > self.since(gateway, opened)
        )
