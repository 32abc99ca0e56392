"""`?history=N`: the last messages first, neither fewer nor more.

Of a page that came without a cursor and was told `at`. Which were the last N
when its gateway looked is known but for those on their way at that moment: a
message was among them for sure when fewer than N could have come behind it, and
was before them when its gateway had read it before the page asked. The next
visit may have other names, and so a right to others: only the first one counts.
"""

import bisect

from rights import NO, YES

# Among so many messages to all there are the last ones of any page.
AMONG = 2000


def beginning(page):
    """Its first item; None where the page begins otherwise."""
    first = page.items[0] if page.items else None
    if not first or first.word != "at" or first.visit.cursor:
        return None
    return first


def find_newer(page, opened):
    """The first item of what was sent when the page was in: all last messages
    stand before it. None: it has not come so far, or was told of a gap."""
    for item in page.items:
        if item.word == "gap" or item.visit is not page.items[0].visit:
            return None
        if item.message and item.message.sent > opened:
            return item
    return None


def candidates(page, rights, messages, first):
    """What may be for the page, may be kept, and may be there already."""
    end = bisect.bisect_left(messages, first.received, key=lambda m: m.sent)
    return [
        m
        for m in messages[max(0, end - AMONG) : end]
        if m.is_kept and rights.reaches(page, first.visit, m) != NO
    ]


def last_ones(page, rights, messages, first):
    """Those of them that are among the last and are kept, for sure."""
    visit = first.visit
    several = candidates(page, rights, messages, first)
    placed = sorted(m.placed for m in several)
    for m in several:
        behind = len(placed) - bisect.bisect_right(placed, m.sent) - 1
        if (
            behind < visit.last
            and rights.reaches(page, visit, m) == YES
            and rights.horizon.keeps(
                visit.gateway, m, visit.asked, first.received
            )
        ):
            yield m


def too_few(page, rights, messages):
    """(0, message) of each that should be there."""
    first = beginning(page)
    newer = first and find_newer(page, first.received)
    if not newer:
        return []
    there = {item.message.key for item in page.items if item.message}
    return [
        (0, m)
        for m in last_ones(page, rights, messages, first)
        if m.key not in there
        and not rights.may_be_forgotten(m, newer.received)
    ]


def too_many(page, rights):
    """(index, text) where it begins too early."""
    first = beginning(page)
    if not first:
        return []
    visit = first.visit
    read = rights.horizon.of(visit.gateway, visit.asked)
    since = rights.horizon.since(visit.gateway, first.received)
    early = [
        i
        for i, item in enumerate(page.items)
        if item.message
        and item.visit is visit
        and item.message.placed < read
        and item.message.sent > since
    ]
    return [(i, f"not of the last {visit.last}") for i in early[visit.last :]]
