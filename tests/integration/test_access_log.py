"""Lines about clients: why can user 42 not connect, and why was it cut off?"""

import contextlib
import time

import pytest
from websockets.exceptions import ConnectionClosed

from rig.client import Client, Refused
from rig.logline import parse
from rig.people import auth, token
from rig.raw import request
from rig.waiting import eventually

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "auth": "people"},
    {
        "path": "/may/{room}",
        "rooms": ["{room}"],
        "auth": "people",
        "permit": "claim.rooms",
    },
    {"path": "/open/{room}", "rooms": ["{room}"]},
]


@pytest.fixture
def guarded(gateway, tmp_path):
    """Start a gateway where some routes want a token."""

    def start(**sections):
        people = auth(tmp_path)["auth"]["people"]
        people["token"] = ["query.token"]
        return gateway(auth={"people": people}, routes=ROUTES, **sections)

    return start


def lines(daemon):
    found = [parse(line) for line in daemon.lines]
    return [line for line in found if line and line.token == "access"]


def refuse(daemon, path, **options):
    with pytest.raises(Refused):
        Client.connect(daemon.ws_url(path), **options)


def wait_line(daemon, event):
    return daemon.wait_line(
        lambda line: line.token == "access" and line.event == event
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_refusal_says_who_what_and_why(guarded, form):
    daemon = guarded(log={"level": "info", "format": form})
    refuse(
        daemon,
        f"/may/b?token={token('42', rooms=['a'])}",
        origin="https://app.example",
        user_agent_header="Tester/1.0",
    )
    line = wait_line(daemon, "handshake refused")
    assert line.level == "info"
    wanted = {
        "status": "403",
        "reason": "permit",
        "why": "the room is not permitted",
        "user": "42",
        "route": "/may/{room}",
        "path": "/may/b",
        "origin": "https://app.example",
        "agent": "Tester/1.0",
        "transport": "websocket",
    }
    assert wanted == {key: str(line.pairs[key]) for key in wanted}
    assert line.pairs["client"].startswith("127.0.0.1:")
    assert len(line.pairs["id"]) == 22
    assert int(line.pairs["duration_ms"]) >= 0 and int(line.pairs["bytes"]) > 0
    assert "token" not in "".join(daemon.lines[-1:])


def test_whose_token_has_expired_is_told(guarded):
    daemon = guarded(log={"level": "info"})
    refuse(daemon, f"/ws/a?token={token('42', exp=1)}")
    line = wait_line(daemon, "handshake refused")
    assert line.pairs["user"] == "42" and "expired" in line.pairs["why"]


def test_a_connection_that_we_cut_is_told(guarded):
    daemon = guarded(log={"level": "info"}, limits={"inbound_rate": 1})
    client = Client.connect(daemon.ws_url(f"/ws/a?token={token('42')}"))
    with contextlib.suppress(ConnectionClosed):
        for _ in range(5):
            client.send("x")
    line = wait_line(daemon, "connection closed")
    assert line.pairs["code"] == "1008"
    assert line.pairs["reason"] == "inbound_rate"
    assert line.pairs["user"] == "42" and line.pairs["route"] == "/ws/{room}"
    assert line.pairs["path"] == "/ws/a" and "Python" in line.pairs["agent"]
    assert int(line.pairs["duration_ms"]) >= 0
    assert int(line.pairs["bytes"]) > 100  # the answer to its handshake
    assert [x.event for x in lines(daemon)] == ["connection closed"]


def test_one_whom_the_app_sends_away_is_told(guarded):
    daemon = guarded(log={"level": "info"})
    Client.connect(daemon.ws_url(f"/ws/a?token={token('42')}"))
    daemon.publisher().publish(
        "roomcast:control",
        '{"command":"disconnect","users":["42"],"code":4001,"reason":"x"}',
    )
    line = wait_line(daemon, "connection closed")
    assert line.pairs["code"] == "4001"
    assert line.pairs["reason"] == "disconnect_by_app"


def test_all_has_a_beginning_and_an_end_with_one_id(guarded):
    daemon = guarded(log={"level": "info", "access": "all"})
    url = daemon.ws_url(f"/ws/a?token={token('42')}")
    Client.connect(url, user_agent_header="Tester/1.0").close()
    end = wait_line(daemon, "connection closed")
    begin = wait_line(daemon, "connection accepted")
    assert begin.pairs["id"] == end.pairs["id"]
    assert begin.pairs["agent"] == "Tester/1.0"
    assert begin.pairs["rooms"] == "1" and begin.pairs["path"] == "/ws/a"
    assert end.pairs["reason"] == "closed_by_peer"
    assert {begin.level, end.level} == {"info"}


@pytest.mark.parametrize("accept", [None, "text/event-stream"])
def test_an_end_says_what_the_request_said(gateway, raw, accept):
    """Bounded, without its query; nothing of it where nothing is written."""
    transports = ["websocket", "sse"]
    route = {"path": "/{room}", "rooms": ["{room}"], "transports": transports}
    daemon = gateway(routes=[route], log={"level": "info", "access": "all"})
    said = {"Origin": "https://app.example", "User-Agent": "T" * 500}
    if accept:
        said |= {"Accept": accept}
    without = ["Upgrade", "Connection"] if accept else []
    client = raw(daemon)
    client.send(request("/a?secret=1", headers=said, without=without))
    assert client.read_response().status == (200 if accept else 101)
    client.reset()
    pairs = wait_line(daemon, "connection closed").pairs
    assert pairs["path"] == "/a" and pairs["origin"] == "https://app.example"
    assert pairs["agent"] == "T" * 120 + "..."


def test_who_came_while_nothing_was_written_ends_without_it(guarded, raw):
    daemon = guarded(log={"level": "info", "access": "off"})
    client = raw(daemon)
    client.send(request("/open/a", headers={"User-Agent": "Tester/1.0"}))
    assert client.read_response().status == 101
    assert daemon.api("log?level=debug", "PUT")[0] == 200
    client.reset()
    pairs = wait_line(daemon, "connection closed").pairs
    assert pairs["route"] == "/open/{room}"
    assert "agent" not in pairs and "path" not in pairs


def test_an_ordinary_end_is_nothing_to_tell(guarded):
    daemon = guarded(log={"level": "info"})
    Client.connect(daemon.ws_url("/open/a")).close()
    daemon.wait_metric("roomcast_connections", 0)
    stays = Client.connect(daemon.ws_url("/open/a"))
    daemon.stop()
    stays.close()
    assert lines(daemon) == []


def test_off_is_off(guarded):
    daemon = guarded(log={"level": "info", "access": "off"})
    refuse(daemon, "/ws/a")
    daemon.stop()
    assert lines(daemon) == []


def test_a_storm_is_counted(guarded):
    """Two of each second for all workers; within a second one says the rest."""
    daemon = guarded(log={"level": "info", "access_rate": 2})
    began = time.monotonic()
    for _ in range(30):
        refuse(daemon, "/nope")
    most = 4 + 2 * (time.monotonic() - began)
    left_out = wait_line(daemon, "lines left out")
    metric = "roomcast_access_log_left_out_total"
    assert daemon.metrics().sum(metric) >= 30 - most
    assert int(left_out.pairs["count"]) > 0
    daemon.stop()
    assert 1 <= written(daemon) <= most


def left_out(daemon):
    """How many lines have been left out, as lines tell."""
    told = [x for x in lines(daemon) if x.event == "lines left out"]
    return sum(int(x.pairs["count"]) for x in told)


def written(daemon):
    return len([x for x in lines(daemon) if x.event == "handshake refused"])


def test_the_rate_is_that_of_all_workers_together(guarded):
    """One line at once and one a second; all the others are told of."""
    daemon = guarded(workers=16, log={"level": "info", "access_rate": 1})
    began = time.monotonic()
    for _ in range(80):
        refuse(daemon, "/nope")
    most = 2 + time.monotonic() - began
    assert written(daemon) <= most
    eventually(lambda: left_out(daemon) + written(daemon) == 80, 5, "80")
    metric = "roomcast_access_log_left_out_total"
    assert daemon.metric(metric) == left_out(daemon)


def test_what_is_left_out_last_is_told_at_the_end(guarded):
    daemon = guarded(log={"level": "info", "access_rate": 1})
    for _ in range(20):
        refuse(daemon, "/nope")
    daemon.stop()
    assert left_out(daemon) + written(daemon) == 20


FORGED = b"2026-01-01T00:00:00.000Z info access: forged user=1"


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "head",
    [
        {"User-Agent": b"\xff\x1b[31m\xe2\x80\xae\" status=101 \\\"" + FORGED},
        {"Origin": b"https://\xe2\x80\xae\x9b31m.example\" " + FORGED},
        {"User-Agent": b"a" * 3000, "Origin": b"\xff" * 3000},
    ],
)
def test_a_header_forges_no_line(guarded, raw, form, head):
    daemon = guarded(log={"level": "info", "format": form})
    s = raw(daemon)
    fields = b"".join(
        key.encode() + b": " + value + b"\r\n" for key, value in head.items()
    )
    s.send(request("/nope").replace(b"\r\n\r\n", b"\r\n" + fields + b"\r\n"))
    s.wait_gone()
    line = wait_line(daemon, "handshake refused")
    assert str(line.pairs["status"]) in ("400", "404")
    daemon.stop()
    for text in daemon.lines:
        assert text.isascii() and text.isprintable() and len(text) < 2048
        assert parse(text), text
    assert len(lines(daemon)) == 1


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "path",
    [
        b"/\"\\\x80\xff%0a%0d" + FORGED.replace(b" ", b"/"),
        b"/" + b"x" * 4000,
        b"/x" * 2000,
        b"//" * 2000,
    ],
)
def test_a_path_forges_no_line(guarded, raw, form, path):
    daemon = guarded(log={"level": "info", "format": form})
    s = raw(daemon)
    s.send(request("/nope").replace(b"/nope", path))
    s.wait_gone()
    line = wait_line(daemon, "handshake refused")
    assert str(line.pairs["status"]) in ("400", "404")
    assert len(line.pairs.get("path", "")) < 1100
    daemon.stop()
    for text in daemon.lines:
        assert text.isascii() and text.isprintable() and len(text) < 2048
        assert parse(text), text
    assert len(lines(daemon)) == 1


def test_a_segment_that_may_be_a_token_is_cut(guarded):
    daemon = guarded(log={"level": "info"})
    secret = token("42")
    refuse(daemon, f"/nope/{secret}/b")
    line = wait_line(daemon, "handshake refused")
    assert line.pairs["path"] == f"/nope/{secret[:8]}.../b"
