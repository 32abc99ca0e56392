"""docs/clients.md, Codes: the table is the one of the code."""

import re

import pytest

from rig.gateway import ROOT

pytestmark = pytest.mark.outside

PAGE = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
SECTION = re.search(r"^## Codes\n(.*?)^## ", PAGE, re.M | re.S)[1]
ACTIONS = {"come back", "fetch a token first", "stop"}


def rows():
    """The codes of each row, its words in code, and what a page does."""
    for line in SECTION.splitlines():
        if re.match(r"\| \d", line):
            codes, _, why, action = line.strip("| ").split(" | ")
            numbers = [int(code) for code in codes.split(", ")]
            yield numbers, set(re.findall(r"`(\w+)`", why)), action


def codes_with(action):
    return {n for numbers, _, does in rows() if does == action for n in numbers}


def test_each_reason_of_an_end_has_its_code():
    source = (ROOT / "src" / "core" / "close.def").read_text()
    ends = set(
        (int(code), label)
        for code, label in re.findall(
            r'^CLOSE\(\w+, (\d+), "(\w+)"', source, re.M
        )
    )
    shown = {}
    for numbers, labels, action in rows():
        assert action in ACTIONS
        for number in numbers:
            assert number not in shown, "a code stands twice"
            shown[number] = labels
    for code, label in ends:
        assert label in shown[code], (code, label)
    labels = set().union(*shown.values())
    assert {x for x in labels if "_" in x} <= {label for _, label in ends}


def test_each_status_has_a_code_or_is_never_one():
    source = (ROOT / "src" / "core" / "refused.def").read_text()
    statuses = set(map(int, re.findall(r"^REFUSED\(\w+, (\d+),", source, re.M)))
    mirrored = {n - 4000 for numbers, _, _ in rows() for n in numbers
                if n >= 4000}
    (never,) = re.findall(r"((?:\d{3}[, and\s]+)+)are never told", SECTION)
    never = set(map(int, re.findall(r"\d{3}", never)))
    assert mirrored | never == statuses
    assert not mirrored & never


def test_the_loop_of_the_page_does_so():
    """Each of its connections has a new token: that needs no list."""
    (stops,) = re.findall(r"if \(\[([\d, ]+)\]\.includes\(code\)\) return", PAGE)
    assert set(map(int, stops.split(", "))) == codes_with("stop")
