"""Aim: users, single connections, and all but one."""

import json

import pytest
import redis

from rig.people import ROUTES, id_of, people, send, user_path
from rig.waiting import eventually

END = "end"


def end(publisher):
    publisher.publish("roomcast:broadcast", END)


def upto_end(clients):
    """What each got before END, which is broadcast."""
    return [client.recv_until(END) for client in clients]


# -- connections and except


def test_a_connection_is_reached_by_its_id(gateway, connect):
    daemon = gateway(workers=3, routes=ROUTES)
    clients = connect.many([daemon.ws_url()] * 12)
    publisher = daemon.publisher()
    for i, client in enumerate(clients):
        send(publisher, str(i), connections=[id_of(client)])
    end(publisher)
    assert upto_end(clients) == [[str(i)] for i in range(12)]


def test_several_connections_and_one_twice(gateway, connect):
    daemon = gateway(workers=3, routes=ROUTES)
    clients = connect.many([daemon.ws_url()] * 6)
    ids = [id_of(client) for client in clients]
    publisher = daemon.publisher()
    send(publisher, "x", connections=[ids[0], ids[3], ids[0], ids[5]])
    end(publisher)
    got = upto_end(clients)
    assert got == [["x"], [], [], ["x"], [], ["x"]]


def test_room_and_connection_reach_once(gateway, connect):
    daemon = gateway(workers=2, routes=ROUTES)
    clients = connect.many([daemon.ws_url("/rooms?rooms=a,b")] * 4)
    ids = [id_of(client) for client in clients]
    publisher = daemon.publisher()
    send(publisher, "x", rooms=["a", "b"], connections=ids[:2])
    end(publisher)
    assert upto_end(clients) == [["x"]] * 4


def test_except_spares_its_own_tab_only(gateway, connect):
    daemon = gateway(workers=3, routes=ROUTES)
    clients = connect.many([daemon.ws_url()] * 9)
    ids = [id_of(client) for client in clients]
    publisher = daemon.publisher()
    for i in range(9):
        send(publisher, str(i), rooms=["lobby"], **{"except": [ids[i]]})
    end(publisher)
    for i, got in enumerate(upto_end(clients)):
        assert got == [str(n) for n in range(9) if n != i]


def test_except_stands_above_every_target(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client, other = connect.many([daemon.ws_url()] * 2)
    mine, its = id_of(client), id_of(other)
    publisher = daemon.publisher()
    targets = {"rooms": ["lobby"], "connections": [mine, its]}
    send(publisher, "x", **targets, **{"except": [mine]})
    send(publisher, "y", **targets, **{"except": [mine, its]})
    send(publisher, "z", **targets, **{"except": []})
    end(publisher)
    assert upto_end([client, other]) == [["z"], ["x", "z"]]


def test_ids_that_name_nobody_are_silent(gateway, connect):
    """Nonsense, ids of a daemon that is no more, and of one that closed."""
    daemon, other = gateway(routes=ROUTES), gateway(routes=ROUTES)
    client = connect(daemon)
    mine = id_of(client)
    gone = connect(daemon)
    gone_id = id_of(gone)
    foreign = id_of(connect(other))
    gone.close()
    daemon.wait_metric("roomcast_connections", 1)
    flipped = ("A" if mine[0] != "A" else "B") + mine[1:]
    publisher = daemon.publisher()
    nobody = [gone_id, foreign, flipped, mine[:-1], mine + "A", "nonsense"]
    nobody += [" ", "~" * 64, mine + "=="]
    for name in nobody:
        send(publisher, "lost", connections=[name])
        send(publisher, "found", rooms=["lobby"], **{"except": [name]})
    end(publisher)
    assert client.recv_until(END) == ["found"] * len(nobody)
    metrics = daemon.metrics()
    assert not any(
        value
        for name, value in metrics.items()
        if name.startswith("roomcast_payloads_dropped_total")
    )


def test_an_id_is_never_given_again(gateway, connect):
    """Who comes into the place of one that has gone is somebody else."""
    daemon = gateway(workers=1, routes=ROUTES)
    old = []
    for _ in range(30):
        client = connect(daemon)
        old.append(id_of(client))
        client.close()
    assert len(set(old)) == 30
    daemon.wait_metric("roomcast_connections", 0)
    client = connect(daemon)
    id_of(client)
    publisher = daemon.publisher()
    send(publisher, "lost", connections=old)
    end(publisher)
    assert client.recv_until(END) == []


def test_thousands_of_targets_in_one_message(gateway, connect):
    daemon = gateway(workers=3, routes=ROUTES)
    clients = connect.many([daemon.ws_url()] * 20)
    ids = [id_of(client) for client in clients]
    publisher = daemon.publisher()
    many = [f"nobody-{i}" for i in range(8000)]
    send(publisher, "x", connections=[*many, *ids[:10]], users=many)
    send(
        publisher,
        "y",
        rooms=[*many, "lobby"],
        **{"except": [*many, *ids[:10]]},
    )
    send(publisher, "z", connections=ids)
    end(publisher)
    assert upto_end(clients) == [["x", "z"]] * 10 + [["y", "z"]] * 10


@pytest.fixture
def pair(gateway, redis_server):
    """Two daemons on one Redis, each with several workers."""
    daemons = [
        gateway(redis_server, workers=workers, routes=ROUTES)
        for workers in (2, 3)
    ]
    for daemon in daemons:
        daemon.wait_ready()
    return daemons


def test_ids_work_across_two_instances(pair, connect, redis_server):
    clients = connect.many(
        [daemon.ws_url() for daemon in pair for _ in range(6)]
    )
    ids = [id_of(client) for client in clients]
    assert len(set(ids)) == 12
    publisher = redis_server.client()
    for i, name in enumerate(ids):
        send(publisher, f"to {i}", connections=[name])
        send(publisher, f"not {i}", rooms=["lobby"], **{"except": [name]})
    end(publisher)
    for i, got in enumerate(upto_end(clients)):
        assert got == [
            f"not {n}" if n != i else f"to {n}" for n in range(12)
        ]


# -- users


def test_a_user_is_reached_on_every_tab(gateway, connect, people):
    daemon = gateway(workers=3, **people)
    tabs = connect.many([daemon.ws_url(user_path("ann"))] * 6)
    other = connect(daemon, user_path("bob"))
    nobody = connect(daemon)
    for client in [*tabs, other, nobody]:
        id_of(client)
    publisher = daemon.publisher()
    send(publisher, "1", users=["ann"])
    send(publisher, "2", users=["ann", "ann", "nobody"])
    send(publisher, "3", users=["bob", "ann"])
    end(publisher)
    got = upto_end([*tabs, other, nobody])
    assert got == [["1", "2", "3"]] * 6 + [["3"], []]


def test_a_tab_on_each_of_two_instances_gets_it_once(
    gateway, connect, redis_server, people
):
    daemons = [
        gateway(redis_server, workers=workers, **people)
        for workers in (2, 3)
    ]
    for daemon in daemons:
        daemon.wait_ready()
    tabs = connect.many(
        [d.ws_url(user_path("ann", "a,b")) for d in daemons for _ in range(4)]
    )
    ids = [id_of(tab) for tab in tabs]
    publisher = redis_server.client()
    send(publisher, "1", users=["ann"])
    send(publisher, "2", users=["ann"], rooms=["a", "b"], connections=ids)
    send(publisher, "3", users=["ann"], **{"except": [ids[0], ids[7]]})
    end(publisher)
    got = upto_end(tabs)
    assert got == [["1", "2"], *[["1", "2", "3"]] * 6, ["1", "2"]]


def test_a_user_is_no_room(gateway, connect, people):
    """Neither by name, nor at the backend, nor in the metrics."""
    daemon = gateway(**people)
    ann, room = connect(daemon, user_path("ann")), connect(daemon, "/ws/ann")
    id_of(ann)
    id_of(room)
    publisher = daemon.publisher()
    send(publisher, "room", rooms=["ann"])
    publisher.publish("roomcast:room:ann", "room channel")
    with pytest.raises(redis.ResponseError, match="not allowed"):
        publisher.publish("roomcast:room:\x01ann", "inside")
    send(publisher, "user", users=["ann"])
    end(publisher)
    assert upto_end([ann, room]) == [["user"], ["room", "room channel"]]
    daemon.wait_metric("roomcast_rooms", 2)
    daemon.wait_metric("roomcast_memberships", 2)


def test_redis_hears_nothing_of_users(
    gateway, connect, redis_server, people
):
    daemon = gateway(redis_server, **people)
    daemon.wait_ready()
    id_of(connect(daemon, user_path("ann")))
    channels = redis_server.channels("roomcast:room:*")
    assert channels == {"roomcast:room:lobby"}
    daemon.wait_metric("roomcast_watched_rooms", 1)


def test_a_user_whose_last_tab_closed_is_forgotten(
    gateway, connect, people
):
    daemon = gateway(**people)
    for _ in range(3):
        client = connect(daemon, user_path("ann"))
        id_of(client)
        client.close()
        daemon.wait_metric("roomcast_connections", 0)
    before = daemon.metric("roomcast_payloads_unrouted_total")

    def is_unrouted():
        send(daemon.publisher(), "x", users=["ann"])
        return daemon.metric("roomcast_payloads_unrouted_total") > before

    eventually(is_unrouted)


@pytest.mark.parametrize(
    "user", ["Doe, Jane", " ", "ž漢😀", "u" * 255, '"\\/', "roomcast:room:a"]
)
def test_users_of_all_names(gateway, connect, people, user):
    daemon = gateway(**people)
    client = connect(daemon, user_path(user))
    id_of(client)
    daemon.publisher().publish(
        "roomcast:send", json.dumps({"users": [user], "message": 1})
    )
    assert client.recv() == "1"
