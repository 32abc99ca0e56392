"""One request must not multiply: lists of rooms, claims, patterns.

Each request here is small and would be much work if it were taken at its
word. What the gateway spends on it is measured as its own CPU time, so that a
busy machine changes nothing.
"""

import json

import pytest

from rig.asking import app  # noqa: F401
from rig.people import SECRET, token
from rig.raw import request
from rig.usage import cpu_seconds
from rig.waiting import work

HEAD = 64 * 1024
ASKED = 20  # how often each: what one costs is small
LIMIT = work(1.5)


def route(*rooms, path="/ws", **more):
    return {"path": path, "rooms": list(rooms), **more}


def filled(template, item, size=HEAD - 600):
    """The template with as many of the item as a head holds."""
    count = template.count("@")
    share = (size - len(template)) // count
    words = ",".join([item] * (share // (len(item) + 1)))
    return template.replace("@", words)


def costs(daemon, raw, path, headers=()):
    """CPU seconds of some such requests, and the last one's answer."""
    before = cpu_seconds(daemon.pid)
    for _ in range(ASKED):
        s = raw(daemon)
        s.send(request(path, headers))
        answer = s.read_response()
        s.close()
    return cpu_seconds(daemon.pid) - before, answer


@pytest.mark.parametrize(
    "rooms",
    [
        ["{query.a}-{query.b}"],
        ["{query.a}{query.b}{query.a}{query.b}{query.a}{query.b}"],
        ["x{query.a}"] * 50,
        ["{query.a}-{query.b}"] * 50,
        ["fine", "{query.a}-{query.b}"],
    ],
)
def test_lists_in_the_query(gateway, raw, rooms):
    daemon = gateway(
        routes=[route(*rooms)], limits={"request_head": "64KiB"}
    )
    spent, answer = costs(daemon, raw, filled("/ws?a=@&b=@", "a"))
    assert (answer.status, answer.body) == (400, b"too many rooms\n")
    assert spent < LIMIT
    daemon.wait_metric("roomcast_connections", 0)
    daemon.wait_metric("roomcast_rooms", 0)


def secret_of(folder):
    file = folder / "secret"
    file.write_text(SECRET)
    return {
        "people": {
            "type": "jwt",
            "algorithms": ["HS256"],
            "secret_file": str(file),
        }
    }


def asking(gateway, app, **answer):
    """A daemon with three routes that ask the app, which says this."""
    app.answer = {"user": "ana", **answer}
    return gateway(
        auth={"app": {"type": "http", "url": app.url}},
        routes=[
            route("{claim.c}-{claim.d}-{query.a}", auth="app"),
            route("{query.a}", path="/limited", auth="app", permit="claim.p"),
            route("lobby", path="/given", auth="app"),
        ],
        limits={"request_head": "64KiB"},
    )


def test_claims(gateway, raw, app):
    daemon = asking(gateway, app, c=["x"] * 6000, d=[7] * 6000)
    spent, answer = costs(daemon, raw, "/ws?a=1,1,1")
    assert (answer.status, answer.body) == (400, b"too many rooms\n")
    assert spent < LIMIT


def test_rooms_that_the_app_gives_again_and_again(gateway, raw, app):
    daemon = asking(gateway, app, rooms=["x", "y"] * 5000)
    spent, answer = costs(daemon, raw, "/given")
    assert answer.status == 101
    assert spent < LIMIT


@pytest.mark.parametrize(
    "pattern, count",
    [
        ("*" + "a" * 40 + "b", 1200),
        ("*a" * 250 + "b", 120),
        (7, 20000),
        ("?", 12000),
    ],
)
def test_patterns_of_a_permit(gateway, raw, app, pattern, count):
    daemon = asking(gateway, app, p=["a*"] + [pattern] * count)
    rooms = ",".join("a" * 100 + str(i) for i in range(100))
    spent, answer = costs(daemon, raw, f"/limited?a={rooms}")
    assert answer.status == 101
    assert spent < LIMIT
    app.answer["p"] = [pattern] * count + ["zzz"]
    spent, answer = costs(daemon, raw, f"/limited?a={rooms}")
    assert answer.status == 403
    assert spent < LIMIT
    app.answer["p"] = [pattern] * count + ["a*"]
    spent, answer = costs(daemon, raw, f"/limited?a={rooms}")
    assert answer.status == 403
    assert answer.body == b"too many patterns for so many rooms\n"
    assert spent < LIMIT


def test_a_client_in_as_many_rooms_as_there_can_be(gateway, raw):
    daemon = gateway(
        routes=[route("{query.a}")],
        limits={"request_head": "64KiB", "rooms_per_connection": 65534},
    )
    names = ",".join(f"{i:x}" for i in range(12000))
    spent, answer = costs(daemon, raw, f"/ws?a={names}")
    assert answer.status == 101
    assert spent < 2 * LIMIT


@pytest.mark.parametrize(
    "header, before, item, behind",
    [
        ("Cookie", "", "a=b;", ""),
        ("Cookie", "", ";", ""),
        ("Sec-WebSocket-Protocol", "", "a,", ""),
        ("Sec-WebSocket-Protocol", "", ",", ""),
        ("Sec-WebSocket-Extensions", "", "x,", ""),
        ("Sec-WebSocket-Extensions", "", "permessage-deflate,", ""),
        ("Sec-WebSocket-Extensions", "", "permessage-deflate;", ""),
        ("X-Forwarded-For", "", "127.0.0.1,", ""),
        ("X-Forwarded-For", "", ",", ""),
        ("Origin", "https://", "a.", "com"),
        ("Connection", "Upgrade,", "a,", ""),
        ("Upgrade", "", "a,", "websocket"),
    ],
)
def test_lists_in_headers(gateway, raw, tmp_path, header, before, item, behind):
    people = secret_of(tmp_path)
    people["people"]["token"] = [
        "cookie.session",
        "subprotocol",
        "query.token",
    ]
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "trusted": ["127.0.0.0/8"]}],
        auth=people,
        routes=[
            route(
                "{user}",
                auth="people",
                origins=[f"https://{i}.example.com" for i in range(100)],
                subprotocols=[f"p{i}" for i in range(30)],
            )
        ],
        limits={"request_head": "64KiB"},
        delivery={"compression": {}},
    )
    path = "/ws?token=" + token("ana")
    value = before + item * ((HEAD - 1200) // len(item)) + behind
    spent, answer = costs(daemon, raw, path, {header: value})
    assert answer.status in (101, 400, 401, 403)
    assert spent < LIMIT


MEMBERS = 200
AGAIN = 170000


@pytest.fixture
def crowd(gateway, connect):
    """A daemon with many members of one room, and its publisher."""
    daemon = gateway(limits={"payload": "1MiB"})
    members = connect.many([daemon.ws_url("/ws/a")] * MEMBERS)
    daemon.wait_metric("roomcast_memberships", MEMBERS)
    return daemon, daemon.publisher(), members


def published(daemon, publisher, channel, **payload):
    """CPU seconds of publishing this some times."""
    text = json.dumps(payload, separators=(",", ":"))
    before = cpu_seconds(daemon.pid)
    for _ in range(ASKED):
        publisher.publish(channel, text)
    publisher.publish("roomcast:room:a", "end")
    return before


def test_a_room_named_again_and_again(crowd):
    daemon, publisher, members = crowd
    before = published(
        daemon, publisher, "roomcast:send", rooms=["a"] * AGAIN, text="x"
    )
    for client in members:
        assert client.recv_until("end") == ["x"] * ASKED
    assert cpu_seconds(daemon.pid) - before < LIMIT


def test_a_command_that_names_the_same_again_and_again(crowd):
    daemon, publisher, members = crowd
    before = published(
        daemon,
        publisher,
        "roomcast:control",
        command="disconnect",
        rooms=["b", "c"] * (AGAIN // 2),
    )
    for client in members:
        assert client.recv_until("end") == []
    assert cpu_seconds(daemon.pid) - before < LIMIT
