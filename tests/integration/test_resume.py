"""History: `since`, ids, what was missed, and gaps (docs/delivery.md)."""

import json

import pytest

from rig.client import Refused
from rig.deflate import compression, content_of, offer
from rig.hopping import come_and_go
from rig.people import command, id_of, people, send, token
from rig.raw import TEXT
from rig.resuming import Frame, Resuming, since
from rig.sizes import sizes
from rig.tls import certificates, listen, trusting, wss
from rig.waiting import eventually

WORKERS = [1, 2]

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {
        "path": "/bin/{room}",
        "rooms": ["{room}"],
        "frames": "binary",
        "resume": True,
    },
    {
        "path": "/hello/{room}",
        "rooms": ["{room}"],
        "welcome": True,
        "resume": True,
    },
    {"path": "/short/{room}", "rooms": ["{room}"], "resume": "1s"},
    {"path": "/plain/{room}", "rooms": ["{room}"], "welcome": True},
    {"path": "/taken", "rooms": ["{query.since}"]},
    {"path": "/rooms", "rooms": ["{query.rooms}"], "resume": True},
]


def history(**keys):
    return {"history": keys, "routes": ROUTES}


@pytest.fixture
def daemon(gateway):
    return gateway(**history())


def room(publisher, content, name="lobby"):
    return publisher.publish(f"roomcast:room:{name}", content)


def status_of(daemon, path):
    with pytest.raises(Refused) as refused:
        Resuming(daemon.ws_url, path).come()
    return refused.value.status_code


# -- frames


def test_each_frame_begins_with_a_line(daemon, connect):
    client = connect(daemon, since("/ws/lobby"))
    first = Frame(client.recv())
    assert first.word == "at" and first.id and first.content == b""
    publisher = daemon.publisher()
    assert room(publisher, "hi") == 1
    message = Frame(client.recv())
    assert message.word is None and message.content == b"hi"
    assert message.id not in ("", first.id)
    room(publisher, b"\xff\n\xfe")
    binary = Frame(client.recv())
    assert not binary.is_text and binary.content == b"\xff\n\xfe"
    room(publisher, "")
    assert Frame(client.recv()).content == b""


def test_without_since_nothing_changes(daemon, connect):
    client = connect(daemon, "/hello/lobby")
    id_of(client)
    room(daemon.publisher(), "hi")
    assert client.recv() == "hi"


def test_binary_routes_keep_their_opcode_and_notes_are_text(daemon, connect):
    client = connect(daemon, since("/bin/lobby"))
    assert Frame(client.recv()).word == "at"  # which must be text
    room(daemon.publisher(), "hi")
    message = Frame(client.recv())
    assert not message.is_text and message.content == b"hi"


def test_the_welcome_is_behind_the_first_note(daemon, connect):
    client = connect(daemon, since("/hello/lobby"))
    assert Frame(client.recv()).word == "at"
    welcome = Frame(client.recv())
    assert welcome.word == "welcome" and welcome.id == ""
    assert json.loads(welcome.content)["type"] == "roomcast.welcome"


def test_keep_false_comes_without_an_id_and_not_again(daemon):
    page = Resuming(daemon.ws_url)
    page.come()
    publisher = daemon.publisher()
    send(publisher, "typing", rooms=["lobby"], keep=False)
    assert page.take().id == ""
    page.leave()
    send(publisher, "typing", rooms=["lobby"], keep=False)
    send(publisher, "kept", rooms=["lobby"], keep=True)
    page.come()
    page.take_until("kept")
    assert page.contents == ["typing", "kept"]
    assert page.gaps == 0
    page.leave()


def test_what_is_not_kept_is_a_position_all_the_same(daemon):
    page = Resuming(daemon.ws_url)
    mark, _, first = page.come().id.partition("~")
    publisher = daemon.publisher()
    send(publisher, "typing", rooms=["lobby"], keep=False)
    send(publisher, "typing", rooms=["elsewhere"], keep=False)
    send(publisher, "kept", rooms=["lobby"])
    page.take_until("kept")
    assert page.cursor == f"{mark}~{int(first) + 3}"
    page.leave()
    for n in range(2):
        page.cursor = f"{mark}~{int(first) + 1 + n}"
        page.contents = []
        assert page.come().id == f"{mark}~{int(first) + 1 + n}"
        page.take_until("kept")
        assert page.contents == ["kept"] and page.gaps == 0
        page.leave()


def test_keep_changes_nothing_for_who_goes_by_no_ids(daemon, connect):
    client = connect(daemon, "/ws/lobby")
    send(daemon.publisher(), "typing", rooms=["lobby"], keep=False)
    assert client.recv() == "typing"


def test_keep_is_taken_where_nothing_is_kept(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    for keep in (False, True):
        send(daemon.publisher(), "hi", rooms=["lobby"], keep=keep)
        assert client.recv() == "hi"


def test_with_keep_that_is_no_bool_the_payload_is_dropped(daemon):
    publisher = daemon.publisher()
    with pytest.raises(Exception, match="keep"):
        send(publisher, "x", rooms=["lobby"], keep="false")


# -- who may ask


def test_since_twice_is_400(daemon):
    assert status_of(daemon, "/ws/lobby?since=") == 400
    assert (
        daemon.metric('roomcast_refused_total{reason="since_twice"}') == 1
    )


def test_since_where_there_is_no_resume_is_400(daemon):
    assert status_of(daemon, "/plain/lobby") == 400


def test_a_template_that_uses_the_name_has_it(daemon, connect):
    client = connect(daemon, "/taken?since=lobby")
    room(daemon.publisher(), "hi")
    assert client.recv() == "hi"


def test_without_history_since_is_nobodys(gateway, connect):
    daemon = gateway()
    client = connect(daemon, since("/ws/lobby"))
    room(daemon.publisher(), "hi")
    assert client.recv() == "hi"


# -- what was missed


def test_what_was_missed_comes_once_and_in_order(daemon):
    page = Resuming(daemon.ws_url)
    page.come()
    publisher = daemon.publisher()
    room(publisher, "0")
    page.take_until("0")
    page.leave()
    cursor = page.cursor
    for n in range(1, 500):
        room(publisher, str(n))
        room(publisher, "not for this one", name="elsewhere")
    first = page.come()
    assert (first.id, first.word) == (cursor, "at")
    room(publisher, "live")
    page.take_until("live")
    assert page.contents == [*map(str, range(500)), "live"]
    assert page.gaps == 0
    page.leave()
    assert daemon.metric('roomcast_resumes_total{outcome="replayed"}') == 1
    assert daemon.metric("roomcast_replayed_messages_total") >= 499


def test_broadcasts_rooms_lists_and_envelopes_come_again(daemon):
    page = Resuming(daemon.ws_url, "/rooms?rooms=a,b")
    page.come()
    page.leave()
    publisher = daemon.publisher()
    publisher.publish("roomcast:broadcast", "all")
    publisher.publish("roomcast:send", b"x,b\0list")
    send(publisher, "both", rooms=["a", "b"])
    send(publisher, "other", rooms=["c"])
    page.come()
    page.take_until("both")
    assert page.contents == ["all", "list", "both"]
    page.leave()


def test_what_names_the_user_comes_again(gateway, people):
    routes = [{**route, "resume": True} for route in people["routes"]]
    daemon = gateway(history={}, auth=people["auth"], routes=routes)
    page = Resuming(daemon.ws_url, f"/user?rooms=a&token={token('anna')}")
    page.come()
    page.leave()
    publisher = daemon.publisher()
    send(publisher, "for anna", users=["anna"])
    send(publisher, "for berta", users=["berta"])
    send(publisher, "for a", rooms=["a"])
    page.come()
    page.take_until("for a")
    assert page.contents == ["for anna", "for a"]
    page.leave()


@pytest.mark.parametrize(
    "cursor",
    ["x", "0", "a~1", "%00", "%zz", "z" * 65, "z" * 900, "0~0", "~", "~1"],
)
def test_an_unknown_cursor_is_a_gap_and_is_not_echoed(daemon, cursor):
    page = Resuming(daemon.ws_url)
    page.cursor = cursor
    first = page.come()
    assert first.word == "gap" and first.id != cursor
    room(daemon.publisher(), "live")
    page.take_until("live")
    page.leave()
    assert daemon.metric('roomcast_resumes_total{reason="unknown"}') == 1


def test_a_cursor_may_be_percent_encoded(daemon):
    page = Resuming(daemon.ws_url)
    cursor = page.come().id
    page.leave()
    page.cursor = "".join(f"%{byte:02X}" for byte in cursor.encode())
    first = page.come()
    assert (first.id, first.word) == (cursor, "at")
    page.leave()


def test_a_cursor_of_tomorrow_is_unknown(daemon):
    page = Resuming(daemon.ws_url)
    mark, _, number = page.come().id.rpartition("~")
    page.leave()
    page.cursor = f"{mark}~{int(number) + 1}"
    assert page.come().word == "gap"
    page.leave()


def test_a_restart_is_a_gap(daemon):
    page = Resuming(daemon.ws_url)
    page.come()
    room(daemon.publisher(), "before")
    page.take_until("before")
    daemon.stop()
    daemon.start()
    assert page.come().word == "gap"
    room(daemon.publisher(), "after")
    page.take_until("after")
    assert page.contents == ["before", "after"]
    page.leave()


def test_a_route_says_how_far_back(daemon):
    page = Resuming(daemon.ws_url, "/short/lobby")
    page.come()
    page.leave()
    room(daemon.publisher(), "soon forgotten")
    other = Resuming(daemon.ws_url)
    cursor = page.cursor

    def is_too_old():
        page.cursor = cursor
        page.come()
        page.leave()
        return page.gaps == 1

    eventually(is_too_old, 10, "it is too far back")
    other.cursor = cursor
    assert other.come().word == "at"
    other.leave()


def test_old_age_is_a_gap(gateway):
    daemon = gateway(**history(max_age="1s"))
    page = Resuming(daemon.ws_url)
    cursor = page.come().id
    page.leave()
    room(daemon.publisher(), "soon forgotten")

    def is_a_gap():
        page.cursor = cursor
        page.come()
        page.leave()
        return page.gaps == 1

    eventually(is_a_gap, 10, "it is too old")
    assert daemon.metric('roomcast_resumes_total{reason="old"}') >= 1
    ages = "roomcast_cursor_age_seconds"
    assert daemon.metric(f"{ages}_count") > daemon.metric(
        f'{ages}_bucket{{le="3600"}}'
    )
    daemon.wait_metric("roomcast_history_entries", 0)


def test_what_is_too_big_is_told(gateway):
    daemon = gateway(limits={"payload": "1KiB"}, **history())
    live, back = Resuming(daemon.ws_url), Resuming(daemon.ws_url)
    elsewhere = Resuming(daemon.ws_url, "/ws/attic")
    live.come()
    elsewhere.come()
    back.come()
    back.leave()
    publisher = daemon.publisher()
    room(publisher, "1")
    with pytest.raises(Exception, match="dropped"):
        room(publisher, "x" * 2000)
    room(publisher, "2")
    back.come()
    for page in (live, back):
        page.take_until("2")
        assert page.contents == ["1", "2"]
        assert page.gaps == 1
        page.leave()
    room(publisher, "3", "attic")
    elsewhere.take_until("3")
    assert elsewhere.gaps == 1
    elsewhere.leave()


# -- the ring turns over


def test_a_page_that_has_gone_is_a_gap_and_then_it_is_live(gateway, raw):
    """A reader that is slow enough for the ring to turn over meanwhile."""
    daemon = gateway(
        delivery={"queue": "64KiB", "socket_buffer": "16KiB"},
        **history(memory="4MiB"),
    )
    page = Resuming(daemon.ws_url)
    page.come()
    page.leave()
    publisher = daemon.publisher()
    big = "x" * 8000
    for n in range(50):
        room(publisher, f"{n} {big}")
    s = raw.upgraded(daemon, since("/ws/lobby", page.cursor), receive_buffer=4096)
    for n in range(50, 300):
        room(publisher, f"{n} {big}")
    room(publisher, "live")
    numbers, gaps = [], 0
    while True:
        frame = Frame(s.read_frame().payload.decode())
        if frame.content == b"live":
            break
        gaps += frame.word == "gap"
        if frame.word is None:
            numbers.append(int(frame.content.split()[0]))
        elif frame.word == "gap" and numbers:
            room(publisher, "live")
    assert numbers == sorted(set(numbers))
    assert gaps == 1 and numbers[0] == 0


# -- keepalive


def test_a_quiet_page_is_told_where_it_is(gateway):
    daemon = gateway(
        keepalive={"ping_interval": "1s", "pong_timeout": "1m"},
        **history(),
    )
    page = Resuming(daemon.ws_url)
    first = page.come()
    room(daemon.publisher(), "for others", name="elsewhere")
    frame = page.take(10)
    while frame.id == first.id:
        frame = page.take(10)
    assert frame.word == "at"
    page.leave()
    assert page.come().word == "at"
    page.leave()


def test_everybody_is_told_when_a_quarter_of_the_ring_has_passed(gateway):
    daemon = gateway(**history(memory="1MiB"))
    page = Resuming(daemon.ws_url)
    first = page.come()
    publisher = daemon.publisher()
    for _ in range(100):
        room(publisher, "x" * 8000, name="elsewhere")
    frame = page.take()
    assert frame.word == "at" and frame.id != first.id
    page.leave()


# -- rooms that change


def test_rooms_joined_by_command_are_live_only(daemon, connect):
    client = connect(daemon, since("/hello/lobby"))
    assert Frame(client.recv()).word == "at"
    ident = json.loads(Frame(client.recv()).content)["connection"]
    publisher = daemon.publisher()
    command(publisher, "join", connections=[ident], rooms=["new"])
    room(publisher, "1", name="new")
    last = Frame(client.recv())
    assert last.content == b"1"
    client.close()
    room(publisher, "2", name="new")
    room(publisher, "3")
    page = Resuming(daemon.ws_url)
    page.cursor = last.id
    page.come()
    page.take_until("3")
    assert page.contents == ["3"]
    page.leave()


def test_a_join_and_a_leave_while_behind_hold_from_there_on(gateway, raw):
    daemon = gateway(
        delivery={"queue": "64KiB", "socket_buffer": "16KiB"}, **history()
    )
    page = Resuming(daemon.ws_url, "/hello/lobby")
    page.come()
    page.leave()
    publisher = daemon.publisher()
    for n in range(200):
        room(publisher, f"{n} {'x' * 4000}")
    path = since("/hello/lobby", page.cursor)
    s = raw.upgraded(daemon, path, receive_buffer=4096)
    frames = (Frame(s.read_frame().payload.decode()) for _ in iter(int, 1))
    assert next(frames).word == "at"
    ident = json.loads(next(frames).content)["connection"]
    room(publisher, "before", name="new")
    command(publisher, "join", connections=[ident], rooms=["new"])
    room(publisher, "200", name="new")
    command(publisher, "leave", connections=[ident], rooms=["lobby"])
    room(publisher, "behind")
    room(publisher, "201", name="new")
    read = [next(frames) for _ in range(202)]
    assert [f.content.split()[0] for f in read] == [
        str(n).encode() for n in range(202)
    ]
    assert not any(f.word for f in read)


# -- compressed


def test_frames_with_ids_are_deflated_as_one(gateway, raw):
    daemon = gateway(delivery=compression(min_size="1B"), **history())
    s = raw.upgraded(daemon, since("/ws/lobby"), headers=offer())
    assert Frame(content_of(s.read_frame()).decode()).word == "at"
    text = "again and " * 100
    room(daemon.publisher(), text)
    frame = s.read_frame()
    assert frame.opcode == TEXT and frame.is_deflated
    message = Frame(content_of(frame).decode())
    assert message.content.decode() == text and message.id


# -- all the while


@sizes("count", 250, 2500)
@pytest.mark.parametrize("kind", ["plain", "tls", "deflate", "binary"])
def test_pages_that_come_and_go_miss_nothing(
    gateway, certificates, kind, count
):
    options, sections, path = {}, {}, "/ws/lobby"
    if kind == "tls":
        sections["listen"] = listen(certificates.first)
        options["ssl"] = trusting(certificates.first)
    if kind == "deflate":
        sections["delivery"] = compression(min_size="1B")
        options["compression"] = "deflate"
    if kind == "binary":
        path = "/bin/lobby"
    daemon = gateway(**sections, **history())

    def url(path):
        return wss(daemon, path) if kind == "tls" else daemon.ws_url(path)

    pages = [Resuming(url, path, **options) for _ in range(3)]
    for page in pages:
        page.come()
        page.leave()
    come_and_go(daemon, pages, count)
    for page in pages:
        assert page.contents == [*map(str, range(count))]
        assert page.gaps == 0
