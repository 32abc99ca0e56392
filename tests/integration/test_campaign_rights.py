"""What the campaign (tests/campaign) holds a page to have a right to: rooms
that a command changes, what it was called, what is taken back, what is not kept
and the last messages first."""

import math

import pytest

from rig.judging import STRICT, Told, forget, message, move, sent

START = (0.5, "at")
ANN = frozenset({("user", "ann")})
GUEST = frozenset({("room", "guest")})


def last(n):
    """To everybody, so that all before it had their place."""
    return message(n, to=None)


# -- users, connections


def test_what_names_the_user_is_owed():
    one, two, end = message(1), message(2, to=ANN), last(3)
    found = Told().visit(0.4, START, one, end).judged([one, two, end])
    assert [m for _, m in found.lost] == [two]


def test_what_names_a_connection_is_owed_to_that_visit_only():
    to = frozenset({("connection", "c1")})
    one, two, end = message(1), message(2, to=to), last(3)
    page = Told().visit(0.4, START, one, end, connection="c1")
    assert len(page.judged([one, two, end]).lost) == 1
    page = Told().visit(0.4, START, one, two, end, connection="c2")
    assert "not for this page" in page.judged([one, two, end]).wrong[0][1]
    page = Told().visit(0.4, START, one, connection="c1")
    page.visit(1.6, (1.9, "at"), end, connection="c2")
    assert page.judged([one, two, end]).lost == []


# -- rooms by commands


def in_guest(*things, **more):
    return Told().visit(0.4, START, *things, **more)


def test_a_join_holds_from_its_place_on():
    one, two, end = message(1, to=GUEST), message(3, to=GUEST), last(4)
    all_of, join = [one, two, end], move(2, "guest")
    assert [m for _, m in in_guest(end).judged(all_of, join).lost] == [two]
    assert not in_guest(two, end).judged(all_of, join).wrong
    assert in_guest(one, two, end).judged(all_of, join).wrong


def test_a_leave_holds_from_its_place_on_until_the_visit_ends():
    one, two, three, end = all_of = [message(n) for n in (1, 3, 9, 11)]
    leave = move(2, is_join=False)
    page = Told().visit(0.4, START, last(4))
    assert [m for _, m in page.judged(all_of, leave).lost] == [one]
    page = Told().visit(0.4, START, one, two)
    assert page.judged(all_of, leave).wrong
    passed = Told().visit(0.4, START, last(4))
    page = Told().visit(0.4, START, one, left=7).visit(8, (8.5, "at"), end)
    lost = page.judged(all_of, leave, others=[passed]).lost
    assert [m for _, m in lost] == [three]


@pytest.mark.parametrize(
    "unsure",
    [
        {"is_acked": False},
        {"placed": 3.2},  # while the message was on its way
        {"sent": 0.45},  # before the page was told that it is in
    ],
)
def test_nobody_knows_whether_it_holds(unsure):
    one, end = all_of = [message(3, to=GUEST), last(4)]
    join = move(2, "guest", **unsure)
    for things in ([end], [one, end]):
        found = in_guest(*things).judged(all_of, join)
        assert not (found.lost or found.wrong)


def test_one_without_an_end_may_hold_at_any_time():
    one, end = all_of = [message(5, to=GUEST), last(6)]
    join = move(1, "guest", is_acked=False, placed=math.inf)
    leave = move(3, "guest", is_join=False)
    assert not in_guest(one, end).judged(all_of, join, leave).wrong
    assert in_guest(one, end).judged(all_of, leave).wrong


def test_a_gap_makes_what_was_before_it_unsure():
    one, end = all_of = [message(4, to=GUEST), last(5)]
    join = move(2, "guest")
    found = in_guest((3, "gap"), end).judged(all_of, join)
    assert not (found.lost or found.wrong)


def test_a_gateway_that_has_passed_a_command_does_not_carry_it_out_again():
    two, end = all_of = [message(9, to=GUEST), last(11)]
    passed = Told().visit(0.4, START, message(4, to=None))
    page = Told().visit(8, (8.5, "at"), two, end)
    assert page.judged(all_of, move(2, "guest"), others=[passed]).wrong
    assert not page.judged(all_of, move(2, "guest")).wrong


def test_a_move_explains_a_gap():
    one, end = all_of = [message(1), last(4)]
    page = Told().visit(0.4, START, one, (3, "gap"), end)
    found = page.judged(all_of, mode=STRICT)
    assert found.wrong and (found.gaps, found.moved) == (1, 0)
    found = page.judged(all_of, move(2), mode=STRICT)
    assert not found.wrong and (found.gaps, found.moved) == (0, 1)


# -- what it was called


def test_a_message_that_spares_a_name_is_not_for_the_visit_with_it():
    one, two, end = message(1), message(2, spared=frozenset(["me"])), last(3)
    all_of = [one, two, end]
    assert not Told().visit(
        0.4, START, one, end, names=frozenset(["me"])
    ).judged(all_of).lost
    assert Told().visit(
        0.4, START, one, two, end, names=frozenset(["me"])
    ).judged(all_of).wrong
    assert Told().visit(0.4, START, one, end).judged(all_of).lost


def test_so_does_one_that_spares_its_connection():
    one, end = all_of = [message(1, spared=frozenset(["c1"])), last(2)]
    page = Told().visit(0.4, START, one, end, connection="c1")
    assert page.judged(all_of).wrong


# -- what is taken back


def test_what_was_forgotten_before_it_came_is_not_owed():
    one, two, end = all_of = [message(1), message(2), last(6)]
    page = Told().visit(0.4, START, one).visit(5, (5.5, "at"), end)
    assert page.judged(all_of).lost
    assert not page.judged(all_of, forget(4, two)).lost
    assert not page.judged(all_of, forget(4, rooms=["a"])).lost
    assert page.judged(all_of, forget(4, rooms=["b"])).lost
    assert page.judged(all_of, forget(7, two)).lost


def test_who_comes_when_it_is_forgotten_must_not_get_it():
    one, two, end = all_of = [message(1), message(2), last(6)]
    page = Told().visit(0.4, START, one).visit(5, (5.5, "at"), two, end)
    read = Told().visit(0.4, START, message(4.5, 0.1, to=None))
    for taken_back in (forget(4, two), forget(4, rooms=["a"])):
        assert page.judged(all_of, taken_back, others=[read]).wrong
        assert not page.judged(all_of, taken_back).wrong


# -- what is not kept


def test_what_is_not_kept_is_owed_to_who_is_live_and_stays_it():
    fleeting, between, missing = message(1), message(2), message(3)
    fleeting.is_kept = missing.is_kept = False
    end = last(4)
    all_of = [fleeting, between, missing, end]
    live = Told.item(fleeting)
    for things, policy, lost in (
        ([live, between, end], "disconnect", 1),
        ([live, between, end], "catch_up", 0),
        ([between, end], "disconnect", 0),
        ([between, live, end], "disconnect", 0),
    ):
        page = Told().visit(0.4, START, *things, policy=policy)
        assert len(page.judged(all_of).lost) == lost


@pytest.mark.parametrize("policy", ["disconnect", "catch_up"])
def test_without_ids_what_is_kept_comes_while_the_connection_lasts(policy):
    one, two, end = all_of = [message(1), message(2), last(3)]
    for things in ([one, end], [end]):
        page = Told(has_ids=False)
        page.visit(0.4, (0.5, "welcome"), *things, policy=policy)
        assert len(page.judged(all_of).lost) == 3 - len(things)


@pytest.mark.parametrize("policy", ["disconnect", "catch_up"])
@pytest.mark.parametrize("welcome, lost", [(1.9, 1), (2.1, 0)])
def test_without_ids_what_was_sent_before_the_answer_is_not_owed(
    policy, welcome, lost
):
    """Though something comes that was sent before it."""
    one, two, end = all_of = [message(1, to=None), message(2), last(3)]
    page = Told(has_ids=False)
    page.visit(0.4, (welcome, "welcome"), one, end, policy=policy)
    assert len(page.judged(all_of).lost) == lost


# -- the last ones first


@pytest.fixture
def looking_back():
    """Ten were there, told to somebody else, when the page asked for four."""
    elsewhere = message(10.8, 0.1, to=GUEST)
    all_of = [*sent(10), elsewhere, last(13)]
    other = Told(["a", "guest"]).visit(0.4, START, *all_of)

    def look(first, *commands, **more):
        things = [m for m in all_of[first:] if m is not elsewhere]
        page = Told().visit(11, (11.5, "at"), *things, last=4)
        return page.judged(all_of, *commands, others=[other], **more)

    return look


def test_they_are_the_last_ones(looking_back):
    found = looking_back(6)
    assert not (found.lost or found.wrong)


def test_too_few_are_a_loss(looking_back):
    assert [m.key for _, m in looking_back(7).lost] == [(0, 7)]
    assert not looking_back(7, breaks=[(9.9, None)]).lost
    assert not looking_back(7, forget(10.8, message(7))).lost


def test_what_the_next_visit_is_spared_is_no_loss():
    """The first one broke off before it had the last one."""
    eight, nine = message(8), message(9, spared=frozenset(["me"]))
    all_of = [message(7), eight, nine, last(13)]
    other = Told().visit(0.4, START, *all_of)
    page = Told().visit(10.5, (11, "at"), eight, last=2)
    page.visit(12, (12.5, "at"), last(13), names=frozenset(["me"]))
    assert not page.judged(all_of, others=[other]).lost
    page = Told().visit(10.5, (11, "at"), eight, last(13), last=2)
    assert page.judged(all_of, others=[other]).lost


def test_too_many_are_wrong(looking_back):
    assert "not of the last 4" in looking_back(5).wrong[0][1]
