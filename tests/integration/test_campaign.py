"""The campaign (tests/campaign): its judge sees what is wrong with a list, and
a run of a few seconds finds nothing. test_campaign_rights has what a page is
owed at all."""

import random
import re
import subprocess
import sys

import pytest

from rig.judging import CAMPAIGN, STRICT, Told, misnamed, sent
from rig.waiting import seconds

START = (0.5, "at")


def judged(things, messages, **more):
    return Told().visit(0.4, *things).judged(messages, **more)


def test_a_whole_list_is_fine():
    all_of = sent(5)
    found = judged([START, *all_of], all_of, mode=STRICT)
    assert (found.owed, found.received) == (4, 4)  # and one may be the last
    assert not (found.lost or found.doubled or found.disorder or found.wrong)


def test_what_is_missing_between_neighbours_is_lost():
    one, two, three, four = all_of = sent(4)
    found = judged([START, one, three, four], all_of)
    assert [m for _, m in found.lost] == [two] and found.told == 0


def test_a_gap_between_them_has_told_of_it():
    one, _, three, four = all_of = sent(4)
    found = judged([START, one, (2.9, "gap"), three, four], all_of)
    assert found.lost == [] and found.told == 1 and found.gaps == 1


@pytest.mark.parametrize("place", [1, 4])
def test_a_gap_elsewhere_has_not(place):
    one, two, _, four, five = all_of = sent(5)
    things = [START, one, two, four, five]
    things.insert(place, (0.9 if place == 1 else 4.9, "gap"))
    assert len(judged(things, all_of).lost) == 1


def test_a_gap_tells_of_nothing_that_was_sent_after_it():
    one, _, _, four, five = all_of = sent(5)
    found = judged([START, one, (2.9, "gap"), four, five], all_of)
    assert [m.key for _, m in found.lost] == [(0, 3)] and found.told == 1


def test_where_nothing_is_lost_a_gap_is_wrong():
    one, two = all_of = sent(2)
    found = judged([START, one, (2, "gap"), two], all_of, mode=STRICT)
    assert found.wrong == [(2, "a gap")]


def test_what_came_before_the_client_is_not_owed():
    one, two, three, four = all_of = sent(4)
    found = judged([(2.6, "at"), three, four], all_of)
    assert found.owed == 1 and found.lost == []


def test_behind_the_end_of_the_list_nothing_is_owed():
    one, *_ = all_of = sent(3)
    assert judged([START, one], all_of).lost == []


def test_what_nobody_acknowledged_is_not_owed():
    one, two, three, four = all_of = sent(4)
    two.is_acked = False
    assert judged([START, one, three, four], all_of).lost == []
    assert judged([START, *all_of], all_of).disorder == []


def test_twice_is_seen():
    one, two = all_of = sent(2)
    assert judged([START, one, two, one], all_of).doubled == [3]
    assert judged([START, one, (3, "gap"), one, two], all_of).doubled == [3]


def test_twice_without_an_id_is_seen_on_one_connection():
    (one,) = all_of = sent(1)
    one.is_kept = False
    nameless = Told.item(one)
    again = (1.8, "at"), nameless
    assert judged([START, nameless, nameless], all_of).doubled == [2]
    page = Told().visit(0.4, START, nameless).visit(1.7, *again)
    assert page.judged(all_of).doubled == []
    named = Told.item(one, ident="a")
    page = Told().visit(0.4, START, named).visit(1.7, *again)
    assert page.judged(all_of).doubled == [3]


def test_disorder_is_seen():
    one, two, three = all_of = sent(3)
    assert judged([START, two, one, three], all_of).disorder == [2]


def test_nobody_knows_the_order_of_what_was_sent_at_once():
    one, two, three = all_of = sent(3, width=1.5)
    assert judged([START, two, one, three], all_of).disorder == []
    assert judged([START, three, one, two], all_of).disorder == [2]


def test_a_visit_begins_with_where_it_is():
    one, two = all_of = sent(2)
    assert judged([one, two], all_of).wrong
    page = Told().visit(0.4, START, one)
    page.visit(1.8, (1.9, "at"), two, cursor="x")
    (wrong,) = page.judged(all_of).wrong
    assert "with the cursor x" in wrong[1]


def named(ident, message):
    return Told.item(message, ident=ident)


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
        gap = (all_of[inner].placed, "gap")
        mended = [*dropped[: inner + 1], gap, *dropped[inner + 1 :]]
        assert judged(mended, all_of).told == 1
        again = [START, *all_of, all_of[inner]]
        assert judged(again, all_of).doubled == [len(all_of) + 1]


@pytest.mark.waits
@pytest.mark.parametrize(
    "options",
    [
        ["--in-all=0.1", "embedded-killed", "stream-always"],
        pytest.param(["--in-all=0.2"], marks=pytest.mark.long),
    ],
    ids=["two", "all"],
)
def test_a_short_run(options):
    done = subprocess.run(
        [sys.executable, CAMPAIGN, "--clients=8", *options],
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ passed, 0 failed$", done.stdout, re.MULTILINE)
