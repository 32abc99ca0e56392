"""What a page's list has twice, or too late."""

import math

from rights import YES


def repeated(finding, items):
    """Without an id a message is of one connection: another instance that
    hears it later may tell it once more."""
    seen = {}
    for i, item in enumerate(items):
        if not item.message:
            continue
        first = seen.setdefault(item.message.key, item)
        if first is not item and (first.id or first.visit is item.visit):
            finding.doubled.append(i)
        seen[item.message.key] = item


class Newest:
    """Of what a list has had, when the last one was sent. Behind a message
    without an id the cursor is where it was: what the visit had no right to
    comes behind it where the next one has."""

    def __init__(self, page, rights):
        self.page = page
        self.rights = rights
        self.named = -math.inf
        self.nameless = {}  # by visit

    def take(self, item):
        sent = item.message.sent
        if item.id:
            self.named = max(self.named, sent)
        else:
            before = self.nameless.get(item.visit, -math.inf)
            self.nameless[item.visit] = max(before, sent)

    def _could_have(self, visit, item):
        return visit is item.visit or (
            self.rights.reaches(self.page, visit, item.message) == YES
        )

    def is_behind(self, item):
        """Whether it comes later than something that it should precede."""
        placed = item.message.placed
        return placed <= self.named or any(
            placed <= sent and self._could_have(visit, item)
            for visit, sent in self.nameless.items()
        )


def disordered(finding, page, rights):
    newest = Newest(page, rights)
    seen = set()
    for i, item in enumerate(page.items):
        if not item.message:
            continue
        if item.message.key not in seen and newest.is_behind(item):
            finding.disorder.append(i)
        seen.add(item.message.key)
        newest.take(item)
