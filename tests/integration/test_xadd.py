"""XADD on the embedded port: what is kept, where PUBLISH is not."""

import json
import re
import subprocess

import pytest
import redis

from rig.client import Closed
from rig.people import id_of
from rig.resuming import Resuming
from rig.waiting import seconds

WORKERS = [1, 2]

STREAM = "roomcast:stream"
LOBBY = "roomcast:room:lobby"

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {"path": "/plain/{room}", "rooms": ["{room}"], "welcome": True},
]


@pytest.fixture
def daemon(gateway):
    return gateway(history={"stream": STREAM}, routes=ROUTES)


def add(publisher, content, channel=LOBBY, **options):
    return publisher.xadd(STREAM, {channel: content}, **options).decode()


def envelope(content, **keys):
    return json.dumps({"rooms": ["lobby"], "text": content, **keys})


def page(daemon):
    it = Resuming(daemon.ws_url)
    it.come()
    return it


# -- ids


def test_the_id_that_is_answered_is_the_frames(daemon):
    it = page(daemon)
    publisher = daemon.publisher()
    ids = [add(publisher, str(n)) for n in range(50)]
    assert all(re.fullmatch(r"\d+-\d+", i) for i in ids)
    numbers = [tuple(map(int, i.split("-"))) for i in ids]
    assert numbers == sorted(set(numbers))
    frames = [it.take() for _ in ids]
    assert [(f.id, f.word) for f in frames] == [(i, None) for i in ids]


def test_the_first_note_is_there_before_the_first_entry(daemon):
    it = page(daemon)
    assert it.first.word == "at" and re.fullmatch(r"\d+-\d+", it.first.id)
    it.leave()
    add(daemon.publisher(), "hi")
    assert it.come().word == "at"
    it.take_until("hi")


def test_a_page_continues_from_the_id_that_xadd_answered(daemon):
    publisher = daemon.publisher()
    ids = [add(publisher, str(n)) for n in range(10)]
    for n, cursor in enumerate(ids):
        it = Resuming(daemon.ws_url)
        it.cursor = cursor
        first = it.come()
        assert (first.id, first.word) == (cursor, "at")
        if n < 9:
            it.take_until("9")
        assert it.contents == [str(k) for k in range(n + 1, 10)]
        it.leave()


@pytest.mark.parametrize("cursor", ["0-0", "1-1", "99999999999999-0"])
def test_another_id_is_a_gap(daemon, cursor):
    add(daemon.publisher(), "hi")
    it = Resuming(daemon.ws_url)
    it.cursor = cursor
    assert it.come().word == "gap"
    assert it.first.id != cursor


def test_an_id_of_before_a_restart_is_a_gap(daemon):
    it = page(daemon)
    add(daemon.publisher(), "hi")
    it.take_until("hi")
    it.leave()
    daemon.stop()
    daemon.start()
    assert it.come().word == "gap"


# -- what is kept, and what is not


def test_what_is_published_is_live_only_and_has_no_id(daemon):
    it = page(daemon)
    publisher = daemon.publisher()
    add(publisher, "kept")
    publisher.publish(LOBBY, "typing")
    publisher.publish("roomcast:send", envelope("typing, too"))
    frames = [it.take() for _ in range(3)]
    assert [f.id == "" for f in frames] == [False, True, True]
    it.leave()
    publisher.publish(LOBBY, "missed")
    publisher.publish("roomcast:broadcast", "missed, too")
    add(publisher, "last")
    assert it.come().word == "at"
    it.take_until("last")
    assert it.contents == ["kept", "typing", "typing, too", "last"]
    assert it.gaps == 0


def test_each_form_goes_through_the_stream(daemon, connect):
    it = page(daemon)
    plain = connect(daemon, "/plain/lobby")
    ident = id_of(plain)
    it.leave()
    publisher = daemon.publisher()
    add(publisher, envelope("envelope"), "roomcast:send")
    add(publisher, b"x,lobby\0list", "roomcast:send")
    add(publisher, "all", "roomcast:broadcast")
    add(publisher, envelope("not kept", keep=False), "roomcast:send")
    add(publisher, "channel")
    it.come()
    it.take_until("channel")
    expected = ["envelope", "list", "all", "channel"]
    assert it.contents == expected
    assert plain.recv_many(5) == [*expected[:3], "not kept", "channel"]
    control = {"command": "disconnect", "connections": [ident]}
    add(publisher, json.dumps(control), "roomcast:control")
    assert isinstance(plain.next(), Closed)


# -- what may be asked


def test_maxlen_is_taken_and_trims_nothing(daemon):
    it = page(daemon)
    it.leave()
    publisher = daemon.publisher()
    for n in range(20):
        add(publisher, str(n), maxlen=2, approximate=n % 2 == 0)
    it.come()
    it.take_until("19")
    assert it.contents == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    "words, limit",
    [
        (["other", "*", LOBBY, "x"], "history.stream"),
        ([STREAM, "5-5", LOBBY, "x"], r"\*"),
        ([STREAM, "MINID", "5", "*", LOBBY, "x"], "MAXLEN only"),
        ([STREAM, "NOMKSTREAM", "*", LOBBY, "x"], "MAXLEN only"),
        (
            [STREAM, "MAXLEN", "~", "5", "LIMIT", "5", "*", LOBBY, "x"],
            "MAXLEN only",
        ),
        ([STREAM, "*", LOBBY, "x", LOBBY, "y"], "one field"),
        ([STREAM, "*", "field", "x"], "no channel"),
        ([STREAM, "*", "roomcast:send", "{"], "payload dropped: .*JSON"),
    ],
)
def test_the_rest_is_refused_by_name(daemon, words, limit):
    with pytest.raises(redis.ResponseError, match=limit):
        daemon.publisher().execute_command("XADD", *words)


def test_what_is_refused_is_no_entry(daemon):
    it = page(daemon)
    publisher = daemon.publisher()
    for fields in ({"field": "x"}, {LOBBY: "x", "more": "y"}):
        with pytest.raises(redis.ResponseError):
            publisher.xadd(STREAM, fields)
    with pytest.raises(redis.ResponseError):
        publisher.xadd(STREAM, {"roomcast:send": "{"})
    add(publisher, "last")
    it.take_until("last")
    assert it.contents == ["last"] and it.gaps == 0


def test_without_a_stream_xadd_says_what_to_do(gateway):
    daemon = gateway(history={}, routes=ROUTES)
    with pytest.raises(redis.ResponseError, match="needs history.stream"):
        add(daemon.publisher(), "x")


def test_a_transaction_of_entries(daemon):
    it = page(daemon)
    publisher = daemon.publisher()
    with publisher.pipeline(transaction=True) as pipe:
        pipe.xadd(STREAM, {LOBBY: "a"}, maxlen=100)
        pipe.publish(LOBBY, "typing")
        pipe.xadd(STREAM, {LOBBY: "b"})
        answers = pipe.execute()
    frames = [it.take() for _ in answers]
    assert frames[0].id.encode() == answers[0]
    assert frames[2].id.encode() == answers[2]
    assert [f.content for f in frames] == [b"a", b"typing", b"b"]
    with publisher.pipeline(transaction=True) as pipe:
        pipe.xadd(STREAM, {LOBBY: "no"})
        pipe.xadd(STREAM, {"roomcast:send": "{"})
        with pytest.raises(redis.ResponseError):
            pipe.execute()
    add(publisher, "last")
    assert it.take().content == b"last"


@pytest.mark.parametrize("trim", [[], ["MAXLEN", "~", "1000"]])
def test_redis_cli_can_add(daemon, trim):
    it = page(daemon)
    done = subprocess.run(
        ["redis-cli", "-p", str(daemon.publish_port), "XADD", STREAM]
        + [*trim, "*", LOBBY, "from redis-cli"],
        capture_output=True,
        text=True,
        timeout=seconds(10),
        check=True,
    )
    frame = it.take()
    assert frame.id == done.stdout.strip()
    assert frame.content == b"from redis-cli"


def test_a_client_without_ids_notices_nothing(daemon, connect):
    client = connect(daemon, "/ws/lobby")
    add(daemon.publisher(), "hi")
    assert client.recv() == "hi"


def test_a_quarter_of_the_ring_and_an_old_id(gateway):
    daemon = gateway(
        history={"stream": STREAM, "memory": "1MiB"}, routes=ROUTES
    )
    it = page(daemon)
    it.leave()
    publisher = daemon.publisher()
    first = add(publisher, "first")
    with publisher.pipeline(transaction=False) as pipe:
        for n in range(200):
            pipe.xadd(STREAM, {LOBBY: 10000 * "x"})
        pipe.execute()
    it.cursor = first
    assert it.come().word == "gap"
    assert re.fullmatch(r"\d+-\d+", it.first.id)
