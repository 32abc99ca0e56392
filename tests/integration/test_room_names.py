"""Names of rooms: decoded once, then judged; what is judged is joined."""

import pytest
import redis

from rig.people import ROUTES, auth, send, token
from rig.raw import request

END = "end"


def refused(daemon, raw, data):
    s = raw(daemon)
    s.send(data)
    return s.read_refusal()


# -- which names there are


@pytest.mark.parametrize(
    "path, status",
    [
        ("/ws/%c0%af", 400),  # overlong '/'
        ("/ws/%c0%ae%c0%ae", 400),
        ("/ws/%c1%81", 400),
        ("/ws/%e0%80%af", 400),
        ("/ws/%f0%80%80%af", 400),
        ("/ws/%f8%80%80%80%af", 400),
        ("/ws/%ed%a0%80", 400),  # half of a surrogate pair
        ("/ws/%ed%a0%bd%ed%b8%80", 400),
        ("/ws/%f4%90%80%80", 400),  # above U+10FFFF
        ("/ws/%c3", 400),
        ("/ws/%c3%28", 400),
        ("/ws/%80", 400),
        ("/ws/a%00", 400),
        ("/ws/%00a", 400),
        ("/ws/a%00b%2fadmin", 400),
        ("/ws/a%0d%0ab", 400),
        ("/ws/a%09b", 400),
        ("/ws/%1b[31m", 400),
        ("/ws/%7f", 400),
        ("/ws/%c2%80", 400),
        ("/ws/%c2%9f", 400),
        ("/ws/a,b", 400),
        ("/ws/a%2cb", 400),
        ("/ws/a%2Cb", 400),
        ("/ws/,", 400),
        ("/ws/%", 400),
        ("/ws/%4", 400),
        ("/ws/%zz", 400),
        ("/ws/%%41", 400),
        ("/ws/%u0041", 400),
        ("/ws/%-1", 400),
        ("/ws/% 41", 400),
        ("/ws/%e9", 400),  # Latin-1
        ("/ws/" + "%61" * 256, 400),
        ("/ws/" + "%c3%a9" * 128, 400),
        ("/ws/" + "x" * 4096, 400),
        ("/ws/", 404),
        ("/ws/../admin", 404),
        ("/ws/./a", 404),
        ("/ws//a", 404),
        ("/ws/a/", 404),
        ("/ws/a/../b", 404),
        ("/x/../ws/a", 404),
        ("/rooms?rooms=a,,b", 400),
        ("/rooms?rooms=,", 400),
        ("/rooms?rooms=a%00", 400),
        ("/rooms?rooms=a%2c", 400),
        ("/rooms?rooms=a%0d%0ab", 400),
        ("/rooms?rooms=a%c0%afb", 400),
        ("/rooms?rooms=a&rooms=b", 400),
        ("/rooms?rooms=a&r%6foms=b", 400),
        ("/rooms?%72ooms=b&rooms=a", 400),
        ("/rooms?Rooms=a", 400),
        ("/rooms?x=1;rooms=a", 400),
    ],
)
def test_names_that_are_refused(gateway, raw, path, status):
    daemon = gateway(routes=ROUTES)
    assert refused(daemon, raw, request(path)).status == status
    daemon.wait_metric("roomcast_memberships", 0)


def test_raw_bytes_above_ascii_are_refused(gateway, raw):
    daemon = gateway(routes=ROUTES)
    line_rest = request("/ws/@").partition(b"@")[2]
    for byte in range(0x80, 0x100):
        data = b"GET /ws/a" + bytes([byte]) + line_rest
        assert refused(daemon, raw, data).status == 400
    answer = refused(daemon, raw, request("/ws/é"))
    assert answer.status == 400


@pytest.mark.parametrize(
    "path, room",
    [
        ("/ws/a%2fb", "a/b"),
        ("/ws/%2e%2e", ".."),
        ("/ws/..", ".."),
        ("/ws/%2e%2e%2Fadmin", "../admin"),
        ("/ws/..%2f..%2fetc%2fpasswd", "../../etc/passwd"),
        ("/ws/room%252f..%252fadmin", "room%2f..%2fadmin"),
        ("/ws/%2500", "%00"),
        ("/ws/%25252e", "%252e"),
        ("/ws/%25%32%65", "%2e"),
        ("/ws/a;x=1", "a;x=1"),
        ("/ws/a%3fb%23c", "a?b#c"),
        ("/ws/*", "*"),
        ("/ws/%2a", "*"),
        ("/ws/roomcast:broadcast", "roomcast:broadcast"),
        ("/ws/<script>", "<script>"),
        ("/ws/'%20or%201=1--", "' or 1=1--"),
        ("/ws/%25s%25n", "%s%n"),
        ("/ws/{room}", "{room}"),
        ("/ws/%7Buser%7D", "{user}"),
        ("/ws/" + "%c3%a9" * 127, "é" * 127),
        ("/rooms?rooms=a%252cb", "a%2cb"),
        ("/rooms?rooms=a;b", "a;b"),
        ("/rooms?rooms=%2b+%2520", "+ %20"),
    ],
)
def test_names_are_decoded_once(gateway, connect, path, room):
    """Nobody hears what is for a name that a second decoding would give."""
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, path)
    client.recv()  # the welcome
    publisher = daemon.publisher()
    others = ["admin", "room", "a", "b", "/", ".", "%2f", "x", "user"]
    for other in others:
        if other != room:
            send(publisher, "not for " + room, rooms=[other])
    send(publisher, "for " + room, rooms=[room])
    publisher.publish("roomcast:broadcast", END)
    assert client.recv_until(END) == ["for " + room]


def test_rooms_do_not_leak(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/ws/a")
    client.recv()
    publisher = daemon.publisher()
    for channel in "a*", "A", "a ", "?", "[a]", "a%00", "a/b", "*", "aa":
        send(publisher, "lost", rooms=[channel])
        publisher.publish("roomcast:room:" + channel, "lost")
    for channel in b"roomcast:room:a\0", b"roomcast:room:a,b":
        with pytest.raises(redis.ResponseError, match="not allowed"):
            publisher.publish(channel, "lost")
    publisher.publish("roomcast:broadcast", END)
    assert client.recv_until(END) == []


# -- the name that is permitted is the name that is joined


@pytest.fixture
def guarded(gateway, tmp_path):
    conf = auth(tmp_path)
    by_path = {
        "path": "/p/{room}",
        "rooms": ["{room}"],
        "auth": "people",
        "permit": "claim.rooms",
    }
    by_query = {**by_path, "path": "/q", "rooms": ["{query.rooms}"]}
    return gateway(auth=conf["auth"], routes=[by_path, by_query])


@pytest.mark.parametrize(
    "path, room",
    [
        ("/p/team-1?", "team-1"),
        ("/p/te%61m-1?", "team-1"),
        ("/p/%74%65%61%6d%2d1?", "team-1"),
        ("/p/team-1%2f..%2fadmin?", "team-1/../admin"),
        ("/q?rooms=team-1;admin&", "team-1;admin"),
        ("/q?rooms=team-1%252cadmin&", "team-1%2cadmin"),
    ],
)
def test_a_permitted_name_is_joined_as_it_is(guarded, connect, path, room):
    ticket = token("ann", rooms=["team-*"])
    client = connect(guarded, f"{path}token={ticket}")
    publisher = guarded.publisher()
    send(publisher, "lost", rooms=["admin", "team-2", "team-"])
    send(publisher, "found", rooms=[room])
    publisher.publish("roomcast:broadcast", END)
    assert client.recv_until(END) == ["found"]


@pytest.mark.parametrize(
    "path, status",
    [
        ("/p/admin?", 403),
        ("/p/%61dmin?", 403),
        ("/p/%2574eam-1?", 403),
        ("/p/..%2fteam-1?", 403),
        ("/p/TEAM-1?", 403),
        ("/p/%20team-1?", 403),
        ("/p/t%d0%b5am-1?", 403),  # a Cyrillic e
        ("/p/team-1%00?", 400),
        ("/p/team-1%2cadmin?", 400),
        ("/p/team-1,admin?", 400),
        ("/q?rooms=team-1,admin&", 403),
        ("/q?rooms=admin,team-1&", 403),
        ("/q?rooms=team-1%2cadmin&", 403),
        ("/q?rooms=team-1&rooms=admin&", 400),
        ("/q?rooms=team-1&%72ooms=admin&", 400),
        ("/q?rooms=team-1,&", 400),
    ],
)
def test_what_is_not_permitted_is_not_joined(guarded, raw, path, status):
    ticket = token("ann", rooms=["team-*"])
    data = request(f"{path}token={ticket}")
    assert refused(guarded, raw, data).status == status
    guarded.wait_metric("roomcast_memberships", 0)
