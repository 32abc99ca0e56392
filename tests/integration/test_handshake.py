"""The handshake: who gets in, and what the others are told."""

import pytest

from rig.raw import ACCEPT, PING, PONG, frame, request
from rig.waiting import eventually

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"]},
    {"path": "/rooms", "rooms": ["{query.rooms}"]},
    {"path": "/team/{team}/chat/{room}", "rooms": ["{team}", "{team}-{room}"]},
    {
        "path": "/sub/{room}",
        "rooms": ["{room}"],
        "subprotocols": ["chat.v2", "chat.v1"],
    },
]


def refusal(raw, daemon, data):
    s = raw(daemon)
    s.send(data)
    return s.read_refusal()


def test_the_answer_is_the_one_of_the_rfc(gateway, raw):
    s = raw(gateway())
    s.send(request("/ws/lobby"))
    head = s.read_until(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert f"Sec-WebSocket-Accept: {ACCEPT}\r\n".encode() in head
    assert b"Upgrade: websocket\r\n" in head
    assert b"Connection: Upgrade\r\n" in head
    assert b"Sec-WebSocket-Protocol" not in head
    assert b"Sec-WebSocket-Extensions" not in head


def test_one_byte_at_a_time(gateway, raw):
    s = raw(gateway())
    s.send_bytewise(request("/ws/lobby", {"X-Long": "x" * 200}))
    assert s.read_response().status == 101


def test_frames_right_behind_the_head_are_read(gateway, raw):
    s = raw(gateway())
    s.send(request("/ws/lobby") + frame(PING, b"early"))
    assert s.read_response().status == 101
    assert s.read_frame() == (PONG, b"early", True)


def test_half_a_frame_behind_the_head_is_kept(gateway, raw):
    s = raw(gateway())
    ping = frame(PING, b"split")
    s.send(request("/ws/lobby") + ping[:3])
    assert s.read_response().status == 101
    s.send(ping[3:])
    assert s.read_frame() == (PONG, b"split", True)


@pytest.mark.parametrize(
    "data",
    [
        request("http://example.test/ws/lobby?a=b"),
        request("HTTPS://another.test:8443/ws/lobby"),
        b"\r\n" + request(),
        b"\r\n\r\n" + request("http://example.test/ws/lobby"),
    ],
)
@pytest.mark.parametrize("send", ["send", "send_bytewise"])
def test_what_the_rfc_asks_to_accept(gateway, raw, data, send):
    daemon = gateway()
    s = raw(daemon)
    getattr(s, send)(data)
    assert s.read_response().status == 101
    daemon.publisher().publish("roomcast:room:lobby", "hi")
    assert s.read_frame().payload == b"hi"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET /ws/lobby\r\n\r\n", id="no version"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="a TLS hello"),
        pytest.param(
            request().replace(b"\r\n", b"\n"), id="bare line feeds"
        ),
        pytest.param(request(without=["Host"]), id="no Host"),
        pytest.param(
            request().replace(b"Host:", b"Host: a\r\nHost:"), id="two Hosts"
        ),
        pytest.param(
            request().replace(b"Host:", b"Host :"), id="space before the colon"
        ),
        pytest.param(
            request().replace(b"Upgrade: w", b"X: a\r\n b\r\nUpgrade: w"),
            id="folded header",
        ),
        pytest.param(request(headers={"X": "a\0b"}), id="NUL in a header"),
        pytest.param(request("http://u@h/ws/lobby"), id="a user"),
        pytest.param(request("/ws/a#b"), id="fragment"),
        pytest.param(request("/ws/\x80"), id="raw byte above ASCII"),
        pytest.param(request(headers={"Content-Length": "5"}), id="a body"),
        pytest.param(
            request(headers={"Transfer-Encoding": "chunked"}), id="chunked"
        ),
        pytest.param(
            request(headers={"Sec-WebSocket-Key": "c2hvcnQ="}), id="short key"
        ),
        pytest.param(
            request(headers={"Sec-WebSocket-Key": "!" * 24}), id="bad key"
        ),
        pytest.param(request(without=["Sec-WebSocket-Key"]), id="no key"),
    ],
)
def test_malformed_requests_get_400(gateway, raw, data):
    daemon = gateway()
    assert refusal(raw, daemon, data).status == 400
    daemon.wait_metric('roomcast_refused_total{status="400"}', 1)


@pytest.mark.parametrize(
    "path",
    [
        "/ws/%zz",  # no escape
        "/ws/%4",
        "/ws/%c0%ae",  # overlong
        "/ws/%ff",
        "/ws/%00",
        "/ws/a%0ab",
        "/ws/a%7fb",
        "/ws/a%c2%85b",  # U+0085, a control character
        "/ws/a%2cb",  # a comma
        "/ws/a,b",
        "/ws/" + "x" * 256,
        "/rooms",
        "/rooms?rooms=",
        "/rooms?other=a",
        "/rooms?rooms=%zz",
        "/rooms?rooms=a%00",
    ],
)
def test_room_names_that_are_not_allowed_get_400(gateway, raw, path):
    answer = refusal(raw, gateway(routes=ROUTES), request(path))
    assert answer.status == 400


@pytest.mark.parametrize(
    "path, room",
    [
        ("/ws/lobby", "lobby"),
        ("/ws/caf%C3%A9", "café"),
        ("/ws/caf%c3%a9", "café"),
        ("/ws/a%2Fb", "a/b"),
        ("/ws/a%20b", "a b"),
        ("/ws/a+b", "a+b"),
        ("/ws/%2525", "%25"),
        ("/ws/..%2f..%2fadmin", "../../admin"),
        ("/ws/" + "x" * 255, "x" * 255),
        ("/ws/lobby?token=secret", "lobby"),
        ("/rooms?x=1&rooms=one+two", "one two"),
        ("/team/red/chat/7", "red-7"),
        ("/team/red/chat/7", "red"),
    ],
)
def test_the_path_names_the_room(gateway, connect, path, room):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, path)
    daemon.publisher().publish("roomcast:room:" + room, "for " + room)
    assert client.recv() == "for " + room


def test_a_query_names_several_rooms(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/rooms?rooms=a,b%2Cc%20c")
    for room in "a", "b", "c c", "d":
        daemon.publisher().publish("roomcast:room:" + room, room)
    daemon.publisher().publish("roomcast:broadcast", "end")
    assert client.recv_until("end") == ["a", "b", "c c"]


@pytest.mark.parametrize(
    "path",
    ["/", "/ws", "/ws/", "/ws/a/b", "/WS/a", "//ws/a", "/ws//a", "/metrics"],
)
def test_no_such_route_gets_404(gateway, raw, path):
    daemon = gateway(routes=ROUTES)
    assert refusal(raw, daemon, request(path)).status == 404
    daemon.wait_metric('roomcast_refused_total{status="404"}', 1)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "get"])
def test_other_methods_get_405(gateway, raw, method):
    answer = refusal(raw, gateway(), request(method=method))
    assert answer.status == 405
    assert answer.headers["allow"] == "GET"


def test_a_slow_head_gets_408(gateway, raw):
    s = raw(gateway(limits={"handshake_timeout": "200ms"}))
    s.send(request()[:30])
    assert s.read_refusal().status == 408


def test_the_deadline_does_not_move_with_the_bytes(gateway, raw):
    daemon = gateway(limits={"handshake_timeout": "300ms"})
    s = raw(daemon)
    answer = b""
    s.socket.settimeout(0.03)
    for byte in request(headers={"X": "x" * 4000}):
        try:
            s.send(bytes([byte]))
            answer = s.socket.recv(4096)
        except TimeoutError:
            continue
        break
    assert answer.startswith(b"HTTP/1.1 408 ")
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


def test_a_silent_socket_is_closed(gateway, raw):
    daemon = gateway(limits={"handshake_timeout": "200ms"})
    s = raw(daemon)
    s.wait_gone()
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


def test_a_long_request_line_gets_414(gateway, raw):
    daemon = gateway(limits={"request_head": "1KiB"})
    assert refusal(raw, daemon, request("/ws/" + "x" * 2000)).status == 414


def test_a_request_line_without_end_gets_414(gateway, raw):
    s = raw(gateway(limits={"request_head": "1KiB"}))
    s.send(b"GET /" + b"x" * 4000)
    assert s.read_refusal().status == 414


def test_a_long_head_gets_431(gateway, raw):
    daemon = gateway(limits={"request_head": "1KiB"})
    data = request(headers={"X-Long": "x" * 1000})
    assert refusal(raw, daemon, data).status == 431


def test_too_many_headers_get_431(gateway, raw):
    data = request(headers={f"X-{i}": "x" for i in range(100)})
    assert refusal(raw, gateway(), data).status == 431


@pytest.mark.parametrize(
    "change",
    [
        {"without": ["Upgrade"]},
        {"without": ["Connection"]},
        {"headers": {"Upgrade": "h2c"}},
        {"headers": {"Connection": "keep-alive"}},
        {"headers": {"Sec-WebSocket-Version": "8"}},
        {"headers": {"Sec-WebSocket-Version": "013"}},
        {"without": ["Sec-WebSocket-Version"]},
    ],
)
def test_no_upgrade_and_other_versions_get_426(gateway, raw, change):
    answer = refusal(raw, gateway(), request(**change))
    assert answer.status == 426
    assert answer.headers["sec-websocket-version"] == "13"


def test_tokens_are_compared_without_regard_to_case(gateway, raw):
    s = raw(gateway())
    answer = s.handshake(
        headers={"Upgrade": "WebSocket", "Connection": "keep-alive, UPGRADE"}
    )
    assert answer.status == 101


def test_a_full_gateway_answers_503_until_somebody_leaves(
    gateway, connect, raw
):
    daemon = gateway(limits={"connections": 2})
    first = connect(daemon)
    connect(daemon)
    with raw(daemon) as s:
        s.send(request())
        answer = s.read_refusal()
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    daemon.wait_metric('roomcast_refused_total{status="503"}', 1)
    first.close()
    daemon.wait_metric("roomcast_connections", 1)
    eventually(lambda: raw(daemon).handshake().status == 101)
    daemon.wait_metric("roomcast_connections", 2)


def test_a_refusal_says_why_in_one_line_and_reflects_nothing(gateway, raw):
    answer = refusal(raw, gateway(), request("/nope/<script>"))
    assert b"script" not in answer.body
    assert answer.body.strip()


def test_a_refusal_survives_unread_input(gateway, raw):
    """The peer sees the answer, and not a reset that swallows it."""
    s = raw(gateway())
    s.send(request("/nope") + b"x" * 200_000)
    s.finish_sending()
    assert s.read_refusal().status == 404


def test_nothing_behind_a_refusal_is_answered(gateway, raw):
    s = raw(gateway())
    s.send(request("/nope") + request("/ws/lobby"))
    assert s.read_refusal().status == 404


def test_a_subprotocol_of_the_list_is_echoed(gateway, connect):
    daemon = gateway(routes=ROUTES)
    for offered, chosen in [
        (["chat.v1"], "chat.v1"),
        (["other", "chat.v1", "chat.v2"], "chat.v1"),
        (["CHAT.V1"], None),
        (["other"], None),
    ]:
        client = connect(daemon, "/sub/x", subprotocols=offered)
        assert client.subprotocol == chosen


def test_no_subprotocol_where_the_route_lists_none(gateway, raw):
    s = raw(gateway())
    answer = s.handshake(headers={"Sec-WebSocket-Protocol": "chat.v1"})
    assert answer.status == 101
    assert "sec-websocket-protocol" not in answer.headers


def test_too_many_rooms_are_refused(gateway, raw):
    daemon = gateway(routes=ROUTES, limits={"rooms_per_connection": 3})
    s = raw(daemon)
    assert s.handshake("/rooms?rooms=a,b,c").status == 101
    answer = refusal(raw, daemon, request("/rooms?rooms=a,b,c,d"))
    assert answer.status == 400


def test_rooms_are_counted_once_each(gateway, raw):
    routes = [*ROUTES, {"path": "/fixed", "rooms": ["a", "b", "a"]}]
    daemon = gateway(routes=routes, limits={"rooms_per_connection": 2})
    s = raw(daemon)
    assert s.handshake("/fixed").status == 101
    # Names of one template are counted before they are put together.
    answer = refusal(raw, daemon, request("/rooms?rooms=a,b,a"))
    assert answer.status == 400


def test_a_room_named_twice_is_one_room(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/rooms?rooms=a,a,b")
    publisher = daemon.publisher()
    publisher.publish("roomcast:room:a", "once")
    publisher.publish("roomcast:room:b", "end")
    assert client.recv_many(2) == ["once", "end"]


def test_listening_on_ipv6(gateway, connect):
    daemon = gateway(listen=[{"address": "[::1]:0"}])
    client = connect(daemon)
    daemon.publisher().publish("roomcast:room:lobby", "six")
    assert client.recv() == "six"


def test_listening_on_all_addresses(gateway, connect):
    daemon = gateway(listen=[{"address": "*:0"}])
    _, port = daemon.address()
    for host in "127.0.0.1", "[::1]":
        client = connect(f"ws://{host}:{port}/ws/lobby")
        daemon.publisher().publish("roomcast:room:lobby", host)
        assert client.recv() == host


def test_listening_on_a_unix_socket(gateway, connect, tmp_path):
    path = str(tmp_path / "gateway.sock")
    daemon = gateway(listen=[{"address": "unix:" + path}])
    client = connect("ws://localhost/ws/lobby", unix=path)
    daemon.publisher().publish("roomcast:room:lobby", "unix")
    assert client.recv() == "unix"


def test_a_stale_unix_socket_is_replaced(gateway, connect, tmp_path):
    path = str(tmp_path / "gateway.sock")
    first = gateway(listen=[{"address": "unix:" + path}])
    first.kill()
    gateway(listen=[{"address": "unix:" + path}])
    connect("ws://localhost/ws/lobby", unix=path)


def test_listening_in_several_places(gateway, connect, tmp_path):
    path = str(tmp_path / "gateway.sock")
    daemon = gateway(
        listen=[
            {"address": "127.0.0.1:0"},
            {"address": "[::1]:0"},
            {"address": "unix:" + path},
        ]
    )
    clients = [
        connect(daemon.ws_url(index=0)),
        connect(daemon.ws_url(index=1)),
        connect("ws://localhost/ws/lobby", unix=path),
    ]
    daemon.publisher().publish("roomcast:room:lobby", "all")
    assert [client.recv() for client in clients] == ["all"] * 3


def test_many_handshakes_at_once(gateway, connect):
    daemon = gateway()
    clients = connect.many([daemon.ws_url()] * 200)
    daemon.wait_metric("roomcast_connections", 200)
    daemon.publisher().publish("roomcast:room:lobby", b"\xff")
    assert all(client.recv() == b"\xff" for client in clients)


def test_abandoned_handshakes_leave_nothing_behind(gateway, raw):
    daemon = gateway()
    before = daemon.open_fds()
    for count in range(40):
        s = raw(daemon)
        s.send(request()[: count * 3])
        s.reset() if count % 2 else s.close()
    # None may be at hand because none has been accepted yet.
    daemon.wait_metric("roomcast_accepted_total", 40)
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)
    eventually(lambda: daemon.open_fds() <= before + 1, 5, "descriptors")
