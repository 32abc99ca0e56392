"""The campaign (tests/campaign): its judge sees what is wrong with a list, and
a run of a few seconds finds nothing."""

import random
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from rig.gateway import ROOT
from rig.waiting import seconds

CAMPAIGN = ROOT / "tests" / "campaign"
sys.path.insert(0, str(CAMPAIGN))

from judge import judge, misnamed  # noqa: E402
from ledger import Message  # noqa: E402

ROOM = frozenset({"a"})


def sent(count, width=0.5):
    """Messages to one room at 1, 2, 3 …; each takes a while to publish."""
    return [
        Message((0, n), ROOM, b"", True, sent=n, acked=n + width)
        for n in range(1, count + 1)
    ]


def item(message, word, received, ident="x", visit=1):
    return SimpleNamespace(
        message=message, word=word, received=received, id=ident, visit=visit
    )


def told(*things):
    """A list: messages, or the time of a note and its word, or items."""
    return [
        item(None, x[1], x[0])
        if isinstance(x, tuple)
        else item(x, None, x.acked)
        if isinstance(x, Message)
        else x
        for x in things
    ]


START = (0.5, "at")


def judged(things, messages):
    return judge(told(*things), ROOM, messages)


def test_a_whole_list_is_fine():
    all_of = sent(5)
    found = judged([START, *all_of], all_of)
    assert (found.owed, found.received) == (5, 5)
    assert not (found.lost or found.doubled or found.disorder)


def test_what_is_missing_between_neighbours_is_lost():
    one, two, three = all_of = sent(3)
    found = judged([START, one, three], all_of)
    assert [m for m, _ in found.lost] == [two] and found.told == 0


def test_a_gap_between_them_has_told_of_it():
    one, _, three = all_of = sent(3)
    found = judged([START, one, (2.9, "gap"), three], all_of)
    assert found.lost == [] and found.told == 1 and found.gaps == 1


@pytest.mark.parametrize("place", [1, 4])
def test_a_gap_elsewhere_has_not(place):
    one, two, _, four = all_of = sent(4)
    things = [START, one, two, four]
    things.insert(place, (0.9 if place == 1 else 4.9, "gap"))
    assert len(judged(things, all_of).lost) == 1


def test_a_gap_tells_of_nothing_that_was_sent_after_it():
    one, *_ = all_of = sent(4)
    found = judged([START, one, (2.9, "gap"), all_of[3]], all_of)
    assert [m.key for m, _ in found.lost] == [(0, 3)] and found.told == 1


def test_what_came_before_the_client_is_not_owed():
    one, two, three = all_of = sent(3)
    found = judged([(2.6, "at"), three], all_of)
    assert found.owed == 1 and found.lost == []


def test_what_nobody_acknowledged_is_not_owed():
    one, two, three = all_of = sent(3)
    two.acked = float("inf")
    assert judged([START, one, three], all_of).lost == []
    assert judged([START, one, two, three], all_of).disorder == []


def test_twice_is_seen():
    one, two = all_of = sent(2)
    assert judged([START, one, two, one], all_of).doubled == [3]
    assert judged([START, one, (3, "gap"), one, two], all_of).doubled == [3]


def test_twice_without_an_id_is_seen_on_one_connection():
    (one,) = all_of = sent(1)
    nameless = item(one, None, 1.5, ident="")
    again = item(one, None, 2.5, ident="")
    assert judged([START, nameless, again], all_of).doubled == [2]
    again.visit = 2
    assert judged([START, nameless, again], all_of).doubled == []
    nameless.id = "a"
    assert judged([START, nameless, again], all_of).doubled == [2]


def test_disorder_is_seen():
    one, two, three = all_of = sent(3)
    assert judged([START, two, one, three], all_of).disorder == [2]


def test_nobody_knows_the_order_of_what_was_sent_at_once():
    one, two, three = all_of = sent(3, width=1.5)
    assert judged([START, two, one, three], all_of).disorder == []
    assert judged([START, three, one, two], all_of).disorder == [2]


def named(ident, message):
    return SimpleNamespace(id=ident, message=message)


def test_an_id_is_one_messages():
    one, two = sent(2)
    fine = [named("a", one), named("", one), named("b", two)]
    assert list(misnamed([fine, fine, [named("c", one)]])) == []
    assert len(list(misnamed([fine, [named("a", two)]]))) == 1
    one.id = "1-0"
    assert list(misnamed([[named("1-0", one), named("1-0~ab", one)]])) == []
    assert len(list(misnamed([[named("1-1~ab", one)]]))) == 1


def test_any_damage_to_any_list_is_seen():
    dice = random.Random(7)
    for _ in range(300):
        all_of = sent(dice.randint(5, 60), dice.choice([0.1, 0.9]))
        inner = dice.randrange(1, len(all_of) - 1)
        dropped = [START, *all_of[:inner], *all_of[inner + 1 :]]
        assert len(judged(dropped, all_of).lost) == 1
        gap = (all_of[inner].acked, "gap")
        mended = [*dropped[: inner + 1], gap, *dropped[inner + 1 :]]
        assert judged(mended, all_of).told == 1
        again = [START, *all_of, all_of[inner]]
        assert judged(again, all_of).doubled == [len(all_of) + 1]


@pytest.mark.long
def test_a_short_run():
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--in-all", "0.2", "--clients", "8"],
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed, 0 failed$", done.stdout, re.MULTILINE)
