"""Control commands: join, leave, disconnect."""

import json

import pytest
import redis

from rig import payloads
from rig.client import Client
from rig.gateway import BASE, Gateway, merged
from rig.people import ROUTES, command, id_of, people, send, user_path
from rig.raw import CLOSE, TEXT
from rig.waiting import eventually

END = "end"
BY_APP = 'roomcast_closed_total{reason="disconnect_by_app",code="4xxx"}'


def end(publisher):
    publisher.publish("roomcast:broadcast", END)


def upto_end(clients):
    """What each got before END, which is broadcast."""
    return [client.recv_until(END) for client in clients]


@pytest.fixture
def daemon(gateway):
    return gateway(workers=3, routes=ROUTES)


# -- join and leave


def test_a_joined_room_is_heard_from_the_next_message_on(daemon, connect):
    """Whatever is published behind the join, in the very same read."""
    clients = connect.many([daemon.ws_url()] * 6)
    ids = [id_of(client) for client in clients]
    pipe = daemon.publisher().pipeline(transaction=False)
    send(pipe, "too early", rooms=["new"])
    command(pipe, "join", connections=ids[:3], rooms=["new"])
    send(pipe, "1", rooms=["new"])
    pipe.publish("roomcast:room:new", "2")
    end(pipe)
    pipe.execute()
    assert upto_end(clients) == [["1", "2"]] * 3 + [[]] * 3


def test_a_left_room_is_silent_from_the_next_message_on(daemon, connect):
    clients = connect.many([daemon.ws_url("/rooms?rooms=a,b")] * 6)
    ids = [id_of(client) for client in clients]
    pipe = daemon.publisher().pipeline(transaction=False)
    send(pipe, "1", rooms=["a"])
    command(pipe, "leave", connections=ids[:3], rooms=["a"])
    send(pipe, "2", rooms=["a"])
    send(pipe, "3", rooms=["a", "b"])
    end(pipe)
    pipe.execute()
    assert upto_end(clients) == [["1", "3"]] * 3 + [["1", "2", "3"]] * 3


def test_in_and_out_in_the_order_of_publishing(daemon, connect):
    client = connect(daemon)
    mine = id_of(client)
    pipe = daemon.publisher().pipeline(transaction=False)
    for i in range(300):
        command(pipe, "join", connections=[mine], rooms=["x", f"x{i}"])
        send(pipe, f"in {i}", rooms=["x"])
        command(pipe, "leave", connections=[mine], rooms=["x", f"x{i}"])
        send(pipe, f"out {i}", rooms=["x", f"x{i}"])
    end(pipe)
    pipe.execute()
    assert client.recv_until(END) == [f"in {i}" for i in range(300)]
    daemon.wait_metric("roomcast_rooms", 1)
    daemon.wait_metric("roomcast_memberships", 1)


def test_joining_twice_and_leaving_nothing_are_silent(daemon, connect):
    client = connect(daemon)
    mine = id_of(client)
    publisher = daemon.publisher()
    since = len(daemon.lines)
    command(publisher, "leave", connections=[mine], rooms=["a", "b"])
    for _ in range(2):
        command(publisher, "join", connections=[mine, mine], rooms=["a", "a"])
    send(publisher, "1", rooms=["a"])
    command(publisher, "leave", connections=[mine], rooms=["a", "b", "a"])
    send(publisher, "2", rooms=["a"])
    end(publisher)
    assert client.recv_until(END) == ["1"]
    daemon.wait_metric('roomcast_commands_total{command="join"}', 2)
    daemon.wait_metric('roomcast_commands_total{command="leave"}', 2)
    assert not any("warn" in line for line in daemon.lines[since:])


def test_a_command_that_names_nobody_is_silent(daemon, connect):
    client = connect(daemon)
    id_of(client)
    publisher = daemon.publisher()
    since = len(daemon.lines)
    for word in "join", "leave":
        command(publisher, word, connections=["nonsense"], rooms=["a"])
        command(publisher, word, users=["nobody"], rooms=["a"])
    command(publisher, "disconnect", connections=["nonsense"])
    command(publisher, "disconnect", users=["nobody"], rooms=["nowhere"])
    end(publisher)
    assert client.recv_until(END) == []
    daemon.wait_metric("roomcast_payloads_unrouted_total", 6)
    daemon.wait_metric("roomcast_rooms", 1)
    assert not any("warn" in line for line in daemon.lines[since:])


def test_the_limit_of_rooms_holds_for_joins(gateway, connect):
    daemon = gateway(routes=ROUTES, limits={"rooms_per_connection": 3})
    client = connect(daemon)
    mine = id_of(client)
    publisher = daemon.publisher()
    command(publisher, "join", connections=[mine], rooms=list("abcd"))
    for room in "abcd":
        send(publisher, room, rooms=[room])
    command(publisher, "leave", connections=[mine], rooms=["a", "lobby"])
    command(publisher, "join", connections=[mine], rooms=["d", "b"])
    for room in "abcd":
        send(publisher, room, rooms=[room])
    end(publisher)
    assert client.recv_until(END) == ["a", "b", "b", "d"]
    daemon.wait_metric("roomcast_joins_refused_total", 2)
    line = daemon.wait_line(lambda line: line.event == "room not joined")
    assert line.level == "debug"
    assert line.pairs["room"] == "c"


@pytest.mark.waits
def test_a_joined_rooms_channel_is_subscribed_and_dropped(
    gateway, connect, redis_server
):
    daemon = gateway(redis_server, routes=ROUTES)
    daemon.wait_ready()
    client = connect(daemon)
    mine = id_of(client)
    publisher = redis_server.client()
    command(publisher, "join", connections=[mine], rooms=["new"])
    eventually(lambda: "roomcast:room:new" in redis_server.channels())
    publisher.publish("roomcast:room:new", "1")
    assert client.recv() == "1"
    command(publisher, "leave", connections=[mine], rooms=["new"])
    publisher.publish("roomcast:room:new", "2")
    end(publisher)
    assert client.recv_until(END) == []
    eventually(
        lambda: "roomcast:room:new" not in redis_server.channels(), 10
    )
    daemon.wait_metric("roomcast_watched_rooms", 1)


@pytest.mark.waits
def test_a_join_of_one_that_has_gone_leaves_nothing_watched(
    gateway, connect, redis_server
):
    daemon = gateway(redis_server, routes=ROUTES)
    daemon.wait_ready()
    client = connect(daemon)
    mine = id_of(client)
    client.close()
    daemon.wait_metric("roomcast_connections", 0)
    command(redis_server.client(), "join", connections=[mine], rooms=["x"])
    daemon.wait_metric('roomcast_commands_total{command="join"}', 1)
    daemon.wait_metric("roomcast_watched_rooms", 0, 10)
    daemon.wait_metric("roomcast_rooms", 0)


# -- disconnect


def test_disconnect_says_its_code_and_reason(daemon, connect):
    client, other = connect.many([daemon.ws_url()] * 2)
    mine = id_of(client)
    id_of(other)
    publisher = daemon.publisher()
    command(
        publisher,
        "disconnect",
        connections=[mine],
        code=4001,
        reason="signed out – für immer",
    )
    closed = client.wait_closed()
    assert (closed.code, closed.reason) == (4001, "signed out – für immer")
    end(publisher)
    assert other.recv_until(END) == []
    daemon.wait_metric(BY_APP, 1)
    daemon.wait_metric("roomcast_connections", 1)


@pytest.mark.parametrize("code, said", [(None, 4000), (1000, 1000)])
def test_codes_of_a_disconnect(daemon, connect, code, said):
    client = connect(daemon)
    mine = id_of(client)
    rest = {} if code is None else {"code": code}
    command(daemon.publisher(), "disconnect", connections=[mine], **rest)
    closed = client.wait_closed()
    assert (closed.code, closed.reason) == (said, "")
    label = "1000" if said == 1000 else "4xxx"
    daemon.wait_metric(BY_APP.replace("4xxx", label), 1)
    daemon.wait_log(rf"connection closed code={said} ")


def test_the_longest_reason_arrives_whole(daemon, connect):
    client = connect(daemon)
    mine = id_of(client)
    reason = "漢" * 41
    command(
        daemon.publisher(), "disconnect", connections=[mine], reason=reason
    )
    assert client.wait_closed().reason == reason


def test_a_room_is_disconnected_on_every_worker(daemon, connect):
    inside = connect.many([daemon.ws_url("/ws/a")] * 30)
    outside = connect.many([daemon.ws_url("/ws/b")] * 3)
    for client in [*inside, *outside]:
        id_of(client)
    publisher = daemon.publisher()
    command(publisher, "disconnect", rooms=["a", "nobody"], code=4002)
    end(publisher)
    assert {client.wait_closed().code for client in inside} == {4002}
    assert upto_end(outside) == [[]] * 3
    daemon.wait_metric("roomcast_connections", 3)
    daemon.wait_metric(BY_APP, 30)
    daemon.wait_metric("roomcast_memberships", 3)


def test_what_was_published_before_goes_out_before(daemon, raw):
    """The close frame is the last, behind all that was queued."""
    reader = raw.upgraded(daemon, "/ws/lobby", receive_buffer=4096)
    mine = json.loads(reader.read_frame().payload)["connection"]
    pipe = daemon.publisher().pipeline(transaction=False)
    for i in range(100):
        send(pipe, f"{i}:".ljust(4096, "x"), rooms=["lobby"])
    command(pipe, "disconnect", connections=[mine], code=4003, reason="bye")
    send(pipe, "too late", rooms=["lobby"], connections=[mine])
    pipe.execute()
    for i in range(100):
        frame = reader.read_frame()
        assert frame.opcode == TEXT
        assert frame.payload.startswith(b"%d:" % i)
    frame = reader.read_frame()
    assert (frame.opcode, frame.code) == (CLOSE, 4003)
    assert frame.payload[2:] == b"bye"


@pytest.mark.waits
def test_one_that_never_answers_is_cut_off(daemon, raw):
    silent = raw.upgraded(daemon, "/ws/lobby")
    mine = json.loads(silent.read_frame().payload)["connection"]
    command(daemon.publisher(), "disconnect", connections=[mine])
    assert silent.read_frame().code == 4000
    daemon.wait_metric("roomcast_memberships", 0, 10)


def test_a_second_disconnect_changes_nothing(daemon, connect):
    client = connect(daemon)
    mine = id_of(client)
    pipe = daemon.publisher().pipeline(transaction=False)
    command(pipe, "disconnect", connections=[mine], code=4001)
    command(pipe, "disconnect", connections=[mine], code=4002)
    command(pipe, "join", connections=[mine], rooms=["a"])
    pipe.execute()
    assert client.wait_closed().code == 4001
    daemon.wait_metric(BY_APP, 1)
    daemon.wait_metric("roomcast_rooms", 0)


# -- two instances


@pytest.fixture
def pair(gateway, redis_server):
    daemons = [
        gateway(redis_server, workers=workers, routes=ROUTES)
        for workers in (2, 3)
    ]
    for daemon in daemons:
        daemon.wait_ready()
    return daemons


def test_commands_are_carried_out_on_every_instance(
    pair, connect, redis_server
):
    clients = connect.many(
        [daemon.ws_url("/ws/a") for daemon in pair for _ in range(5)]
    )
    ids = [id_of(client) for client in clients]
    publisher = redis_server.client()
    command(publisher, "join", connections=ids[3:7], rooms=["b"])
    send(publisher, "b", rooms=["b"])
    command(publisher, "leave", connections=ids[4:6], rooms=["a", "b"])
    send(publisher, "b again", rooms=["b"])
    send(publisher, "a", rooms=["a"])
    end(publisher)
    both, left, never = ["b", "b again", "a"], ["b"], ["a"]
    assert upto_end(clients) == (
        [never] * 3 + [both, left, left, both] + [never] * 3
    )
    command(publisher, "disconnect", rooms=["a"], code=4004)
    gone = [c for i, c in enumerate(clients) if i not in (4, 5)]
    assert {client.wait_closed().code for client in gone} == {4004}
    end(publisher)
    assert upto_end(clients[4:6]) == [[], []]


def test_a_user_is_steered_on_every_tab_of_every_instance(
    gateway, connect, redis_server, people
):
    daemons = [
        gateway(redis_server, workers=workers, **people)
        for workers in (2, 3)
    ]
    for daemon in daemons:
        daemon.wait_ready()
    tabs = connect.many(
        [d.ws_url(user_path("ann")) for d in daemons for _ in range(4)]
    )
    others = connect.many([d.ws_url(user_path("bob")) for d in daemons])
    ids = [id_of(client) for client in [*tabs, *others]]
    publisher = redis_server.client()
    # By user and by connection at once: each tab is in the room once.
    command(
        publisher, "join", users=["ann"], connections=ids[:2], rooms=["new"]
    )
    send(publisher, "1", rooms=["new"])
    send(publisher, "2", rooms=["new"], users=["ann"], connections=ids)
    command(publisher, "leave", users=["ann", "nobody"], rooms=["lobby"])
    send(publisher, "3", rooms=["lobby"])
    command(publisher, "leave", users=["ann"], rooms=["new"])
    send(publisher, "4", rooms=["new"])
    end(publisher)
    assert upto_end(tabs) == [["1", "2"]] * 8
    assert upto_end(others) == [["2", "3"]] * 2
    command(publisher, "disconnect", users=["ann"], code=4001, reason="out")
    ends = [tab.wait_closed() for tab in tabs]
    assert {(e.code, e.reason) for e in ends} == {(4001, "out")}
    end(publisher)
    assert upto_end(others) == [[], []]


# -- malformed ones, and the channel


@pytest.fixture(scope="module")
def corpus_gateway(tmp_path_factory):
    conf = merged(BASE, {"routes": ROUTES})
    daemon = Gateway(tmp_path_factory.mktemp("commands"), conf).start()
    yield daemon
    daemon.finish()


@pytest.fixture(scope="module")
def corpus_client(corpus_gateway):
    client = Client.connect(corpus_gateway.ws_url("/ws/a"))
    id_of(client)
    yield client
    client.close()


@pytest.mark.parametrize(
    "bad", payloads.bad("commands-bad.txt"), ids=lambda bad: bad.name
)
def test_a_bad_command_is_dropped_and_what_follows_arrives(
    corpus_gateway, corpus_client, bad
):
    metric = f'roomcast_payloads_dropped_total{{reason="{bad.reason}"}}'
    before = corpus_gateway.metric(metric)
    publisher = corpus_gateway.publisher()
    with pytest.raises(redis.ResponseError, match="payload dropped: "):
        publisher.publish("roomcast:control", bad.payload)
    send(publisher, "behind " + bad.name, rooms=["a"])
    assert corpus_client.recv() == "behind " + bad.name
    corpus_gateway.wait_metric(metric, before + 1)


def test_a_bad_command_is_logged_with_its_channel_and_offset(daemon):
    with pytest.raises(redis.ResponseError, match="payload dropped: "):
        daemon.publisher().publish("roomcast:control", '{"command":"kick"}')
    line = daemon.wait_line(lambda line: line.event == "payload dropped")
    assert line.level == "warn"
    assert line.pairs["channel"] == "roomcast:control"
    assert line.pairs["reason"] == "command"
    assert line.pairs["offset"] == "11"


def test_the_control_channel_can_be_named_and_turned_off(gateway, connect):
    named = gateway(routes=ROUTES, channels={"control": "elsewhere"})
    off = gateway(routes=ROUTES, channels={"control": ""})
    for daemon in named, off:
        client = connect(daemon)
        kick = json.dumps(
            {"command": "disconnect", "connections": [id_of(client)]}
        )
        publisher = daemon.publisher()
        for channel in "", "roomcast:control":
            publisher.publish(channel, kick)
        end(publisher)
        assert client.recv_until(END) == []
        heard = publisher.publish("elsewhere", kick)
        assert heard == (1 if daemon is named else 0)
        if daemon is named:
            assert client.wait_closed().code == 4000
