"""Where in a page's list a message had its place.

Of two messages the one that had its place before the other was sent is the
earlier one; for others the order is not known, and the doubt is the gateway's.
What was sent after a note was received comes later than that. An item without
an id says nothing of where its page is, unless the page has no ids at all: the
next visit goes on from the last id.
"""

import bisect
import itertools
import math


class Places:
    def __init__(self, page):
        self.items = items = page.items
        self.has_ids = page.has_ids
        self._gaps = [i for i, item in enumerate(items) if item.word == "gap"]
        self._latest = list(
            itertools.accumulate(map(self._latest_of, reversed(items)), min)
        )[::-1]
        self._earliest = list(
            itertools.accumulate(map(self._earliest_of, items), max)
        )
        self._since = list(
            itertools.accumulate(range(len(items)), self._pick_note)
        )

    def _latest_of(self, item):
        """When it was at its place in the order, at the latest."""
        if self.has_ids and not item.id:
            return math.inf
        return item.message.placed if item.message else item.received

    def _earliest_of(self, item):
        if not item.message or (self.has_ids and not item.id):
            return -math.inf
        return item.message.sent

    def _pick_note(self, note, index):
        """The last one that says where the visit is from there on."""
        item = self.items[index]
        is_new = item.visit is not self.items[note].visit
        return index if is_new or item.word == "gap" else note

    def between(self, messages):
        """Those that had their place between two items; in order of sent."""
        if not self.items:
            return []
        first = bisect.bisect_left(
            messages, self._latest[0], key=lambda m: m.sent
        )
        end = bisect.bisect_right(
            messages, self._earliest[-1], key=lambda m: m.sent
        )
        return messages[first:end]

    def last_before(self, message):
        """The index; below 0 when there is none."""
        return bisect.bisect_right(self._latest, message.sent) - 1

    def first_behind(self, message):
        """The index; the length when there is none."""
        return bisect.bisect_left(self._earliest, message.placed)

    def has_gap(self, first, end):
        at = bisect.bisect_left(self._gaps, first)
        return at < len(self._gaps) and self._gaps[at] < end

    def since(self, index):
        """When the visit of this item was last told where it is, before."""
        return self.items[self._since[index]].received
