"""Server-sent events: routes[].transports."""

import json
import random

import pytest

from rig.asking import app
from rig.deflate import compression
from rig.events import Event, Refused, Source, Stream
from rig.events import request as event_request
from rig.hopping import come_and_go
from rig.people import auth, command, send, token
from rig.proxied import v1
from rig.raw import TEXT, Raw, request
from rig.resuming import Frame, Resuming, since
from rig.sizes import sizes
from rig.tls import certificates, secure, trusting, wss
from rig.waiting import eventually, in_a_moment

WORKERS = [1, 2]

BOTH = ["websocket", "sse"]
WELCOME = "roomcast.welcome"
LATE = 24 * 60 * 60 * 1000  # for who should not come back


def route(path, **more):
    return {"path": path, "rooms": ["{room}"], "transports": BOTH, **more}


ROUTES = [
    route("/ws/{room}"),
    route("/hello/{room}", welcome=True),
    route("/kept/{room}", resume=True),
    route("/both/{room}", resume=True, welcome=True),
    route("/only/{room}", transports=["sse"]),
    {"path": "/frames/{room}", "rooms": ["{room}"]},
    {
        "path": "/rooms",
        "rooms": ["{query.rooms}"],
        "transports": ["sse"],
        "welcome": True,
    },
]

SECTIONS = {"routes": ROUTES, "history": {}}

PUT_OFF = b"retry: 30000\n"


def room(publisher, content, name="lobby"):
    return publisher.publish(f"roomcast:room:{name}", content)


@pytest.fixture
def daemon(gateway):
    return gateway(**SECTIONS)


@pytest.fixture
def open_stream():
    """Open streams; those still open are closed behind the test."""
    streams = []

    def open_one(*args, **options):
        streams.append(Stream.open(*args, **options))
        return streams[-1]

    yield open_one
    for stream in streams:
        stream.close()


def answer(daemon, data):
    """What comes of these bytes, to the end; and whether it is put off."""
    with Raw(daemon.address()) as raw:
        raw.send(data)
        return raw.read_response()


def status_of(daemon, path="/ws/lobby", headers=()):
    with pytest.raises(Refused) as refused:
        Stream.open(daemon, path, headers)
    return refused.value.status


def assert_put_off(raw):
    """The answer to a client that is to come again, as a browser needs it."""
    response = raw.read_response()
    assert response.status == 200
    assert response.headers["content-type"] == "text/event-stream"
    body = raw.read_to_end()
    assert body.startswith(PUT_OFF), body
    return response


def closing(stream):
    """The last event, with which the stream ends."""
    *_, last = stream.read_to_end()
    assert last.type == "roomcast.close"
    return last.data, stream.reader.retries[1:]


# -- the answer


def test_the_answer_is_a_stream_that_nobody_holds_back(daemon, raw):
    s = raw(daemon)
    s.send(event_request("/ws/lobby"))
    head = s.read_until(b"\r\n\r\n")
    assert head == (
        b"HTTP/1.1 200 OK\r\n"
        b"Content-Type: text/event-stream\r\n"
        b"Cache-Control: no-store, no-transform\r\n"
        b"X-Accel-Buffering: no\r\n"
        b"Connection: close\r\n"
        b"\r\n"
    )
    first = s.read_until(b":\n\n")
    name, _, value = first.partition(b"\n")[0].partition(b": ")
    assert name == b"retry" and 2000 <= int(value) < 3000
    room(daemon.publisher(), "hi")
    assert s.read_until(b"\n\n") == b"data: hi\n\n"


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "hi",
        " two spaces",
        "a\nb",
        "a\r\nb\rc",
        "ends\n",
        "ends\r",
        "\r",
        "\n\r\n\r",
        "\ufeffmark",
        "nul\0inside",
        "data: x\n\nevent: y\n\n",
        ": comment",
        "grüße 🙂\u2028\x85",
        pytest.param("x" * (1 << 20), id="large"),
    ],
)
def test_text_comes_as_it_was(daemon, open_stream, payload):
    stream = open_stream(daemon)
    publisher = daemon.publisher()
    room(publisher, payload)
    room(publisher, "next")
    lines = payload.replace("\r\n", "\n").replace("\r", "\n")
    assert stream.next() == Event(lines)
    assert stream.next() == Event("next")


def test_any_text_comes_as_it_was(daemon, open_stream):
    generator = random.Random(10)
    stream = open_stream(daemon)
    publisher = daemon.publisher()
    for _ in range(300):
        letters = generator.choices("\r\n\0: x\ufeffé🙂", k=generator.randrange(30))
        text = "".join(letters)
        room(publisher, text)
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        assert stream.next() == Event(lines)


def test_what_is_no_text_is_base64(daemon, open_stream):
    stream = open_stream(daemon)
    publisher = daemon.publisher()
    room(publisher, b"\xff\xfe\x00>?")
    assert stream.next() == Event("//4APj8=", "binary")
    publisher.publish("roomcast:send", '{"rooms": ["lobby"], "binary": "aGk="}')
    assert stream.next() == Event("aGk=", "binary")


@pytest.mark.parametrize("path", ["/hello/lobby", "/both/lobby"])
def test_a_welcome_is_an_event(daemon, open_stream, path):
    stream = open_stream(daemon, path)
    welcome = stream.next()
    assert welcome.type == WELCOME
    ident = json.loads(welcome.data)["connection"]
    send(daemon.publisher(), "for you", connections=[ident])
    assert stream.next().data == "for you"


def test_rooms_change_by_command(daemon, open_stream):
    stream = open_stream(daemon, "/rooms?rooms=a,b")
    ident = json.loads(stream.next().data)["connection"]
    publisher = daemon.publisher()
    command(publisher, "join", connections=[ident], rooms=["c"])
    command(publisher, "leave", connections=[ident], rooms=["a"])
    for name in "abc":
        room(publisher, name, name)
    assert [stream.next().data for _ in range(2)] == ["b", "c"]


def test_both_transports_hear_the_same(gateway, open_stream, connect):
    """Also where frames are deflated, and where they are binary."""
    daemon = gateway(
        routes=[route("/ws/{room}", frames="binary")],
        delivery=compression(min_size="1B"),
    )
    stream = open_stream(daemon)
    plain = connect(daemon)
    deflated = connect(daemon, compression="deflate")
    publisher = daemon.publisher()
    text = "again and " * 100
    room(publisher, text)
    assert stream.next() == Event(text)
    assert plain.recv() == deflated.recv() == text.encode()


def test_over_tls(gateway, certificates, open_stream):
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "tls": certificates.first.section}],
        **SECTIONS,
    )
    context = trusting(certificates.first)
    stream = open_stream(daemon, "/kept/lobby", context=context)
    publisher = daemon.publisher()
    for content in ("hi", "x" * (1 << 20), ""):
        room(publisher, content)
        assert stream.next().data == content
    daemon.signal()
    assert closing(stream) == ("1012", [])


# -- what asks for a stream


@pytest.mark.parametrize(
    "accept",
    [
        "text/event-stream",
        "TEXT/Event-Stream",
        "text/html, text/event-stream;q=0.9",
        "text/event-stream; charset=utf-8",
    ],
)
def test_who_accepts_events_gets_them(daemon, open_stream, accept):
    open_stream(daemon, headers={"Accept": accept})


@pytest.mark.parametrize(
    "accept", ["*/*", "text/*", "text/html", "", "text/event-stream;q=0"]
)
def test_who_does_not_is_told_of_websockets(daemon, accept):
    assert status_of(daemon, headers={"Accept": accept}) == 426


def test_an_upgrade_to_another_version_is_told_which(daemon, raw):
    s = raw(daemon)
    s.send(request("/ws/lobby", headers={"Sec-WebSocket-Version": "8"}))
    answer = s.read_refusal()
    assert answer.status == 426
    assert answer.body == b"only WebSocket version 13 is spoken\n"


def test_without_sse_a_route_has_none(daemon):
    assert status_of(daemon, "/frames/lobby") == 426


def test_without_websocket_a_route_has_none(daemon, raw):
    assert raw(daemon).handshake("/only/lobby").status == 404
    daemon.wait_metric('roomcast_refused_total{reason="transport"}', 1)


def test_an_upgrade_is_none(daemon, raw):
    """Whoever asks for WebSocket gets that, whatever it accepts."""
    accept = {"Accept": "text/event-stream"}
    assert raw(daemon).handshake(headers=accept).status == 101
    h2c = event_request("/ws/lobby", {"Upgrade": "h2c", "Connection": "Upgrade"})
    assert answer(daemon, h2c).status == 426


@pytest.mark.parametrize(
    "change, status",
    [
        ((b"GET", b"POST"), 405),
        ((b"GET", b"HEAD"), 405),
        ((b"HTTP/1.1", b"HTTP/1.0"), 505),
        ((b"HTTP/1.1", b"HTTP/1.7"), 505),
        ((b"Host: example.test\r\n", b""), 400),
        ((b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\nabc"), 400),
        ((b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"), 400),
        ((b"/ws/lobby", b"/nowhere"), 404),
        ((b"/ws/lobby", b"/ws/%zz"), 400),
        ((b"/ws/lobby", b"/ws/" + b"a" * 9000), 414),
        ((b"\r\n\r\n", b"\r\nX: " + b"a" * 9000 + b"\r\n\r\n"), 431),
    ],
)
def test_other_requests_get_what_they_always_got(daemon, change, status):
    bad = event_request("/ws/lobby").replace(*change, 1)
    assert answer(daemon, bad).status == status


def test_without_any_sse_nothing_changes(gateway):
    daemon = gateway()
    assert status_of(daemon) == 426
    assert status_of(daemon, "/nowhere") == 426


# -- who may


@pytest.fixture
def people(tmp_path):
    sections = auth(tmp_path)
    sections["history"] = {}
    sections["routes"] = [
        route("/user/{room}", auth="people", welcome=True),
        route("/kept/{room}", auth="people", resume=True),
    ]
    sections["auth"]["people"]["token"] = [
        "query.token",
        "header.authorization",
        "cookie.token",
    ]
    return sections


def test_tokens_admit(gateway, people, open_stream):
    daemon = gateway(**people)
    mine = token("ann")
    for path, headers in (
        (f"/user/lobby?token={mine}", {}),
        ("/user/lobby", {"Authorization": f"Bearer {mine}"}),
        ("/user/lobby", {"Cookie": f"a=b; token={mine}"}),
    ):
        stream = open_stream(daemon, path, headers)
        assert stream.next().type == WELCOME
        send(daemon.publisher(), "hi ann", users=["ann"])
        assert stream.next().data == "hi ann"
    assert status_of(daemon, "/user/lobby") == 401
    assert status_of(daemon, "/user/lobby?token=x") == 401


@pytest.mark.waits
def test_credentials_that_expire_end_it_for_long(gateway, people, open_stream):
    people["auth"]["people"]["leeway"] = "0s"
    daemon = gateway(**people)
    soon = in_a_moment()
    stream = open_stream(daemon, f"/user/lobby?token={token('ann', exp=soon)}")
    assert closing(stream) == ("1008", [LATE])


@pytest.mark.parametrize("code, said", [(4003, "4003"), (None, "4000")])
def test_who_is_disconnected_stays_away(daemon, open_stream, code, said):
    stream = open_stream(daemon, "/hello/lobby")
    rest = {"code": code, "reason": "out"} if code else {}
    publisher = daemon.publisher()
    room(publisher, "before")
    command(publisher, "disconnect", rooms=["lobby"], **rest)
    assert stream.next().type == WELCOME
    assert stream.next().data == "before"
    assert closing(stream) == (said, [LATE])
    daemon.wait_metric(
        'roomcast_closed_total{reason="disconnect_by_app"}', 1
    )


def test_the_app_admits(gateway, app, open_stream):
    app.answer = {"user": "ann", "rooms": ["granted"]}
    daemon = gateway(
        auth={"app": {"type": "http", "url": app.url}},
        routes=[route("/app/{room}", auth="app")],
    )
    stream = open_stream(daemon, "/app/lobby?x=1")
    publisher = daemon.publisher()
    for name in ("other", "granted", "lobby"):
        room(publisher, name, name)
    assert [stream.next().data for _ in range(2)] == ["granted", "lobby"]
    app.mode = "status/403"
    assert status_of(daemon, "/app/lobby") == 403
    app.mode = "status/401"
    assert status_of(daemon, "/app/lobby") == 401


# -- who is put off


def test_an_app_that_is_away_puts_off(gateway, app, raw):
    daemon = gateway(
        auth={"app": {"type": "http", "url": app.url}},
        routes=[route("/app/{room}", auth="app", origins=["http://a.test"])],
    )
    app.mode = "status/500"
    s = raw(daemon)
    s.send(event_request("/app/lobby", {"Origin": "http://a.test"}))
    headers = assert_put_off(s).headers
    assert headers["access-control-allow-origin"] == "http://a.test"
    s = raw(daemon)
    s.send(request("/app/lobby"))
    assert s.read_refusal().status == 503
    daemon.wait_metric('roomcast_refused_total{reason="hook"}', 2)


@pytest.mark.parametrize("scheme", ["plain", "tls"])
def test_who_is_one_too_many_is_put_off(
    gateway, certificates, raw, secure, open_stream, scheme
):
    listen = {"address": "127.0.0.1:0"}
    context = None
    if scheme == "tls":
        listen["tls"] = certificates.first.section
        context = trusting(certificates.first)
    daemon = gateway(
        listen=[listen], limits={"connections": 1}, **SECTIONS
    )

    def another():
        return secure(daemon, context) if context else raw(daemon)

    first = open_stream(daemon, context=context)
    s = another()
    s.send(event_request("/ws/lobby"))
    assert_put_off(s)
    s = another()
    s.send(request("/ws/lobby"))
    assert s.read_refusal().status == 503
    daemon.wait_metric('roomcast_refused_total{reason="full"}', 2)
    first.close()
    daemon.wait_metric("roomcast_connections", 0)
    open_stream(daemon, context=context)


@pytest.mark.waits
def test_who_is_one_too_many_and_silent_is_told_soon(gateway, raw, open_stream):
    daemon = gateway(**SECTIONS, limits={"connections": 1})
    open_stream(daemon)
    assert raw(daemon).read_refusal().status == 503


def test_an_address_that_has_too_many_is_put_off(gateway, raw, open_stream):
    daemon = gateway(**SECTIONS, limits={"connections_per_address": 1})
    open_stream(daemon)
    s = raw(daemon)
    s.send(event_request("/ws/lobby"))
    assert_put_off(s)
    s = raw(daemon)
    s.send(request("/ws/lobby"))
    assert s.read_refusal().status == 429
    daemon.wait_metric('roomcast_refused_total{status="429"}', 2)


def test_behind_proxies_each_address_counts(gateway, raw):
    daemon = gateway(
        listen=[
            {
                "address": "127.0.0.1:0",
                "proxy_protocol": True,
                "trusted": ["127.0.0.1"],
            },
            {"address": "127.0.0.1:0", "trusted": ["127.0.0.1"]},
        ],
        **SECTIONS,
        limits={"connections_per_address": 1},
    )
    held = []
    for front, headers in (
        (v1("203.0.113.1"), {}),
        (b"", {"X-Forwarded-For": "203.0.113.2"}),
    ):
        address = daemon.address(0 if front else 1)
        held.append(raw(address))
        held[-1].send(front + event_request("/ws/lobby", headers))
        held[-1].read_until(b":\n\n")
        s = raw(address)
        s.send(front + event_request("/ws/lobby", headers))
        assert_put_off(s)


def test_while_it_drains_who_comes_is_put_off(gateway, raw, open_stream):
    daemon = gateway(**SECTIONS, shutdown={"drain": "30s"})
    with Raw(daemon.address()) as slow:
        slow.send(event_request("/ws/lobby")[:-2])
        eventually(
            lambda: daemon.metric("roomcast_handshakes_in_progress") == 1,
            5,
            "it is there",
        )
        daemon.signal()
        daemon.wait_log("draining")
        slow.send(b"\r\n")
        assert_put_off(slow)


# -- pages of other sites


def cors(headers):
    return {
        name: value
        for name, value in headers.items()
        if name.startswith("access-control") or name == "vary"
    }


ORIGIN = "https://app.example.com"


@pytest.mark.parametrize(
    "origins, origin, expected",
    [
        (
            [ORIGIN],
            ORIGIN,
            {
                "access-control-allow-origin": ORIGIN,
                "access-control-allow-credentials": "true",
                "vary": "Origin",
            },
        ),
        (
            ["https://*.example.com"],
            ORIGIN,
            {
                "access-control-allow-origin": ORIGIN,
                "access-control-allow-credentials": "true",
                "vary": "Origin",
            },
        ),
        (["*"], ORIGIN, {"access-control-allow-origin": "*"}),
        ([], ORIGIN, {}),
        ([ORIGIN], None, {}),
    ],
)
def test_only_a_site_that_is_named_may_read(
    gateway, open_stream, origins, origin, expected
):
    daemon = gateway(routes=[route("/ws/{room}", origins=origins)])
    headers = {"Origin": origin} if origin else {}
    assert cors(open_stream(daemon, headers=headers).response.headers) == expected


def test_another_site_is_refused(gateway):
    daemon = gateway(routes=[route("/ws/{room}", origins=[ORIGIN])])
    assert status_of(daemon, headers={"Origin": "https://evil.test"}) == 403


def test_a_refusal_can_be_read_too(gateway, people):
    """Else a fetch could not tell it from a network that is away."""
    people["routes"][0]["origins"] = [ORIGIN]
    daemon = gateway(**people)
    with pytest.raises(Refused) as refused:
        Stream.open(daemon, "/user/lobby", {"Origin": ORIGIN})
    response = refused.value.response
    assert response.status == 401
    assert response.headers["access-control-allow-origin"] == ORIGIN


def preflight(daemon, path, origin=ORIGIN):
    data = event_request(
        path,
        {
            **({"Origin": origin} if origin else {}),
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization,last-event-id",
            "Accept": "*/*",
        },
    ).replace(b"GET", b"OPTIONS", 1)
    with Raw(daemon.address()) as s:
        s.send(data)
        response = s.read_response()
        assert s.read_to_end() == b""
        return response


def test_a_preflight_is_answered(gateway):
    daemon = gateway(
        routes=[
            route("/ws/{room}", origins=[ORIGIN]),
            route("/any/{room}", origins=["*"]),
            route("/none/{room}"),
            {"path": "/frames/{room}", "rooms": ["{room}"]},
        ]
    )
    named = preflight(daemon, "/ws/lobby")
    assert named.status == 204
    allowed = named.headers["access-control-allow-headers"].lower()
    assert set(allowed.split(", ")) == {"authorization", "last-event-id"}
    assert named.headers["access-control-allow-methods"] == "GET"
    assert named.headers["access-control-allow-origin"] == ORIGIN
    assert named.headers["access-control-allow-credentials"] == "true"
    anybody = preflight(daemon, "/any/lobby")
    assert anybody.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in anybody.headers
    assert cors(preflight(daemon, "/none/lobby").headers) == {}
    assert preflight(daemon, "/ws/lobby", "https://evil.test").status == 403
    assert preflight(daemon, "/frames/lobby").status == 405
    assert preflight(daemon, "/nowhere").status == 405
    daemon.wait_metric("roomcast_preflights_total", 3)


# -- what a client sends


def test_what_stands_behind_the_head_is_ignored(daemon, raw):
    s = raw(daemon)
    s.send(event_request("/ws/lobby") + b"\x00\x81\xff" + event_request("/x"))
    s.read_until(b":\n\n")
    s.send(b"\x89\x00")
    room(daemon.publisher(), "hi")
    assert s.read_until(b"\n\n") == b"data: hi\n\n"


def test_a_flood_ends_it(gateway, open_stream):
    daemon = gateway(**SECTIONS, limits={"inbound_rate": 5})
    stream = open_stream(daemon)
    stream.raw.send(b"x" * (1 << 16))
    assert closing(stream) == ("1008", [LATE])
    daemon.wait_metric('roomcast_closed_total{reason="inbound_rate"}', 1)


def test_who_closes_has_left(daemon, open_stream):
    stream = open_stream(daemon)
    daemon.wait_metric("roomcast_event_streams", 1)
    stream.close()
    daemon.wait_metric("roomcast_event_streams", 0)
    daemon.wait_metric(
        'roomcast_closed_total{reason="closed_by_peer",code="1005"}', 1
    )


# -- keepalive


def test_a_quiet_stream_is_kept_alive(gateway, open_stream):
    daemon = gateway(
        **SECTIONS,
        keepalive={"ping_interval": "1s", "pong_timeout": "1s"},
    )
    stream = open_stream(daemon)
    stream.read_until(lambda: stream.reader.comments >= 5)
    assert stream.reader.events == []
    room(daemon.publisher(), "still here")
    assert stream.next().data == "still here"


def test_a_quiet_stream_is_told_where_it_is(gateway, open_stream):
    daemon = gateway(
        **SECTIONS,
        keepalive={"ping_interval": "1s", "pong_timeout": "1s"},
    )
    stream = open_stream(daemon, "/kept/lobby")
    stream.read_until(lambda: stream.last_id)
    first = stream.last_id
    room(daemon.publisher(), "for others", "elsewhere")
    stream.read_until(lambda: stream.last_id != first)
    assert stream.reader.events == []


def test_who_takes_nothing_is_cut_off(gateway, open_stream):
    daemon = gateway(
        **SECTIONS,
        delivery={"socket_buffer": "16KiB"},
        keepalive={"ping_interval": "1s", "pong_timeout": "1s"},
    )
    open_stream(daemon, receive_buffer=4096)
    room(daemon.publisher(), "x" * (1 << 19))
    daemon.wait_metric('roomcast_closed_total{reason="pong_timeout"}', 1, 20)


# -- a slow reader


@pytest.mark.parametrize("path", ["/ws/lobby", "/kept/lobby"])
def test_a_slow_reader_is_closed_and_told(gateway, open_stream, path):
    daemon = gateway(
        **SECTIONS,
        delivery={"queue": "16KiB", "socket_buffer": "16KiB"},
    )
    stream = open_stream(daemon, path, receive_buffer=4096)
    publisher = daemon.publisher()
    closed = 'roomcast_closed_total{reason="slow_consumer"}'
    n = 0
    while daemon.metric(closed) == 0:  # from then on it has 5 s to read it
        room(publisher, f"{n} " + "x" * 4000)
        n += 1
    *events, last = stream.read_to_end()
    assert (last.type, last.data) == ("roomcast.close", "1013")
    assert stream.reader.retries[1:] == []
    numbers = [int(event.data.split()[0]) for event in events]
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest", "catch_up"])
def test_a_slow_reader_with_ids_is_told(gateway, open_stream, policy):
    daemon = gateway(
        **SECTIONS,
        delivery={
            "queue": "16KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": policy,
        },
    )
    stream = open_stream(daemon, "/kept/lobby", receive_buffer=4096)
    publisher = daemon.publisher()
    big = "x" * 4000
    for n in range(400):
        room(publisher, f"{n} {big}")
    room(publisher, "last")
    numbers, gaps = [], 0
    while True:
        event = stream.next()
        if event.data == "last":
            break
        if event.type == "gap":
            gaps += 1
            room(publisher, "last")
            continue
        n = int(event.data.split()[0])
        assert gaps or n == len(numbers)
        numbers.append(n)
    assert numbers == sorted(set(numbers))
    assert gaps or len(numbers) == 400


# -- the end


@pytest.mark.parametrize("path", ["/ws/lobby", "/kept/lobby"])
def test_a_shutdown_is_told_behind_what_waits(daemon, open_stream, path):
    stream = open_stream(daemon, path)
    publisher = daemon.publisher()
    for n in range(100):
        room(publisher, str(n))
    daemon.signal()
    *events, last = stream.read_to_end()
    assert [event.data for event in events] == [*map(str, range(100))]
    assert (last.type, last.data) == ("roomcast.close", "1012")
    assert stream.reader.retries[1:] == []
    assert daemon.wait_exit() == 0


# -- history


def test_ids_come_and_a_page_misses_nothing(daemon):
    page = Source(daemon, "/kept/lobby")
    page.come()
    page.stream.read_until(lambda: page.stream.last_id)
    publisher = daemon.publisher()
    room(publisher, "0")
    page.take_until("0")
    page.leave()
    for n in range(1, 500):
        room(publisher, f"{n}")
        room(publisher, "not for this one", "elsewhere")
    page.come()
    room(publisher, "live")
    page.take_until("live")
    assert page.contents == [*map(str, range(500)), "live"]
    assert page.gaps == 0
    page.leave()
    assert daemon.metric('roomcast_resumes_total{outcome="replayed"}') == 1


def test_without_resume_there_are_no_ids(daemon, open_stream):
    stream = open_stream(daemon, headers={"Last-Event-ID": "x"})
    room(daemon.publisher(), "hi")
    assert stream.next() == Event("hi")


def test_what_is_not_kept_has_no_id(daemon, open_stream):
    stream = open_stream(daemon, "/kept/lobby")
    publisher = daemon.publisher()
    room(publisher, "kept")
    kept = stream.next()
    assert kept.id
    send(publisher, "typing", rooms=["lobby"], keep=False)
    assert stream.next() == Event("typing", id=kept.id)
    assert stream.reader._id == kept.id


def test_what_a_browser_keeps_goes_before_the_address(daemon, open_stream):
    stream = open_stream(daemon, "/kept/lobby")
    publisher = daemon.publisher()
    ids = []
    for n in range(3):
        room(publisher, str(n))
        ids.append(stream.next().id)
    path = since("/kept/lobby", ids[0])
    assert open_stream(daemon, path).next().data == "1"
    headers = {"Last-Event-ID": ids[1]}
    assert open_stream(daemon, path, headers).next().data == "2"
    empty = open_stream(daemon, path, {"Last-Event-ID": ""})
    assert empty.next().data == "1"


@pytest.mark.parametrize("cursor", ["x", "a~1", "%61", "é", "z" * 65])
def test_an_unknown_cursor_is_a_gap(daemon, open_stream, cursor):
    headers = {"Last-Event-ID": cursor}
    stream = open_stream(daemon, "/kept/lobby", headers)
    gap = stream.next()
    assert gap.type == "gap" and gap.data == gap.id != cursor
    room(daemon.publisher(), "live")
    assert stream.next().data == "live"


def test_the_same_mistakes_are_400(daemon):
    assert status_of(daemon, "/kept/lobby?since=&since=") == 400
    assert status_of(daemon, "/ws/lobby?since=") == 400


def test_what_is_lost_here_is_told_in_order(gateway, open_stream):
    daemon = gateway(**SECTIONS, limits={"payload": "1KiB"})
    stream = open_stream(daemon, "/kept/lobby")
    plain = open_stream(daemon)
    publisher = daemon.publisher()
    room(publisher, "1")
    with pytest.raises(Exception, match="dropped"):
        room(publisher, "x" * 2000)
    room(publisher, "2")
    got = [stream.next() for _ in range(3)]
    assert [event.type for event in got] == ["message", "gap", "message"]
    assert [plain.next().data for _ in range(2)] == ["1", "2"]


def test_a_cursor_is_good_for_both_transports(daemon, open_stream):
    """A page may change from the one to the other."""
    page = Resuming(daemon.ws_url, "/both/lobby")
    page.come()
    stream = open_stream(daemon, "/both/lobby")
    publisher = daemon.publisher()
    room(publisher, "1")
    page.take_until("1")
    assert stream.next().type == WELCOME
    assert stream.next().id == page.cursor
    page.leave()
    room(publisher, "2")
    cursor = stream.next().id
    room(publisher, "3")
    again = open_stream(daemon, since("/both/lobby", page.cursor))
    assert again.next().type == WELCOME
    assert [again.next().data for _ in range(2)] == ["2", "3"]
    page.cursor = cursor
    page.come()
    page.take_until("3")
    assert page.contents == ["1", "3"]
    page.leave()


def test_its_own_messages_spare_a_page(daemon, open_stream):
    """A browser cannot choose its connection's id: a name of its own."""
    stream = open_stream(daemon, "/kept/lobby?was=tab-7")
    publisher = daemon.publisher()
    send(publisher, "mine", rooms=["lobby"], **{"except": ["tab-7"]})
    room(publisher, "other")
    other = stream.next()
    assert other.data == "other"
    send(publisher, "mine", rooms=["lobby"], **{"except": ["tab-7"]})
    room(publisher, "last")
    path = since("/kept/lobby?was=tab-7", other.id)
    assert open_stream(daemon, path).next().data == "last"


@pytest.mark.parametrize("path", ["/last/lobby", "/plain/lobby"])
def test_the_last_messages_come_first(gateway, open_stream, path):
    routes = [
        route("/last/{room}", resume=True, history=5),
        route("/plain/{room}", history=5),
    ]
    daemon = gateway(history={}, routes=routes)
    publisher = daemon.publisher()
    for n in range(10):
        room(publisher, str(n))
    stream = open_stream(daemon, f"{path}?history=3")
    room(publisher, "live")
    got = [stream.next() for _ in range(4)]
    assert [event.data for event in got] == ["7", "8", "9", "live"]
    assert all(bool(event.id) == ("last" in path) for event in got)
    if "last" in path:
        headers = {"Last-Event-ID": got[2].id}
        again = open_stream(daemon, f"{path}?history=3", headers)
        assert again.next().data == "live"


# -- all the while


@sizes("count", 250, 2500)
@pytest.mark.parametrize("kind", ["plain", "tls"])
def test_pages_that_come_and_go_miss_nothing(
    gateway, certificates, kind, count
):
    options, sections = {}, {}
    if kind == "tls":
        section = certificates.first.section
        sections["listen"] = [{"address": "127.0.0.1:0", "tls": section}]
        options["context"] = trusting(certificates.first)
    daemon = gateway(**SECTIONS, **sections)
    pages = [Source(daemon, "/kept/lobby", **options) for _ in range(3)]
    for page in pages:
        page.come()
        page.stream.read_until(lambda: page.stream.last_id)
        page.leave()
    come_and_go(daemon, pages, count)
    for page in pages:
        assert page.contents == [*map(str, range(count))]
        assert page.gaps == 0
