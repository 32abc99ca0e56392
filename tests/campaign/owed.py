"""What is missing in a page's list.

A message that is owed and is not in the list stood behind the last item that
is earlier and before the first one that is later: a gap between these two has
told of it. It is owed where all visits from the one to the other have a right
to it, and nothing could take it back before the later item had come.
"""

import math

from places import Places
from rights import YES


class Owed:
    """What a page is owed between two items of its list."""

    def __init__(self, page, rights):
        self.page = page
        self.rights = rights
        self.places = Places(page)
        self._answered = {}  # by visit: when its first item had come
        self._live_from = {}  # by visit: an index
        for i, item in enumerate(page.items):
            self._answered.setdefault(item.visit, item.received)
            if item.message and not item.id:  # which only who is live gets
                self._live_from.setdefault(item.visit, i)

    def _comes_without_an_id(self, visit, before):
        """To a page with ids, when it has caught up."""
        return (
            visit.policy == "disconnect"
            and self._live_from.get(visit, math.inf) <= before
        )

    def _comes_to_a_page_without(self, visit, message):
        """Of what was sent before the answer to its handshake some may come,
        and of what was sent behind that some not."""
        return self._answered[visit] <= message.sent and (
            visit.policy == "disconnect"
            or (visit.policy == "catch_up" and message.is_kept)
        )

    def _is_kept_for(self, message, before, behind):
        """What has no id is for who is live, and stays it: who reads too
        slowly there is closed."""
        if message.is_kept and self.page.has_ids:
            return True
        first, last = (self.page.items[i].visit for i in (before, behind))
        if first is not last:
            return False
        if self.page.has_ids:
            return self._comes_without_an_id(first, before)
        return self._comes_to_a_page_without(first, message)

    def _is_due(self, message, before, behind):
        """Whether all visits that may have come by have a right to it."""
        first, last = (self.page.items[i].visit for i in (before, behind))
        since = self.places.since(before) if first is last else math.inf
        return all(
            self.rights.reaches(self.page, visit, message, since) == YES
            for visit in self.page.visits[first.number : last.number + 1]
        )

    def is_owed(self, message, before, behind):
        return (
            message.is_acked
            and 0 <= before
            and behind < len(self.page.items)
            and self._is_kept_for(message, before, behind)
            and self._is_due(message, before, behind)
        )


def missing(finding, page, rights, messages):
    """What is owed and is not there goes to lost, or to told."""
    owed = Owed(page, rights)
    there = {item.message.key for item in page.items if item.message}
    for message in owed.places.between(messages):
        before = owed.places.last_before(message)
        behind = owed.places.first_behind(message)
        if not owed.is_owed(message, before, behind):
            continue
        if message.key in there:
            finding.received += 1
        elif rights.may_be_forgotten(message, page.items[behind].received):
            continue
        elif owed.places.has_gap(before + 1, behind):
            finding.told += 1
        else:
            finding.lost.append((before, message))
        finding.owed += 1
