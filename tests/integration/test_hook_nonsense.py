"""Auth type http: what an app may leave out, and what is its mistake."""

import pytest

from rig.asking import app, failures, refusal, sections
from rig.people import id_of


@pytest.mark.parametrize("field", ["user", "rooms", "expires_at", "other"])
def test_null_is_as_good_as_absent(gateway, connect, app, field):
    app.answer = {"user": "42", "rooms": ["a"], field: None}
    id_of(connect(gateway(**sections(app)), "/app/x"))


def test_a_claim_that_is_null_permits_nothing(gateway, raw, app):
    app.answer = {"user": "42", "may": None}
    conf = sections(app)
    conf["routes"][0]["permit"] = "claim.may"
    assert refusal(raw, gateway(**conf), "/app/x").status == 403


def test_rooms_may_be_whole_numbers(gateway, connect, app):
    app.answer = {"rooms": [42, "a"]}
    daemon = gateway(**sections(app))
    tab = connect(daemon, "/app/x")
    id_of(tab)
    daemon.publisher().publish("roomcast:room:42", "for 42")
    assert tab.recv() == "for 42"


NONSENSE = [
    ({"rooms": "a"}, "rooms is not an array"),
    ({"rooms": [None]}, "rooms is not an array"),
    ({"rooms": ["a,b"]}, "rooms holds a name that no room may have"),
    ({"rooms": ["a", ""]}, "rooms holds a name that no room may have"),
    ({"rooms": ["a", "b", "c", "d"]}, "rooms_per_connection"),
    ({"user": ["a"]}, "user is neither"),
    ({"user": "a\nb"}, "user is not"),
    ({"expires_at": "soon"}, "expires_at is not a number"),
    ({"expires_at": 1_767_225_600_000}, "expires_at looks like milliseconds"),
    ([], "not one JSON object"),
    (None, "not one JSON object"),
]


@pytest.mark.parametrize("answer, problem", NONSENSE)
def test_nonsense_is_counted_and_named(
    gateway, connect, raw, app, answer, problem
):
    app.answer = answer
    daemon = gateway(limits={"rooms_per_connection": 3}, **sections(app))
    assert refusal(raw, daemon).status == 503
    daemon.wait_metric(failures("answer"), 1)
    line = daemon.wait_line(lambda line: line.token == "hook")
    assert line.level == "warn"
    assert line.pairs["auth"] == "app"
    assert problem in line.pairs["detail"]
    app.answer = {"rooms": ["a", "b", "a"]}
    id_of(connect(daemon, "/app/x"))
