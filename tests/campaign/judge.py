"""What is wrong with a page's list. What it lacks is found by owed and lookback,
what it has twice or too late by order; here is what should not be there."""

import itertools
from dataclasses import dataclass, field

from lookback import too_few, too_many
from order import disordered, repeated
from owed import missing
from places import Places
from rights import NO


@dataclass
class Finding:
    """Of one page."""

    owed: int = 0
    received: int = 0  # of what is owed
    gaps: int = 0
    moved: int = 0  # gaps of a visit that was moved, or of one without ids
    told: int = 0  # missing, and a gap has said so
    lost: list = field(default_factory=list)  # (index, message) untold
    doubled: list = field(default_factory=list)  # indexes
    disorder: list = field(default_factory=list)  # indexes
    wrong: list = field(default_factory=list)  # (index, text)


def why_wrong(page, places, rights, index, names_all):
    """Texts: why this message should not be there, or not so."""
    item = page.items[index]
    message, visit = item.message, item.visit
    since = places.since(index)
    if rights.reaches(page, visit, message, since) == NO:
        yield "not for this page"
    if rights.is_forgotten(message, visit):
        yield "it was forgotten"
    if item.id and not message.is_kept:
        yield "it is not kept"
    if not item.id and message.is_kept and page.has_ids and names_all:
        yield "it is kept"
    if item.id and not page.has_ids:
        yield "an id nobody asked for"


def strange(finding, page, rights, names_all):
    """What nobody has sent, or not to this page."""
    finding.wrong += [(0, f"nobody has sent {what}") for what in page.unknown]
    places = Places(page)
    for i, item in enumerate(page.items):
        if item.message:
            why = why_wrong(page, places, rights, i, names_all)
            finding.wrong += [(i, text) for text in why]


def beginnings(finding, page):
    """Each visit begins with where it is: at its cursor, or at a gap."""
    visit = None
    for i, item in enumerate(page.items):
        if item.visit is visit or not page.has_ids:
            continue
        visit = item.visit
        if item.word not in ("at", "gap"):
            finding.wrong.append((i, "it does not say where it begins"))
        elif item.word == "at" and visit.cursor not in ("", item.id):
            finding.wrong.append((i, f"at, with the cursor {visit.cursor}"))


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


def gaps(finding, page, rights, may_tell):
    """Where nothing is lost by kills, only a visit that was moved may be told
    a gap: by which rooms what waited for it was, may not be known. And one
    without ids, which begins anew each time."""
    for i, item in enumerate(page.items):
        if item.word != "gap":
            continue
        if not page.has_ids or rights.may_be_moved(
            page, item.visit, item.received
        ):
            finding.moved += 1
            continue
        finding.gaps += 1
        if not may_tell:
            finding.wrong.append((i, "a gap"))


def judge(page, rights, messages, mode):
    """messages: all that were sent, in order of sent."""
    finding = Finding()
    missing(finding, page, rights, messages)
    finding.lost += too_few(page, rights, messages)
    finding.wrong += too_many(page, rights)
    repeated(finding, page.items)
    disordered(finding, page, rights)
    strange(finding, page, rights, mode.names_all)
    beginnings(finding, page)
    gaps(finding, page, rights, mode.may_tell)
    return finding
