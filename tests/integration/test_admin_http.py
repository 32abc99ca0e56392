"""The admin listener's HTTP: each request has its one answer, in order."""

import re

import pytest

from rig.waiting import eventually

ALLOW = "GET, HEAD, OPTIONS"
PAGES = ["/healthz", "/readyz", "/metrics"]


@pytest.fixture
def ask(gateway, raw):
    """A raw connection to the admin listener of a daemon of its own."""
    host, port = gateway().admin_url[len("http://") :].split(":")
    return lambda **options: raw((host, int(port)), **options)


def head(method, path, *fields, version="1.1"):
    lines = [f"{method} {path} HTTP/{version}", "Host: x", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


def read_head(s):
    """An answer without a body, as HEAD gets it."""
    lines = s.read_until(b"\r\n\r\n").decode()[:-4].split("\r\n")
    return int(lines[0].split(" ")[1]), dict(
        line.lower().split(": ", 1) for line in lines[1:]
    )


@pytest.mark.parametrize("path", [*PAGES, "/nope"])
def test_head_has_the_headers_of_get_and_no_body(ask, path):
    s = ask()
    s.send(head("GET", path))
    answer = s.read_response()
    s.send(head("HEAD", path) + head("GET", "/healthz"))
    status, headers = read_head(s)
    assert status == answer.status
    assert headers["content-type"] == answer.headers["content-type"].lower()
    assert int(headers["content-length"]) > 0
    # The next answer is in step.
    assert s.read_response()[::2] == (200, b"ok\n")


@pytest.mark.parametrize("path", [*PAGES, "*"])
def test_options_says_what_is_allowed(ask, path):
    s = ask()
    s.send(head("OPTIONS", path) + head("GET", "/healthz"))
    status, headers = read_head(s)
    assert status == 204
    assert headers["allow"].upper() == ALLOW
    assert "content-length" not in headers
    assert s.read_response().status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "get"])
def test_other_methods_hear_what_is_allowed(ask, method):
    s = ask()
    s.send(head(method, "/metrics") + head("GET", "/healthz"))
    answer = s.read_response()
    assert answer.status == 405
    assert answer.headers["allow"] == ALLOW
    assert s.read_response().status == 200


@pytest.mark.parametrize(
    "field", ["Content-Length: 40", "Transfer-Encoding: chunked"]
)
def test_a_body_is_never_taken_for_a_request(ask, field):
    s = ask()
    s.send(head("POST", "/metrics", field) + head("GET", "/healthz"))
    answer = s.read_response()
    assert answer.status == 405
    assert answer.headers["connection"] == "close"
    assert s.read_to_end() == b""


@pytest.mark.parametrize("field", ["Connection: close", None])
def test_a_last_answer_is_followed_by_the_end(ask, field):
    s = ask()
    fields, version = ([field], "1.1") if field else ([], "1.0")
    s.send(head("GET", "/readyz", *fields, version=version))
    answer = s.read_response()
    assert answer.status == 200 and answer.body == b"ready\n"
    assert answer.headers["connection"] == "close"
    assert s.read_to_end() == b""


@pytest.mark.parametrize(
    "data, status",
    [
        (b"nonsense\r\n", 400),
        (b"GET / HTTP/9.9\r\n", 505),
        (b"GET /" + b"x" * 9000, 414),
        (head("GET", "/", f"X: {'x' * 9000}"), 431),
        (b"\x16\x03\x01", 400),
    ],
)
def test_what_is_no_request_gets_its_refusal(ask, data, status):
    s = ask()
    s.send(data + b"x" * 20000)
    assert s.read_response().status == status
    assert s.read_to_end() == b""


def test_pipelined_and_bytewise_requests_are_answered_in_order(ask):
    s = ask()
    s.send(b"".join(head("GET", page) for page in PAGES) * 100)
    for _ in range(100):
        bodies = [s.read_response().body for _ in PAGES]
        assert bodies[:2] == [b"ok\n", b"ready\n"]
        assert bodies[2].startswith(b"# HELP")
    s.send_bytewise(head("GET", "/healthz"))
    assert s.read_response().body == b"ok\n"


def test_who_reads_nothing_holds_up_nobody(gateway, raw):
    daemon = gateway()
    host, port = daemon.admin_url[len("http://") :].split(":")
    slow = raw((host, int(port)), receive_buffer=4096)
    slow.socket.setblocking(False)
    flood = head("GET", "/metrics") * 1000
    while True:
        try:
            sent = slow.socket.send(flood)
        except BlockingIOError:
            break
        assert sent > 0
    assert daemon.admin("/healthz")[0] == 200


def test_silent_clients_cannot_keep_the_operator_out(gateway, raw):
    daemon = gateway()
    host, port = daemon.admin_url[len("http://") :].split(":")
    files = daemon.open_fds()
    silent = [raw((host, int(port))) for _ in range(90)]
    assert daemon.admin("/healthz")[0] == 200
    # All but some have lost their places.
    eventually(
        lambda: daemon.admin("/healthz")[0] == 200
        and daemon.open_fds() <= files + 40,
        what="the number of connections has a bound",
    )
    for s in silent[:40]:
        s.wait_gone()


@pytest.mark.parametrize("begin", [b"", b"GET /healthz HT"])
def test_who_has_asked_keeps_its_place_before_who_has_not(ask, begin):
    """Of those the first one goes, however short it has been there."""
    operator = ask()
    operator.send(head("GET", "/healthz"))
    assert operator.read_response().status == 200
    silent = [ask() for _ in range(90)]
    for s in silent[-20:]:
        s.send(begin)
    for s in silent[:50]:
        s.wait_gone()
    silent[-1].send(head("GET", "/healthz")[len(begin) :])
    for s in operator, silent[-1]:
        s.send(head("GET", "/readyz"))
    assert operator.read_response().body == b"ready\n"
    assert silent[-1].read_response().body == b"ok\n"


def test_an_answer_is_dated(ask):
    s = ask()
    s.send(head("GET", "/healthz"))
    date = s.read_response().headers["date"]
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", date)
