"""Why a handshake is refused shows in the answer, the metric and the log."""

import pytest

from rig.people import SECRET, token
from rig.raw import request
from rig.tokens import authenticator


def reason(status, label):
    return f'roomcast_refused_total{{status="{status}",reason="{label}"}}'


@pytest.fixture
def daemon(gateway, tmp_path):
    return gateway(
        auth={"people": authenticator(tmp_path, secret_file=SECRET)},
        routes=[
            {"path": "/ws/{room}", "rooms": ["{room}"]},
            {"path": "/q", "rooms": ["{query.a}"]},
            {"path": "/o", "rooms": ["o"], "origins": ["https://a.example"]},
            {"path": "/user", "rooms": ["{query.a}"], "auth": "people"},
            {
                "path": "/some",
                "rooms": ["{query.a}"],
                "auth": "people",
                "permit": "claim.p",
            },
            {"path": "/claim", "rooms": ["{claim.c}"], "auth": "people"},
        ],
        limits={"rooms_per_connection": 2},
        delivery={"compression": {}},
    )


OFFER = {"Sec-WebSocket-Extensions": "permessage-deflate;;"}
CASES = [
    (400, "request", b"GET /ws/a HTTP/1.1\nHost: a\r\n\r\n"),
    (400, "handshake", request(without=["Host"])),
    (400, "extensions", request(headers=OFFER)),
    (400, "path", request("/ws/%zz")),
    (400, "query_missing", request("/q")),
    (400, "query_twice", request("/q?a=1&a=2")),
    (400, "query_encoding", request("/q?a=%zz")),
    (400, "room_name", request("/q?a=")),
    (400, "room_name_too_long", request("/q?a=" + "a" * 256)),
    (400, "too_many_rooms", request("/q?a=1,2,3")),
    (401, "no_token", request("/user?a=1")),
    (401, "token", request("/user?a=1&token=x.y.z")),
    (403, "origin", request("/o", headers={"Origin": "https://b.example"})),
    (404, "route", request("/nowhere")),
    (405, "method", request(method="POST")),
    (414, "request_line", b"GET /" + b"a" * 9000),
    (426, "upgrade", request(without=["Upgrade"])),
    (431, "request_head", request(headers={"X": "a" * 9000})),
]


def check(daemon, status, label):
    name = reason(status, label)
    daemon.wait_metric(name, 1)
    daemon.wait_metric("roomcast_refused_total", 1)
    daemon.wait_log(rf"handshake refused status={status} reason={label} ")


@pytest.mark.parametrize("status, label, data", CASES)
def test_the_request(daemon, raw, status, label, data):
    s = raw(daemon)
    s.send(data)
    assert s.read_refusal().status == status
    check(daemon, status, label)


@pytest.mark.parametrize(
    "status, label, path, claims",
    [
        (403, "permit", "/some?a=1", {"p": ["2"]}),
        (403, "claim", "/claim", {}),
        (401, "token_user", "/user?a=1", {"sub": {}}),
        (401, "token", "/user?a=1", {"exp": 1}),
    ],
)
def test_the_token(daemon, raw, status, label, path, claims):
    s = raw(daemon)
    mark = "&" if "?" in path else "?"
    signed = token("ana", **claims)
    s.send(request(f"{path}{mark}token={signed}"))
    assert s.read_refusal().status == status
    check(daemon, status, label)


def test_what_is_full(gateway, raw):
    daemon = gateway(limits={"connections": 1, "handshakes": 1})
    s = raw(daemon)
    daemon.wait_metric("roomcast_handshakes_in_progress", 1)
    assert raw(daemon).read_refusal().status == 503
    daemon.wait_metric(reason(503, "full"), 1)
    s.close()


def test_too_many_handshakes(gateway, raw):
    daemon = gateway(limits={"handshakes": 1})
    s = raw(daemon)
    daemon.wait_metric("roomcast_handshakes_in_progress", 1)
    assert raw(daemon).read_refusal().status == 503
    check(daemon, 503, "handshakes")
    s.close()


def test_draining(gateway, raw):
    daemon = gateway(shutdown={"drain": "5s"}, limits={"handshakes": 2})
    late = raw(daemon)
    stays = raw.upgraded(daemon)
    daemon.signal()
    daemon.wait_log("main: draining")
    late.send(request())
    assert late.read_refusal().status == 503
    check(daemon, 503, "draining")
    stays.close()
    daemon.wait_exit()


def test_an_app_that_does_not_answer(gateway, raw):
    daemon = gateway(
        auth={"app": {"type": "http", "url": "http://127.0.0.1:1/"}},
        routes=[{"path": "/a", "rooms": ["a"], "auth": "app"}],
    )
    s = raw(daemon)
    s.send(request("/a"))
    assert s.read_refusal().status == 503
    check(daemon, 503, "hook")
