"""/api/connections and /api/rooms: who is here, and where."""

import socket
import threading

import pytest

from rig.people import ROUTES, auth, id_of, user_path
from rig.raw import Raw, request
from rig.tracing import threads
from rig.waiting import eventually

WORKERS = (1, 2)


def pages(daemon, path, key, **query):
    """Every page of a list, one behind the other."""
    following = None
    for _ in range(1000):
        given = {**query, **({"next": following} if following else {})}
        text = "&".join(f"{k}={v}" for k, v in given.items())
        status, body = daemon.api(f"{path}?{text}")
        assert status == 200, body
        yield body[key]
        following = body["next"]
        if following is None:
            return
    raise AssertionError("the list has no end")


def connections(daemon, **query):
    return [c for p in pages(daemon, "connections", "connections", **query)
            for c in p]


def rooms(daemon, **query):
    found = [r for p in pages(daemon, "rooms", "rooms", **query) for r in p]
    names = {room["name"]: room["members"] for room in found}
    assert len(names) == len(found)
    return names


# -- connections


def test_a_connection_is_described(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/ws/lobby")
    wanted = id_of(client)
    (one,) = connections(daemon)
    host, port = client.ws.local_address[:2]
    assert one.pop("age_ms") >= 0
    assert one.pop("worker") in (0, 1)
    assert one.pop("sent_bytes") > 100  # the answer to its handshake
    assert one == {
        "id": wanted,
        "state": "open",
        "user": None,
        "address": f"{host}:{port}",
        "route": "/ws/{room}",
        "transport": "websocket",
        "rooms": ["lobby"],
        "room_count": 1,
        "queue_bytes": 0,
        "round_trip_ms": None,
    }


def test_what_was_sent_is_told(gateway, connect, tmp_path):
    """Of a unix socket nobody knows it."""
    local = f"unix:{tmp_path}/s"
    daemon = gateway(listen=[{"address": "127.0.0.1:0"}, {"address": local}])
    client = connect(daemon, "/ws/a")
    before = connections(daemon)[0]["sent_bytes"]
    daemon.publisher().publish("roomcast:room:a", "x" * 1000)
    client.recv()
    assert connections(daemon)[0]["sent_bytes"] == before + 1004
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(f"{tmp_path}/s")
        s.sendall(request("/ws/b"))
        assert s.recv(1000)
        (one,) = connections(daemon, room="b")
        assert one["sent_bytes"] is None and one["address"] == "unix"


def test_the_way_to_a_client_and_back_is_measured(gateway, connect):
    daemon = gateway(keepalive={"ping_interval": "1s"})
    connect(daemon)
    eventually(
        lambda: (connections(daemon)[0]["round_trip_ms"] or 0) >= 1,
        10,
        "a pong has come",
    )


def test_who_is_whom_and_where(gateway, connect, tmp_path):
    daemon = gateway(**auth(tmp_path))
    ann, bob = (connect(daemon, user_path(user)) for user in ("ann", "bob"))
    assert {c["user"] for c in connections(daemon)} == {"ann", "bob"}
    (one,) = connections(daemon, user="ann")
    assert one["id"] == id_of(ann) and one["user"] == "ann"
    assert one["rooms"] == ["lobby"]
    (one,) = connections(daemon, user="bob", room="lobby")
    assert one["id"] == id_of(bob)
    assert connections(daemon, user="nobody") == []
    assert connections(daemon, user="ann", room="elsewhere") == []


def test_addresses_and_rooms_choose(gateway, connect):
    daemon = gateway(routes=ROUTES)
    for i in range(6):
        connect(daemon, f"/ws/r{i % 2}")
    assert len(connections(daemon, room="r1")) == 3
    assert connections(daemon, room="r2") == []
    for address, count in (
        ("127.0.0.1", 6), ("127.0.0.0/8", 6), ("10.0.0.0/8", 0),
        ("%3A%3A1", 0),
    ):
        assert len(connections(daemon, address=address)) == count, address


def test_many_rooms_are_named_in_part(gateway, connect):
    daemon = gateway(routes=ROUTES)
    connect(daemon, "/rooms?rooms=" + ",".join(f"r{i}" for i in range(40)))
    (one,) = connections(daemon)
    assert one["room_count"] == 40 and len(one["rooms"]) == 16


@pytest.mark.parametrize("sort", [{}, {"sort": "queue"}])
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_hold_each_connection_once(gateway, connect, sort, limit):
    daemon = gateway()
    connect.many([daemon.ws_url(f"/ws/{i}") for i in range(40)])
    got = list(
        pages(daemon, "connections", "connections", limit=limit, **sort)
    )
    assert all(len(page) <= limit for page in got)
    ids = [c["id"] for page in got for c in page]
    assert len(ids) == len(set(ids)) == 40


def test_who_stays_is_listed_once_whoever_comes_and_goes(gateway, connect):
    daemon = gateway(routes=ROUTES)
    stay = [id_of(connect(daemon, "/ws/stay")) for _ in range(20)]
    go = [connect(daemon, "/ws/go") for _ in range(20)]
    seen = []
    for page in pages(daemon, "connections", "connections", limit=3):
        seen += [c["id"] for c in page]
        for client in go[:3]:
            client.close()
        del go[:3]
        connect(daemon, "/ws/new")
    assert [seen.count(one) for one in stay] == [1] * 20


def test_the_slowest_reader_is_first(gateway, raw, connect):
    daemon = gateway(delivery={"socket_buffer": "4KiB", "queue": "64MiB"})
    for _ in range(5):
        connect(daemon, "/ws/other")
    slow = Raw.upgraded(daemon.address(), "/ws/slow", receive_buffer=4096)
    publisher = daemon.publisher()
    for _ in range(20):
        publisher.publish("roomcast:room:slow", "x" * 200000)
    daemon.wait_deliveries(20)
    first = connections(daemon, sort="queue", limit=2)[0]
    assert first["rooms"] == ["slow"] and first["queue_bytes"] > 1000000
    queues = [c["queue_bytes"] for c in connections(daemon, sort="queue")]
    assert queues == sorted(queues, reverse=True) and len(queues) == 6
    slow.reset()


@pytest.mark.parametrize(
    "query, why",
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("sort=age", "sort must be queue"),
        ("address=nowhere", "address"),
        ("address=10.0.0.1/8", "address"),
        ("room=" + "x" * 256, "room must be 1 to 255 bytes"),
        ("user=%01", "user must be 1 to 255 bytes"),
        ("next=zz", "next must be what an answer here gave"),
        ("next=1-2", "next"),
        ("next=1-2-3-4", "next"),
        ("next=1-2-11111111111111111", "next"),
        ("rom=x", "did you mean room"),
        ("x=1", "room, user, address, sort, limit, next"),
        ("limit=1&limit=2", "twice"),
    ],
)
def test_what_is_no_query_is_refused(gateway, query, why):
    status, body = gateway().api(f"connections?{query}")
    assert status == 400 and why in body["error"] and body["remedy"]


def test_made_up_places_lead_nowhere_or_somewhere(gateway, connect):
    daemon = gateway()
    connect(daemon)
    for place in "0-0-0", "0-ff-0", "0-0-ffffffff", "ffffffffffffffff-1-1":
        for sort in "", "&sort=queue":
            assert daemon.api(f"connections?next={place}{sort}")[0] == 200


# -- rooms


def test_rooms_are_counted_over_all_workers(gateway, connect):
    daemon = gateway()
    connect.many([daemon.ws_url(f"/ws/a{i % 3}") for i in range(12)])
    connect(daemon, "/ws/b%22%2F")
    assert rooms(daemon) == {"a0": 4, "a1": 4, "a2": 4, 'b"/': 1}
    assert rooms(daemon, prefix="a") == {"a0": 4, "a1": 4, "a2": 4}
    assert rooms(daemon, prefix="a1") == {"a1": 4}
    assert rooms(daemon, prefix="b%22") == {'b"/': 1}
    assert rooms(daemon, prefix="c") == {}


def test_a_room_that_all_have_left_is_not_there(gateway, connect):
    daemon = gateway()
    connect(daemon, "/ws/stays")
    connect(daemon, "/ws/goes").close()
    eventually(lambda: rooms(daemon) == {"stays": 1}, 5, "it has gone")


def test_a_user_is_no_room(gateway, connect, tmp_path):
    daemon = gateway(**auth(tmp_path))
    connect(daemon, user_path("ann"))
    assert rooms(daemon) == {"lobby": 1}


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_pages_hold_each_room_once(gateway, connect, limit):
    daemon = gateway()
    connect.many([daemon.ws_url(f"/ws/{i}") for i in range(60)])
    got = list(pages(daemon, "rooms", "rooms", limit=limit))
    assert all(len(page) <= limit for page in got)
    names = [room["name"] for page in got for room in page]
    assert sorted(names) == sorted(str(i) for i in range(60))


def test_rooms_that_stay_are_there_once_whatever_else_does(gateway, connect):
    daemon = gateway()
    for i in range(20):
        connect(daemon, f"/ws/stay{i}")
    seen = []
    for n, page in enumerate(pages(daemon, "rooms", "rooms", limit=2)):
        seen += [room["name"] for room in page]
        connect.many([daemon.ws_url(f"/ws/new{n}-{i}") for i in range(8)])
        if n > 40:
            break
    assert all(seen.count(name) <= 1 for name in seen)
    if n <= 40:
        assert all(seen.count(f"stay{i}") == 1 for i in range(20))


@pytest.mark.parametrize(
    "query, why",
    [
        ("limit=0", "limit"),
        ("next=x", "next"),
        ("next=1-2", "next"),
        ("prefix=" + "x" * 256, "prefix"),
        ("sort=name", "sort"),
        ("sort=members&next=1", "next"),
    ],
)
def test_what_is_no_query_for_rooms_is_refused(gateway, query, why):
    status, body = gateway().api(f"rooms?{query}")
    assert status == 400 and why in body["error"]


def largest(daemon, **query):
    text = "&".join(f"{k}={v}" for k, v in query.items())
    status, body = daemon.api(f"rooms?sort=members&{text}")
    assert status == 200 and body["next"] is None, body
    assert body["complete"] is True
    return [(room["name"], room["members"]) for room in body["rooms"]]


def test_the_largest_rooms_come_first(gateway, connect):
    """They are more than are looked at together."""
    daemon = gateway(routes=ROUTES)
    many = [f"r{i:04}" for i in range(1500)]
    for i in range(0, 1500, 50):
        connect(daemon, "/rooms?rooms=" + ",".join(many[i : i + 50]))
    for i, name in enumerate(["r0007", "r1499", "r0700"]):
        connect.many([daemon.ws_url(f"/ws/{name}")] * (i + 2))
    assert largest(daemon, limit=4) == [
        ("r0700", 5), ("r1499", 4), ("r0007", 3), ("r0000", 1),
    ]
    assert largest(daemon, limit=1, prefix="r1") == [("r1499", 4)]
    names = [name for name, _ in largest(daemon, limit=1000)]
    left = [name for name in many if name not in names[:3]]
    assert names[3:] == left[:997]


def test_without_rooms_none_is_the_largest(gateway):
    assert largest(gateway()) == []


# -- at their worst


def test_lists_that_nobody_waits_for_harm_nothing(gateway, connect):
    daemon = gateway()
    connect.many([daemon.ws_url(f"/ws/{i}") for i in range(50)])
    host, port = daemon.admin_url[len("http://") :].split(":")
    for path in (
        "connections?sort=queue", "connections", "rooms", "rooms?sort=members",
    ):
        head = f"GET /api/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        for _ in range(50):
            s = Raw((host, int(port)))
            s.send(head.encode())
            s.reset()
    assert len(connections(daemon)) == 50
    assert len(rooms(daemon)) == 50


def test_a_list_under_way_at_the_end_is_let_go(gateway, connect):
    daemon = gateway()
    connect.many([daemon.ws_url(f"/ws/{i}") for i in range(50)])
    host, port = daemon.admin_url[len("http://") :].split(":")
    held = []
    for _ in range(20):
        s = Raw((host, int(port)))
        s.send(b"GET /api/connections HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        held.append(s)
    daemon.stop()


def test_who_is_left_is_listed_when_other_workers_have_ended(gateway, raw):
    daemon = gateway(workers=2, shutdown={"drain": "20s"})
    client = raw(daemon)
    client.send(request())
    assert client.read_response().status == 101
    pid = daemon.process.pid
    before = len(threads(pid))
    assert daemon.api("drain", "POST")[0] == 202
    eventually(lambda: len(threads(pid)) < before, 10, "a worker ends")
    for page in ("connections", "connections?sort=queue"):
        status, body = daemon.api(page)
        assert status == 200 and len(body["connections"]) == 1
    assert daemon.api("rooms")[0] == 200
    client.reset()


def test_messages_flow_while_lists_are_made(gateway, connect):
    daemon = gateway()
    others = [daemon.ws_url(f"/ws/{i % 50}") for i in range(300)]
    connect.many(others)
    client = connect(daemon, "/ws/live")
    publisher = daemon.publisher()
    is_over = threading.Event()

    def list_all():
        while not is_over.is_set():
            assert len(connections(daemon, sort="queue", limit=1000)) == 301

    lister = threading.Thread(target=list_all)
    lister.start()
    try:
        for i in range(500):
            publisher.publish("roomcast:room:live", str(i))
        assert client.recv_many(500) == [str(i) for i in range(500)]
    finally:
        is_over.set()
        lister.join()
