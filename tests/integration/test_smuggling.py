"""Requests that two parsers may read in two ways, and their size."""

import pytest

from rig.raw import CLOSE, PING, PONG, frame, request

MAX_HEADERS = 64
HEAD = 8192  # limits.request_head


def refused(daemon, raw, data):
    """The one answer there is; read_refusal sees that nothing follows."""
    s = raw(daemon)
    s.send(data)
    return s.read_refusal()


def with_line(line, **options):
    """A handshake with one more line, as it is."""
    head, _, rest = request(**options).partition(b"\r\n")
    return head + b"\r\n" + line + b"\r\n" + rest


SECOND = request("/ws/smuggled")

# -- where does a request end?

BODIES = [
    b"Content-Length: 5",
    b"Content-Length: 0\r\nContent-Length: 0",
    b"Content-Length: 0\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 0",
    b"Content-Length: 0\r\ncontent-length: 5",
    b"Content-Length: 0, 0",
    b"Content-Length: 00",
    b"Content-Length: +0",
    b"Content-Length: -0",
    b"Content-Length: 0x0",
    b"Content-Length: 0 0",
    b"Content-Length: ",
    b"Content-Length: 18446744073709551616",
    b"Content-Length:\x0b0",
    b"Content-Length : 0",
    b"Content-Length\t: 5",
    b"Content-Length\x00: 5",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding:chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: ",
    b"Transfer-Encoding : chunked",
    b"tRANSFER-eNCODING: Chunked",
    b" Transfer-Encoding: chunked",
    b"\tTransfer-Encoding: chunked",
    b"X: a\r\n Transfer-Encoding: chunked",
    b"X: a\nTransfer-Encoding: chunked",
    b"X: a\rTransfer-Encoding: chunked",
    b"X: a\0\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding\r\n: chunked",
    b"Transfer-Encoding: chunked\r\nContent-Length: 0",
    b"Content-Length: 0\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding",
    b": chunked",
    b"Transfer Encoding: chunked",
]


@pytest.mark.parametrize("line", BODIES, ids=repr)
def test_a_body_is_refused_with_what_is_in_it(gateway, raw, line):
    daemon = gateway()
    for rest in b"", b"0\r\n\r\n" + SECOND, b"5\r\nhello\r\n0\r\n\r\n":
        assert refused(daemon, raw, with_line(line) + rest).status == 400
    metrics = daemon.metrics()
    assert metrics["roomcast_upgraded_total"] == 0
    assert metrics['roomcast_refused_total{status="400"}'] == 3


def test_no_body_may_be_said(gateway, raw):
    s = raw(gateway())
    s.send(with_line(b"Content-Length: 0") + frame(PING, b"x"))
    assert s.read_response().status == 101
    assert s.read_frame() == (PONG, b"x", True)


@pytest.mark.parametrize(
    "data, status",
    [
        pytest.param(request("/nope"), 404, id="no route"),
        pytest.param(request(method="POST"), 405, id="POST"),
        pytest.param(request(method="HEAD"), 405, id="HEAD"),
        pytest.param(request(without=["Upgrade"]), 426, id="no upgrade"),
        pytest.param(
            request(headers={"Sec-WebSocket-Version": "12"}),
            426,
            id="version 12",
        ),
        pytest.param(request("/ws/%00"), 400, id="room"),
        pytest.param(request(without=["Host"]), 400, id="no Host"),
        pytest.param(
            request().replace(b"HTTP/1.1", b"HTTP/1.0"), 505, id="HTTP/1.0"
        ),
        pytest.param(
            request(headers={f"X-{i}": "" for i in range(99)}),
            431,
            id="headers",
        ),
        pytest.param(request("/" + "x" * HEAD), 414, id="path"),
    ],
)
def test_behind_a_refusal_nothing_is_answered(gateway, raw, data, status):
    """Nor is anything taken for a frame, whatever a proxy believes."""
    daemon = gateway()
    for rest in SECOND * 3, frame(PING, b"x") * 10, request("/metrics"):
        assert refused(daemon, raw, data + rest).status == status
    later = raw(daemon)
    later.send(data)
    assert later.read_response().status == status
    try:
        later.send(SECOND)
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert later.read_to_end() == b""
    assert daemon.metric("roomcast_upgraded_total") == 0


def test_behind_an_upgrade_there_is_no_http(gateway, raw):
    """A second request is a broken frame: 1002, and no other answer."""
    daemon = gateway()
    s = raw(daemon)
    s.send(request("/ws/lobby") + SECOND)
    assert s.read_response().status == 101
    closing = s.read_frame()
    assert closing.opcode == CLOSE and closing.code == 1002
    assert s.read_to_end() == b""
    daemon.wait_metric("roomcast_upgraded_total", 1)


# -- what is asked for?


@pytest.mark.parametrize(
    "line, status",
    [
        (b"GET http://evil@example.test/ws/lobby HTTP/1.1", 400),
        (b"GET https:///ws/lobby HTTP/1.1", 400),
        (b"GET http://example.test HTTP/1.1", 404),
        (b"GET http://example.test/ws%2flobby HTTP/1.1", 404),
        (b"GET ws://example.test/ws/lobby HTTP/1.1", 400),
        (b"GET example.test:80 HTTP/1.1", 400),
        (b"CONNECT example.test:80 HTTP/1.1", 400),
        (b"OPTIONS * HTTP/1.1", 405),
        (b"OPTIONS ** HTTP/1.1", 400),
        (b"options * HTTP/1.1", 400),
        (b"GET * HTTP/1.1", 400),
        (b"GET ws/lobby HTTP/1.1", 400),
        (b"GET  HTTP/1.1", 400),
        (b"GET HTTP/1.1", 400),
        (b"GET  /ws/lobby HTTP/1.1", 400),
        (b"GET /ws/lobby  HTTP/1.1", 400),
        (b"GET\t/ws/lobby\tHTTP/1.1", 400),
        (b"GET /ws/lobby\tHTTP/1.1", 400),
        (b" GET /ws/lobby HTTP/1.1", 400),
        (b"\nGET /ws/lobby HTTP/1.1", 400),
        (b"\r\n GET /ws/lobby HTTP/1.1", 400),
        (b"GET /ws/lob by HTTP/1.1", 400),
        (b"GET /ws/lobby HTTP/1.1 HTTP/1.1", 400),
        (b"GET /ws/lobby HTTP/1.1\t", 400),
        (b"GET /ws/lobby HTTP/1.1 ", 400),
        (b"GET /ws/lobby\rX: 1 HTTP/1.1", 400),
        (b"GET /ws/lobby\nX: 1 HTTP/1.1", 400),
        (b"GET /ws/lobby\0 HTTP/1.1", 400),
        (b"GET /ws/lobby#top HTTP/1.1", 400),
        (b"GET /ws/lobby", 400),
        (b"GET /ws/lobby http/1.1", 400),
        (b"GET /ws/lobby HTTP/1.10", 400),
        (b"GET /ws/lobby HTTP/01.1", 400),
        (b"GET /ws/lobby HTTPS/1.1", 400),
        (b"GET /ws/lobby HTTP/1.0", 505),
        (b"GET /ws/lobby HTTP/0.9", 505),
        (b"PRI * HTTP/2.0", 505),
        (b"G(T /ws/lobby HTTP/1.1", 400),
        (b"get /ws/lobby HTTP/1.1", 405),
        (b"GETS /ws/lobby HTTP/1.1", 405),
        (b"GET //example.test/ws/lobby HTTP/1.1", 404),
        (b"GET /\\evil.example/ws/lobby HTTP/1.1", 404),
        (b"GET /ws\\lobby HTTP/1.1", 404),
        (b"GET /ws%2flobby HTTP/1.1", 404),
        (b"GET /%77s/lobby/ HTTP/1.1", 404),
        (b"GET /http://example.test/ws/lobby HTTP/1.1", 404),
    ],
    ids=repr,
)
def test_request_lines(gateway, raw, line, status):
    data = line + b"\r\n" + request().partition(b"\r\n")[2]
    answer = refused(gateway(), raw, data)
    assert answer.status == status


@pytest.mark.parametrize(
    "line",
    [
        b"Host: evil.example",
        b"host: example.test",
        b"Host : example.test",
        b" Host: example.test",
    ],
    ids=repr,
)
def test_a_second_host_is_refused(gateway, raw, line):
    assert refused(gateway(), raw, with_line(line)).status == 400


@pytest.mark.parametrize(
    "host",
    ["", "a b", "a@b", "a/b", "http://a", "a\tb", "a,\tb", "<a>", "a?b", "é"],
)
def test_hosts_that_are_none(gateway, raw, host):
    answer = refused(gateway(), raw, request(headers={"Host": host}))
    assert answer.status == 400


@pytest.mark.parametrize(
    "line, status",
    [
        (b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400),
        (b"Sec-WebSocket-Version: 13", 426),
        (b"Sec-WebSocket-Version: 8", 426),
    ],
    ids=repr,
)
def test_what_may_be_there_once_is_refused_twice(gateway, raw, line, status):
    assert refused(gateway(), raw, with_line(line)).status == status


# -- how much of it


def headers_up_to(count):
    """A request with so many headers in all."""
    have = request().count(b"\r\n") - 2
    return request(headers={f"X-{i}": "1" for i in range(count - have)})


def test_the_number_of_headers_is_bounded(gateway, raw):
    daemon = gateway()
    s = raw(daemon)
    s.send(headers_up_to(MAX_HEADERS))
    assert s.read_response().status == 101
    answer = refused(daemon, raw, headers_up_to(MAX_HEADERS + 1))
    assert answer.status == 431


def test_the_size_of_the_head_is_bounded(gateway, raw):
    daemon = gateway()
    pad = HEAD - len(request(headers={"X": ""}))
    s = raw(daemon)
    s.send(request(headers={"X": "x" * pad}) + frame(PING, b"behind"))
    assert s.read_response().status == 101
    assert s.read_frame() == (PONG, b"behind", True)
    data = request(headers={"X": "x" * (pad + 1)})
    assert refused(daemon, raw, data).status == 431


def test_the_size_of_the_request_line_is_bounded(gateway, raw):
    daemon = gateway()
    s = raw(daemon)
    assert s.handshake("/ws/a?x=" + "x" * (HEAD - 300)).status == 101
    for path in "/ws/a?x=" + "x" * HEAD, "/" * HEAD, "/ws/" + "%61" * HEAD:
        assert refused(daemon, raw, request(path)).status == 414


def test_heads_without_end_are_cut_off(gateway, raw):
    daemon = gateway()
    for data, status in [
        (b"G" * 100_000, 414),
        (b"GET /ws/a HTTP/1.1\r\n" + b"X" * 100_000, 431),
        (b"GET /ws/a HTTP/1.1\r\n" + b"X: 1\r\n" * 20_000, 431),
    ]:
        assert refused(daemon, raw, data).status == status


# -- nothing of the request comes back

KNOWN = {
    "upgrade",
    "connection",
    "sec-websocket-accept",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "content-type",
    "content-length",
    "allow",
    "retry-after",
}

INJECTIONS = [
    ("/ws/lobby", "chat\r\nX-Injected: 1"),
    ("/ws/lobby", "chat%0d%0aX-Injected:1"),
    ("/ws/lobby", "chat\rX-Injected: 1"),
    ("/ws/lobby", "chat\nX-Injected: 1"),
    ("/ws/lobby", "X-Injected"),
    ("/ws/lobby", "X-Injected, chat"),
    ("/ws/lobby", "\u560d\u560aX-Injected: 1"),
    ("/ws/%0d%0aX-Injected:%201", "chat"),
    ("/ws/lobby?x=%0d%0aX-Injected:%201", "chat"),
    ("/X-Injected", "chat"),
    ("/ws/lobby\r\nX-Injected: 1", "chat"),
    ("/ws/\u560d\u560aX-Injected", "chat"),
]


@pytest.mark.parametrize("path, subprotocol", INJECTIONS)
def test_no_byte_of_the_client_s_is_reflected(gateway, raw, path, subprotocol):
    route = {
        "path": "/ws/{room}",
        "rooms": ["{room}"],
        "subprotocols": ["chat"],
    }
    s = raw(gateway(routes=[route]))
    s.send(request(path, {"Sec-WebSocket-Protocol": subprotocol}))
    answer = s.read_response()
    assert set(answer.headers) <= KNOWN
    assert answer.headers.get("sec-websocket-protocol", "chat") == "chat"
    assert "injected" not in repr(answer).lower()
