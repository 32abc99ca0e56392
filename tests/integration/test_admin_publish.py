"""/api/publish and /api/control: what operators send goes where apps' does."""

import json
import signal

import pytest

from rig.people import ROUTES, auth, id_of, user_path
from rig.raw import Raw
from rig.resuming import Resuming
from rig.waiting import eventually

WORKERS = (1, 2)

HISTORY = {"history": {"memory": "1MiB"}}
STREAM = {"history": {"memory": "1MiB", "stream": "roomcast:stream"}}
RESUMING = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": "10m"}]


def publish(daemon, **envelope):
    return daemon.api("publish", "POST", json.dumps(envelope))


def control(daemon, **command):
    return daemon.api("control", "POST", json.dumps(command))


# -- embedded


def test_an_envelope_reaches_who_it_is_for(gateway, connect):
    daemon = gateway()
    clients = [connect(daemon, f"/ws/r{i % 2}") for i in range(7)]
    status, said = publish(daemon, rooms=["r0"], text="hello")
    assert (status, said) == (200, {"id": None, "instances": 1, "reached": 4})
    assert [c.recv() for c in clients[::2]] == ["hello"] * 4
    status, said = publish(daemon, rooms=["r0", "r1"], text="all")
    assert said["reached"] == 7
    assert [c.recv() for c in clients] == ["all"] * 7
    assert publish(daemon, rooms=["nobody"], text="x")[1]["reached"] == 0


def test_many_members_are_all_counted(gateway, connect):
    daemon = gateway()
    connect.many([daemon.ws_url("/ws/big")] * 300)
    for i in range(5):
        assert publish(daemon, rooms=["big"], text="x")[1]["reached"] == 300


def test_the_id_is_the_one_that_clients_see(gateway, connect):
    daemon = gateway(**STREAM)
    first = publish(daemon, rooms=["r"], text="1")[1]["id"]
    second = publish(daemon, rooms=["r"], text="2")[1]["id"]
    assert first and second and first != second


@pytest.mark.parametrize(
    "body, why",
    [
        ("", "empty"),
        ("nonsense", ""),
        ('{"rooms": ["a"]}', ""),
        ('{"room": ["a"], "text": "x"}', "did you mean rooms"),
        (b"\xff", ""),
    ],
)
def test_what_is_no_envelope_is_refused_with_why(gateway, body, why):
    daemon = gateway()
    status, said = daemon.api("publish", "POST", body)
    assert status == 400 and why in said["error"] and said["remedy"]
    # It was nobody's payload: no app has to be blamed for it.
    assert "payload dropped" not in daemon.log()
    assert daemon.metrics().sum("roomcast_payloads_dropped_total") == 0


def test_a_body_that_is_no_payload_any_more_is_413(gateway):
    daemon = gateway(limits={"payload": "1KiB"})
    body = json.dumps({"rooms": ["a"], "text": "x" * 2000})
    status, said = daemon.api("publish", "POST", body)
    assert status == 413 and said["remedy"]


def test_a_command_is_carried_out(gateway, connect, tmp_path):
    daemon = gateway(**auth(tmp_path))
    client = connect(daemon, user_path("ann"))
    id_of(client)
    assert control(daemon, command="join", users=["ann"], rooms=["vip"]) == (
        200,
        {"instances": 1},
    )
    eventually(
        lambda: publish(daemon, rooms=["vip"], text="x")[1]["reached"] == 1,
        5,
        "she has joined",
    )
    assert control(daemon, command="disconnect", users=["ann"], code=4001)[
        0
    ] == 200
    assert client.wait_closed().code == 4001
    status, said = control(daemon, command="jion", users=["ann"])
    assert status == 400 and "byte 12: expected join, " in said["error"]
    assert "did you mean join" in said["error"]
    status, said = daemon.api("control", "POST", '["ann"]')
    assert status == 400 and said["error"].startswith(
        "not a JSON object at byte 0: expected a command, as {"
    )


@pytest.mark.parametrize(
    "page, key", [("publish", "send"), ("control", "control")]
)
def test_a_channel_that_is_off_is_409(gateway, page, key):
    daemon = gateway(channels={key: ""})
    status, said = daemon.api(page, "POST", "{}")
    assert status == 409 and f"channels.{key} is off" in said["error"]


# -- Redis


def test_every_instance_gets_it(gateway, connect, redis_server):
    daemons = [gateway(redis_server) for _ in range(2)]
    for daemon in daemons:
        daemon.wait_ready()
    clients = [connect(daemon, "/ws/lobby") for daemon in daemons]
    for daemon in daemons:
        status, said = publish(daemon, rooms=["lobby"], text="hello")
        assert (status, said) == (
            200,
            {"id": None, "instances": 2, "reached": 1},
        )
    assert [c.recv_many(2) for c in clients] == [["hello"] * 2] * 2
    # The connection that it took is there no longer.
    eventually(
        lambda: len(redis_server.client().client_list(_type="normal"))
        <= 1 + len(daemons),
        5,
        "no connection is left over",
    )


@pytest.mark.parametrize("history", [HISTORY, STREAM])
def test_all_instances_agree_on_its_id(gateway, redis_server, history):
    daemons = [
        gateway(redis_server, routes=RESUMING, **history) for _ in range(2)
    ]
    for daemon in daemons:
        daemon.wait_ready()
    clients = [Resuming(daemon.ws_url) for daemon in daemons]
    for client in clients:
        client.come()
    status, said = publish(daemons[0], rooms=["lobby"], text="hello")
    assert status == 200 and said["id"] and said["reached"] == 1
    if history is STREAM:
        assert said["instances"] is None
    else:
        assert said["instances"] == 2
    for client in clients:
        client.take_until("hello")
        assert client.cursor == said["id"]


def test_without_redis_nothing_can_be_published(gateway):
    daemon = gateway(server="redis://127.0.0.1:1")
    status, said = publish(daemon, rooms=["a"], text="x")
    assert status == 503 and "/readyz" in said["remedy"]


def test_what_redis_refuses_is_told(gateway, redis_server):
    daemon = gateway(redis_server)
    daemon.wait_ready()
    admin = redis_server.client()
    admin.execute_command(
        "ACL", "SETUSER", "default", "resetchannels",
        "&roomcast:room:*", "&roomcast:heartbeat:*",
    )
    try:
        status, said = publish(daemon, rooms=["a"], text="x")
        assert status in (502, 503), said
        if status == 502:
            assert "NOPERM" in said["error"] and said["remedy"]
    finally:
        admin.execute_command("ACL", "SETUSER", "default", "allchannels")


# -- at their worst


def test_who_leaves_before_the_answer_harms_nothing(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    host, port = daemon.admin_url[len("http://") :].split(":")
    body = json.dumps({"rooms": ["lobby"], "text": "x"})
    head = (
        f"POST /api/publish HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(50):
        s = Raw((host, int(port)))
        s.send((head + body).encode())
        s.reset()
    status, said = publish(daemon, rooms=["lobby"], text="last")
    assert (status, said["reached"]) == (200, 1)
    client.recv_until("last")


def test_one_under_way_outlives_the_configuration(
    gateway, connect, redis_server
):
    """Redis takes it when the channel's name is read from another file."""
    daemon = gateway(redis_server)
    daemon.wait_ready()
    client = connect(daemon)
    assert daemon.api("reload", "POST")[0] == 200
    host, port = daemon.admin_url[len("http://") :].split(":")
    body = json.dumps({"rooms": ["lobby"], "text": "x"})
    s = Raw((host, int(port)))
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        s.send(
            f"POST /api/publish HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        for _ in range(3):
            assert daemon.api("reload", "POST")[0] == 200
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    answer = s.read_response()
    assert answer.status == 200
    assert json.loads(answer.body)["reached"] == 1
    assert client.recv() == "x"


def test_one_under_way_at_the_end_is_let_go(gateway, redis_server):
    daemon = gateway(redis_server)
    daemon.wait_ready()
    host, port = daemon.admin_url[len("http://") :].split(":")
    body = json.dumps({"rooms": ["lobby"], "text": "x"})
    s = Raw((host, int(port)))
    s.send(
        f"POST /api/publish HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    daemon.stop()
