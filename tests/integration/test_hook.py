"""Auth type http: whom the app admits, and what it is told."""

import json
import time

import pytest

from rig.asking import (
    CALLS,
    app,
    failures,
    refusal,
    refused,
    sections,
)
from rig.people import id_of, send
from rig.raw import PING, PONG, frame, request
from rig.waiting import eventually, in_a_moment

END = "end"


def last_head(app):
    """What the app was sent: the request line, and (name, value) pairs."""
    text = app.heads[-1]
    assert text.endswith(b"\r\n\r\n")
    first, *lines = text[:-4].split(b"\r\n")
    for line in [first, *lines]:
        controls = {*range(0x20), 0x7F} - {ord("\t")}
        assert controls.isdisjoint(line), line
    pairs = [line.split(b": ", 1) for line in lines]
    return first.decode(), [(k.decode(), v) for k, v in pairs]


def header_names(app):
    return sorted(name.lower() for name, _ in last_head(app)[1])


# -- who is admitted, and where that leads


def test_the_answer_says_who_it_is_and_which_rooms(gateway, connect, app):
    app.answer = {
        "user": "42",
        "rooms": ["granted", "café"],
        "team": ["red", "blue"],
        "level": 7,
    }
    conf = sections(app)
    conf["routes"][0]["rooms"] = [
        "{room}",
        "of-{user}",
        "team-{claim.team}",
        "level-{claim.level}",
    ]
    daemon = gateway(**conf)
    client = connect(daemon, "/app/lobby")
    id_of(client)
    rooms = ["lobby", "of-42", "team-red", "team-blue", "level-7"]
    rooms += ["granted", "café"]
    publisher = daemon.publisher()
    for room in [*rooms, "other", "team-", "x", "42"]:
        send(publisher, room, rooms=[room])
    publisher.publish("roomcast:broadcast", END)
    assert client.recv_until(END) == rooms


@pytest.mark.parametrize(
    "user, name",
    [
        ("ann@example.com", "ann@example.com"),
        (42, "42"),
        (12345678901234567890, "12345678901234567890"),
        ("Zoë", "Zoë"),
    ],
)
def test_a_user_is_a_target_on_every_tab(gateway, connect, app, user, name):
    app.answer = {"user": user}
    daemon = gateway(**sections(app))
    tabs = connect.many([daemon.ws_url("/app/x")] * 6)
    bystander = connect(daemon, "/free/x")
    for tab in tabs:
        id_of(tab)
    publisher = daemon.publisher()
    send(publisher, "yours", users=[name])
    send(publisher, "yours too", users=[name], rooms=["x"])
    publisher.publish("roomcast:broadcast", END)
    for tab in tabs:
        assert tab.recv_until(END) == ["yours", "yours too"]
    assert bystander.recv_until(END) == ["yours too"]


@pytest.mark.parametrize(
    "mode", ["chunked", "early-hints", "until-close"]
)
def test_other_spellings_of_yes(gateway, connect, app, mode):
    app.mode = mode
    daemon = gateway(**sections(app))
    id_of(connect(daemon, "/app/x"))


def test_an_app_may_answer_one_byte_at_a_time(gateway, connect, app):
    app.mode = "bytes"
    id_of(connect(gateway(**sections(app)), "/app/x"))


@pytest.mark.parametrize("status", [401, 403])
def test_the_app_says_no(gateway, raw, app, status):
    app.mode = f"status/{status}"
    daemon = gateway(**sections(app))
    answer = refusal(raw, daemon)
    assert answer.status == status
    assert b"so be it" not in answer.body
    assert "retry-after" not in answer.headers
    daemon.wait_metric(refused(status), 1)
    assert not any(
        value
        for name, value in daemon.metrics().items()
        if name.startswith("roomcast_hook_failures_total")
    )


def test_permit_is_a_field_of_the_answer(gateway, connect, raw, app):
    app.answer = {"user": "1", "may": ["team-*", "lobby"], "rooms": ["extra"]}
    conf = sections(app)
    conf["routes"][0]["permit"] = "claim.may"
    daemon = gateway(**conf)
    id_of(connect(daemon, "/app/team-7"))
    id_of(connect(daemon, "/app/lobby"))
    assert refusal(raw, daemon, "/app/admin").status == 403
    app.answer = {"user": "1"}
    assert refusal(raw, daemon, "/app/lobby").status == 403


@pytest.mark.parametrize(
    "room", ["a,b", "", "a\nb", "x" * 256, "\x7f", "\u0085"]
)
def test_a_room_of_the_app_that_is_none_admits_nobody(
    gateway, raw, app, room
):
    app.answer = {"user": "1", "rooms": ["fine", room]}
    daemon = gateway(**sections(app))
    answer = refusal(raw, daemon)
    assert answer.status == 503
    daemon.wait_metric("roomcast_memberships", 0)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "yes",
        {"user": ""},
        {"user": "a\nb"},
        {"user": "x" * 256},
        {"user": 1.5},
        {"user": True},
        {"user": ["42"]},
        {"user": "1", "rooms": "a"},
        {"user": "1", "rooms": [1.5]},
        {"user": "1", "expires_at": "tomorrow"},
        {"user": "1", "expires_at": 1767225600000000},
    ],
    ids=repr,
)
def test_an_answer_of_the_wrong_form_admits_nobody(gateway, raw, app, answer):
    app.answer = answer
    daemon = gateway(**sections(app))
    answer = refusal(raw, daemon)
    assert answer.status == 503
    daemon.wait_metric(failures("answer"), 1)


# -- expiry


@pytest.mark.waits
def test_when_the_answer_expires_the_connection_closes(gateway, connect, app):
    daemon = gateway(**sections(app))
    app.answer = {"user": "1", "expires_at": in_a_moment()}
    client = connect(daemon, "/app/x")
    id_of(client)
    assert client.wait_closed().code == 1008
    assert time.time() >= app.answer["expires_at"] - 0.05


def test_an_answer_that_has_expired_admits_nobody(gateway, raw, app):
    app.answer = {"user": "1", "expires_at": int(time.time()) - 1}
    daemon = gateway(**sections(app))
    assert refusal(raw, daemon).status == 401
    daemon.wait_metric('roomcast_refused_total{status="401",reason="app"}', 1)


# -- what the app is told


def test_what_the_app_is_sent(gateway, raw, app):
    daemon = gateway(**sections(app, headers=["cookie", "X-Tenant"]))
    path = "/app/caf%C3%A9?token=a%20b&x=%2541"
    s = raw(daemon)
    answer = s.handshake(
        path,
        {
            "COOKIE": "sid=1; theme=dark",
            "X-Tenant": "north",
            "Authorization": "Bearer secret",
            "X-Other": "1",
            "Origin": "https://a.example",
            "User-Agent": "Mozilla/5.0",
        },
    )
    assert answer.status == 101
    connection = json.loads(s.read_frame().payload)["connection"]
    first, headers = last_head(app)
    assert first == "GET /auth HTTP/1.1"
    agent = dict(headers)["User-Agent"]
    assert agent.startswith(b"roomcast/")
    assert sorted(headers) == sorted(
        [
            ("Host", f"127.0.0.1:{app.port}".encode()),
            ("X-Original-URI", path.encode()),
            ("X-Forwarded-For", b"127.0.0.1"),
            ("X-Connection-Id", connection.encode()),
            ("COOKIE", b"sid=1; theme=dark"),
            ("X-Tenant", b"north"),
            ("User-Agent", agent),
        ]
    )


def test_by_default_cookie_and_authorization_are_passed_on(gateway, raw, app):
    daemon = gateway(**sections(app))
    headers = {"Cookie": "sid=1", "Authorization": "Bearer t", "X-Other": "1"}
    assert raw(daemon).handshake("/app/x", headers).status == 101
    sent = dict(last_head(app)[1])
    assert sent["Cookie"] == b"sid=1"
    assert sent["Authorization"] == b"Bearer t"
    assert "X-Other" not in sent


FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "X_Forwarded_For": "203.0.113.8",
    "X-Connection-Id": "forged",
    "X-Original-URI": "/app/forged",
    "X_Original_URI": "/app/forged",
}


def test_clients_cannot_speak_for_the_gateway(gateway, raw, app):
    """Some apps take '_' for '-': neither is handed on, nor may be listed."""
    daemon = gateway(**sections(app, headers=["cookie"]))
    s = raw(daemon)
    assert s.handshake("/app/x", FORGED).status == 101
    headers = last_head(app)[1]
    assert [v for k, v in headers if "orward" in k] == [b"127.0.0.1"]
    assert not any(b"forged" in value for _, value in headers)


def test_the_address_is_that_behind_a_trusted_proxy(gateway, raw, app):
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "trusted": ["127.0.0.1"]}],
        **sections(app),
    )
    forwarded = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}
    assert raw(daemon).handshake("/app/x", forwarded).status == 101
    assert dict(last_head(app)[1])["X-Forwarded-For"] == b"203.0.113.7"


def test_the_address_is_that_of_the_proxy_header(gateway, raw, app):
    daemon = gateway(
        listen=[
            {
                "address": "127.0.0.1:0",
                "proxy_protocol": True,
                "trusted": ["127.0.0.1"],
            }
        ],
        **sections(app),
    )
    s = raw(daemon)
    s.send(b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n")
    assert s.handshake("/app/x").status == 101
    assert dict(last_head(app)[1])["X-Forwarded-For"] == b"2001:db8::7"


def test_refused_by_other_means_the_app_is_not_asked(gateway, raw, app):
    conf = sections(app)
    conf["routes"][0]["origins"] = ["https://app.example.com"]
    daemon = gateway(**conf)
    evil = {"Origin": "https://evil.example"}
    assert refusal(raw, daemon, headers=evil).status == 403
    assert refusal(raw, daemon, "/nowhere").status == 404
    assert refusal(raw, daemon, headers={"Upgrade": "h2c"}).status == 426
    assert daemon.metric(CALLS) == 0
    assert app.calls == []


# -- CR LF, and other bytes that end a line somewhere

INJECTED = "X-Injected: 1"
ENCODED = [
    "%0d%0aX-Injected:%201",
    "%0D%0A%0D%0AGET%20/admin%20HTTP/1.1",
    "%0aX-Injected:%201",
    "%0dX-Injected:%201",
    "%250d%250aX-Injected:1",
    "%e5%98%8d%e5%98%8aX-Injected:1",  # U+560D U+560A
    "%c0%8d%c0%8a",
    "%00",
    "%E2%80%A8X-Injected:1",  # U+2028
]


@pytest.mark.parametrize("text", ENCODED)
def test_encoded_line_ends_stay_encoded(gateway, raw, app, text):
    """What is asked holds the very bytes of the target; it is one line."""
    daemon = gateway(**sections(app))
    room = text.replace("/", "%2F")
    for path in f"/app/x?q={text}", f"/app/x?{text}=1", f"/app/{room}":
        s = raw(daemon)
        s.send(request(path))
        answer = s.read_until(b"\r\n\r\n")
        assert b"Injected" not in answer and b"admin" not in answer
        assert header_names(app) == [
            "host",
            "user-agent",
            "x-connection-id",
            "x-forwarded-for",
            "x-original-uri",
        ]
        sent = dict(last_head(app)[1])
        assert sent["X-Original-URI"] == path.encode()
    assert len(app.calls) == 3


@pytest.mark.parametrize("name", ["Cookie", "X-Tenant"])
@pytest.mark.parametrize("end", ["\r", "\n", "\0", "\x0b", "\x7f", "\n "])
def test_raw_control_characters_never_get_to_the_app(
    gateway, raw, app, name, end
):
    daemon = gateway(**sections(app, headers=[name]))
    s = raw(daemon)
    s.send(request("/app/x", {name: f"a{end}{INJECTED}"}))
    answer = s.read_refusal()
    assert answer.status == 400
    assert b"Injected" not in answer.body
    assert app.calls == []


def test_a_line_end_in_a_value_is_the_client_s_own_header(gateway, raw, app):
    """CR LF begins another header, which nobody has chosen."""
    daemon = gateway(**sections(app))
    s = raw(daemon)
    answer = s.handshake("/app/x", {"Cookie": f"a\r\n{INJECTED}"})
    assert answer.status == 101
    assert "x-injected" not in header_names(app)
    assert dict(last_head(app)[1])["Cookie"] == b"a"


def test_a_value_with_a_tab_is_passed_on(gateway, raw, app):
    """It is no control character that ends a line: RFC 9110, 5.5."""
    daemon = gateway(**sections(app))
    s = raw(daemon)
    assert s.handshake("/app/x", {"Cookie": "a=b;\tc=d"}).status == 101
    assert dict(last_head(app)[1])["Cookie"] == b"a=b;\tc=d"


def test_a_value_with_bytes_above_ascii_is_passed_on(gateway, raw, app):
    daemon = gateway(**sections(app))
    s = raw(daemon)
    assert s.handshake("/app/x", {"Cookie": "a=\u560d\u560a"}).status == 101
    sent = dict(last_head(app)[1])["Cookie"]
    assert sent == "a=\u560d\u560a".encode()


def test_headers_of_the_app_do_not_get_to_the_client(gateway, raw, app):
    app.mode = "gifts"
    answer = raw(gateway(**sections(app))).handshake("/app/x")
    assert answer.status == 101
    assert sorted(answer.headers) == [
        "connection",
        "sec-websocket-accept",
        "upgrade",
    ]


# -- with the other parts


def test_the_hook_with_redis(gateway, connect, raw, app, redis_server):
    """Rooms that are new here are waited for behind the app's answer."""
    app.answer = {"user": "42", "rooms": ["granted"]}
    daemon = gateway(server=redis_server, **sections(app))
    daemon.wait_ready()
    client = connect(daemon, "/app/x")
    id_of(client)
    publisher = redis_server.client()
    publisher.publish("roomcast:room:x", "1")
    publisher.publish("roomcast:room:granted", "2")
    send(publisher, "3", users=["42"])
    assert sorted(client.recv_many(3)) == ["1", "2", "3"]


def test_both_workers_ask(gateway, connect, app):
    daemon = gateway(workers=2, **sections(app))
    clients = connect.many([daemon.ws_url("/app/x")] * 40)
    assert len(app.calls) == 40
    for client in clients:
        id_of(client)
    send(daemon.publisher(), "all", users=["42"])
    assert [client.recv() for client in clients] == ["all"] * 40


def test_frames_behind_the_request_wait_for_the_answer(gateway, raw, app):
    app.mode = "hold"
    daemon = gateway(**sections(app))
    s = raw(daemon)
    ping = frame(PING, b"early")
    s.send(request("/app/x") + ping + ping[:3])
    eventually(lambda: app.parallel == 1, what="the app is asked")
    s.send(ping[3:])
    app.released.set()
    assert s.read_response().status == 101
    frames = [s.read_frame() for _ in range(3)]
    assert frames[1:] == [(PONG, b"early", True)] * 2
