"""Redis as the backend: instances that share one, outages, subscriptions."""

import json
import signal
import subprocess
import threading
import time

import pytest

from rig.events import Event, Stream
from rig.gateway import ROOT
from rig.node import node
from rig.redisserver import RedisServer
from rig.waiting import eventually, seconds

WORKERS = (1, 2)

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"]},
    {"path": "/rooms", "rooms": ["{query.rooms}"]},
]

LOST = r" warn redis: .*lost"
BACK = r" info redis: .*subscribed.*down_ms="


def ready(gateway, server, **sections):
    daemon = gateway(server, **{"routes": ROUTES, **sections})
    daemon.wait_ready()
    return daemon


@pytest.fixture
def pair(gateway, redis_server):
    """Two instances with several workers each on one Redis."""
    return [ready(gateway, redis_server, workers=n) for n in (2, 3)]


def members(connect, daemons, path="/ws/lobby", each=12):
    """Enough members on each instance that every worker has some."""
    return connect.many([d.ws_url(path) for d in daemons for _ in range(each)])


def assert_all_get(clients, messages, timeout=10):
    for client in clients:
        assert client.recv_many(len(messages), timeout) == messages


def jararaca(rooms, message):
    """The bytes that Jararaca's RedisWebSocketConnectionBackend publishes."""
    return ",".join(rooms).encode() + b"\0" + message


def test_the_form_of_jararaca_reaches_all(pair, connect, redis_server):
    clients = members(connect, pair)
    publisher = redis_server.client()
    contents = [b'{"n":%d}' % i for i in range(200)] + [b"a\0b", b"\xff"]
    for content in contents:
        publisher.publish("roomcast:send", jararaca(["x", "lobby"], content))
    expected = [c.decode() for c in contents[:-1]] + [b"\xff"]
    assert_all_get(clients, expected)


def test_jararaca_works_with_the_shipped_channel_names(
    gateway, connect, redis_server
):
    """What conf/jararaca.yaml sets; its clients get binary frames."""
    daemon = ready(
        gateway,
        redis_server,
        channels={
            "send": "jararaca:websocket:send",
            "broadcast": "jararaca:websocket:broadcast",
            "room_prefix": "",
        },
        routes=[
            {"path": "/ws/{room}", "rooms": ["{room}"], "frames": "binary"}
        ],
    )
    client = connect(daemon)
    publisher = redis_server.client()
    payload = jararaca(["lobby"], b'{"a":1}')
    publisher.publish("jararaca:websocket:send", payload)
    publisher.publish("jararaca:websocket:broadcast", b"all")
    assert client.recv_many(2) == [b'{"a":1}', b"all"]


def test_envelopes_from_redis_py(pair, connect, redis_server):
    clients = members(connect, pair, "/rooms?rooms=a,b")
    publisher = redis_server.client()
    messages = [
        {"n": i, "big": 2**60 + i, "text": "grün \U0001f600"}
        for i in range(200)
    ]
    for message in messages:
        payload = {"rooms": ["b", "a"], "message": message}
        assert publisher.publish("roomcast:send", json.dumps(payload)) == 2
    assert_all_get(clients, [json.dumps(m) for m in messages])


def test_messages_from_redis_cli(pair, connect, redis_server):
    clients = members(connect, pair)
    messages = ['{"a": 12345678901234567890}', '{"b":1e400}', "[ ]"]
    for message in messages:
        envelope = '{"rooms":["lobby"],"message":%s}' % message
        redis_server.cli("PUBLISH", "roomcast:send", envelope)
    redis_server.cli("PUBLISH", "roomcast:room:lobby", "to the room")
    redis_server.cli("PUBLISH", "roomcast:broadcast", "to all")
    assert_all_get(clients, [*messages, "to the room", "to all"])


IOREDIS = """
const Redis = require("ioredis");
(async () => {
    const redis = new Redis(Number(process.argv[1]));
    for (let n = 0; n < 50; n++)
        await redis.publish("roomcast:send",
            JSON.stringify({ rooms: ["lobby"], message: { n } }));
    await redis.publish("roomcast:room:lobby", Buffer.from([0xff, 0x00]));
    await redis.quit();
})();
"""
FROM_IOREDIS = ['{"n":%d}' % n for n in range(50)] + [b"\xff\0"]


def run_ioredis(node, port):
    subprocess.run(
        ["node", "-e", IOREDIS, str(port)],
        cwd=node.folder,
        check=True,
        timeout=seconds(30),
    )


def test_messages_from_ioredis(pair, connect, redis_server, node):
    clients = members(connect, pair)
    run_ioredis(node, redis_server.port)
    assert_all_get(clients, FROM_IOREDIS)


def test_messages_from_ioredis_to_the_embedded_port(
    gateway, connect, node
):
    daemon = gateway()
    client = connect(daemon)
    run_ioredis(node, daemon.publish_port)
    assert_all_get([client], FROM_IOREDIS)


def test_two_thousand_in_order_on_all_workers(pair, connect, redis_server):
    clients = members(connect, pair, "/rooms?rooms=a,b", each=6)
    pipe = redis_server.client().pipeline(transaction=False)
    for i in range(2000):
        pipe.publish("roomcast:send", jararaca(["a", "b"], b"%d" % i))
    pipe.execute()
    assert_all_get(clients, [str(i) for i in range(2000)], timeout=20)


# -- outages


def test_redis_killed_and_started_while_messages_flow(
    pair, connect, redis_server
):
    clients = members(connect, pair)
    stop = threading.Event()
    sent = []

    def publish():
        """Number after number; sent holds those that Redis took."""
        number = 0
        while not stop.is_set():
            try:
                with redis_server.client() as publisher:
                    while not stop.is_set():
                        publisher.publish("roomcast:room:lobby", str(number))
                        sent.append(number)
                        number += 1
                        time.sleep(0.002)
            except Exception:
                number += 1
                time.sleep(0.01)

    flow = threading.Thread(target=publish)
    flow.start()
    try:
        eventually(lambda: len(sent) > 50, 10, "messages flow")
        before = {daemon: len(daemon.lines) for daemon in pair}
        redis_server.kill()
        for daemon in pair:
            daemon.wait_log(LOST)
            eventually(lambda d=daemon: d.admin("/readyz")[0] == 503)
        redis_server.start()
        for daemon in pair:
            daemon.wait_ready()
            daemon.wait_log(BACK, since=before[daemon])
        # All that is published from here on must arrive.
        since = len(sent) + 1
        eventually(lambda: len(sent) > since + 100, 10, "messages flow again")
    finally:
        stop.set()
        flow.join(seconds(5))
    must = sent[since:]
    for client in clients:
        got = []
        while not got or got[-1] != sent[-1]:
            got.append(int(client.recv()))
        assert got == sorted(set(got)), "twice, or out of order"
        assert got[-len(must) :] == must
    for daemon in pair:
        daemon.wait_metric("roomcast_backend_lost_total", 1)
        daemon.wait_metric("roomcast_connections", 12)


def test_redis_comes_after_the_gateway(gateway, connect, tmp_path):
    folder = tmp_path / "late"
    folder.mkdir()
    server = RedisServer(folder)
    daemon = gateway(server.url)
    client = connect(daemon)
    assert daemon.admin("/readyz")[0] == 503
    try:
        server.start()
        daemon.wait_ready()
        server.client().publish("roomcast:room:lobby", "at last")
        assert client.recv() == "at last"
    finally:
        server.finish()


def test_a_hanging_redis_is_found_and_left(gateway, connect, redis_server):
    """TCP stays up; the canary tells."""
    daemon = ready(gateway, redis_server)
    client = connect(daemon)
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        daemon.wait_log(LOST)
        assert daemon.admin("/readyz")[0] == 503
        assert daemon.admin("/healthz")[0] == 200
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    daemon.wait_ready()
    redis_server.client().publish("roomcast:room:lobby", "once")
    redis_server.client().publish("roomcast:room:lobby", "twice")
    assert client.recv_many(2) == ["once", "twice"]


def test_subscribers_killed_by_the_server_come_back(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server)
    client = connect(daemon)
    for i in range(5):
        lost = daemon.metric("roomcast_backend_lost_total")
        redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        daemon.wait_metric("roomcast_backend_lost_total", lost + 1)
        daemon.wait_ready()
        redis_server.client().publish("roomcast:room:lobby", str(i))
        assert client.recv() == str(i)


@pytest.mark.parametrize("policy", ["ignore", "close"])
def test_what_a_gap_does_to_clients(gateway, connect, redis_server, policy):
    daemon = ready(gateway, redis_server, redis={"on_gap": policy})
    clients = members(connect, [daemon], each=5)
    connects = daemon.metric("roomcast_backend_connects_total")
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    if policy == "close":
        assert {c.wait_closed().code for c in clients} == {1012}
        gap = 'reason="gap",code="1012"'
        daemon.wait_metric(f"roomcast_closed_total{{{gap}}}", 5)
    else:
        daemon.wait_metric("roomcast_backend_connects_total", connects + 1)
        redis_server.client().publish("roomcast:broadcast", "still here")
        assert_all_get(clients, ["still here"])


GAP = '{"type":"roomcast.gap"}'


@pytest.mark.workers(1, 2)
def test_a_gap_is_told_in_order_where_a_route_has_a_welcome(
    gateway, connect, redis_server
):
    path, rooms = "/{room}", ["{room}"]
    daemon = ready(
        gateway,
        redis_server,
        redis={"on_gap": "notify"},
        routes=[
            {"path": "/told" + path, "rooms": rooms, "welcome": True},
            {
                "path": "/binary" + path,
                "rooms": rooms,
                "welcome": True,
                "frames": "binary",
            },
            {
                "path": "/plain" + path,
                "rooms": rooms,
                "transports": ["websocket", "sse"],
            },
        ],
    )
    stream = Stream.open(daemon, "/plain/a")
    texts = members(connect, [daemon], "/told/a", 5)
    binaries = members(connect, [daemon], "/binary/a", 5)
    plains = members(connect, [daemon], "/plain/a", 5)
    for client in texts + binaries:
        client.recv()  # the welcome
    publish = redis_server.client().publish
    for outage in range(2):
        publish("roomcast:room:a", f"before {outage}")
        assert_all_get(texts + plains, [f"before {outage}"])
        connects = daemon.metric("roomcast_backend_connects_total")
        redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        daemon.wait_metric("roomcast_backend_connects_total", connects + 1)
        publish("roomcast:room:a", f"behind {outage}")
        behind = [GAP, f"behind {outage}"]
        assert_all_get(texts, behind)
        assert_all_get(plains, behind[1:])
        assert stream.next() == Event(f"before {outage}")
        assert stream.next() == Event("", "gap")
        assert stream.next() == Event(f"behind {outage}")
        whole = [f"before {outage}", *behind]
        assert_all_get(binaries, [text.encode() for text in whole])
    daemon.wait_log(r" warn hub: .*telling clients with a welcome")
    stream.close()


def test_an_outage_is_few_log_lines(gateway, redis_server):
    daemon = ready(gateway, redis_server, log={"level": "info"})
    before = len(daemon.lines)
    redis_server.kill()
    daemon.wait_log(LOST)
    eventually(
        lambda: daemon.metric("roomcast_backend_connect_failures_total") >= 5
    )
    assert len(daemon.lines) - before < 10


# -- who is subscribed to what


def room_channels(server):
    return server.channels("roomcast:room:*")


@pytest.mark.waits
def test_room_channels_are_subscribed_while_they_have_members(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server)
    assert room_channels(redis_server) == set()
    a1, a2 = connect(daemon, "/ws/a"), connect(daemon, "/ws/a")
    connect(daemon, "/ws/b")
    assert room_channels(redis_server) == {
        "roomcast:room:a",
        "roomcast:room:b",
    }
    assert redis_server.cli("PUBSUB", "NUMSUB", "roomcast:room:a").split() == [
        "roomcast:room:a",
        "1",
    ]
    a1.close()
    daemon.wait_metric("roomcast_connections", 2)
    a2.close()
    eventually(
        lambda: room_channels(redis_server) == {"roomcast:room:b"},
        30,
        "the channel of the empty room is left",
    )


def test_leaving_and_coming_back_costs_no_subscription(
    gateway, connect, redis_server
):
    """Between the last member and the UNSUBSCRIBE there is a grace."""
    daemon = ready(gateway, redis_server)
    connect(daemon, "/ws/a").close()
    redis_server.cli("CONFIG", "RESETSTAT")
    for _ in range(10):
        client = connect(daemon, "/ws/a")
        daemon.wait_metric("roomcast_connections", 1)
        client.close()
        daemon.wait_metric("roomcast_connections", 0)
    stats = redis_server.client().info("commandstats")
    assert "cmdstat_subscribe" not in stats
    assert "cmdstat_unsubscribe" not in stats


def test_a_member_gets_what_follows_its_handshake(
    gateway, connect, redis_server
):
    """101 comes once the room's channel is subscribed."""
    daemon = ready(gateway, redis_server)
    publisher = redis_server.client()
    for i in range(30):
        client = connect(daemon, f"/ws/new-{i}")
        publisher.publish(f"roomcast:room:new-{i}", str(i))
        assert client.recv() == str(i)


@pytest.mark.workers(2, long=[1])
def test_room_channels_come_back_after_an_outage(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server)
    names = [f"room-{i}" for i in range(600)]
    clients = connect.many([daemon.ws_url("/ws/" + name) for name in names])
    assert len(room_channels(redis_server)) == 600
    redis_server.kill()
    daemon.wait_log(LOST)
    redis_server.start()
    daemon.wait_ready()
    assert room_channels(redis_server) == {
        "roomcast:room:" + name for name in names
    }
    publisher = redis_server.client()
    for name in names:
        publisher.publish("roomcast:room:" + name, name)
    assert [client.recv() for client in clients] == names


def test_clients_that_come_during_an_outage_are_let_in(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server)
    redis_server.kill()
    daemon.wait_log(LOST)
    client = connect(daemon, "/ws/new")
    redis_server.start()
    daemon.wait_ready()
    redis_server.client().publish("roomcast:room:new", "caught up")
    assert client.recv() == "caught up"


# -- how to get in


def test_a_unix_socket(gateway, connect, redis_server):
    daemon = ready(gateway, "unix://" + redis_server.unix_path)
    client = connect(daemon)
    redis_server.client().publish("roomcast:room:lobby", "unix")
    assert client.recv() == "unix"


def test_a_password_and_a_user(gateway, connect, redis_server, tmp_path):
    redis_server.cli(
        *("ACL", "SETUSER", "caster", "on", ">p@ss:w0rd", "+@all", "&*")
    )
    redis_server.cli("ACL", "SETUSER", "default", "resetpass", ">other")
    publisher = redis_server.client(password="other")
    secret = tmp_path / "secret"
    secret.write_text("p@ss:w0rd\n")
    port = redis_server.port
    for daemon in [
        ready(gateway, f"redis://caster:p%40ss%3Aw0rd@127.0.0.1:{port}"),
        ready(
            gateway,
            redis_server,
            redis={"username": "caster", "password_file": str(secret)},
        ),
        ready(gateway, f"redis://:other@localhost:{port}/3"),
    ]:
        client = connect(daemon)
        publisher.publish("roomcast:room:lobby", "in")
        assert client.recv() == "in"
        for word in "p@ss:w0rd", "p%40ss", "other":
            assert word not in daemon.log()


def test_a_wrong_password_is_said_and_not_hammered(gateway, redis_server):
    redis_server.cli("CONFIG", "SET", "requirepass", "s3cret")
    daemon = gateway(f"redis://:wrong@127.0.0.1:{redis_server.port}")
    daemon.wait_log(r" (warn|error) redis: .*(WRONGPASS|AUTH)")
    assert daemon.admin("/readyz")[0] == 503
    with redis_server.client(password="s3cret") as admin:
        admin.config_set("requirepass", "")
        admin.config_set("requirepass", "wrong")
    daemon.wait_ready()


def test_a_user_who_may_not_subscribe(gateway, redis_server):
    redis_server.cli(
        *("ACL", "SETUSER", "gw", "on", ">x", "~*", "&*", "+@all", "-subscribe")
    )
    daemon = gateway(f"redis://gw:x@127.0.0.1:{redis_server.port}")
    daemon.wait_log(r"(?i) (warn|error) redis: .*subscribe")
    assert daemon.admin("/readyz")[0] == 503


def test_a_payload_over_the_limit_costs_only_itself(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server, limits={"payload": "4KiB"})
    client = connect(daemon)
    publisher = redis_server.client()
    publisher.publish("roomcast:room:lobby", "x" * 4097)
    publisher.publish("roomcast:room:lobby", "x" * 3_000_000)
    publisher.publish("roomcast:room:lobby", "x" * 4096)
    assert client.recv() == "x" * 4096
    assert (
        daemon.metric('roomcast_payloads_dropped_total{reason="too_big"}') == 2
    )
    assert daemon.metric("roomcast_backend_lost_total") == 0


def test_bad_payloads_do_not_disturb_the_others(pair, connect, redis_server):
    clients = members(connect, pair, each=4)
    publisher = redis_server.client()
    for i, bad in enumerate([b"", b"{", b"\xff", b"no target", b"\0", b"a,\0"]):
        publisher.publish("roomcast:send", bad)
        publisher.publish("roomcast:send", jararaca(["lobby"], b"%d" % i))
    assert_all_get(clients, [str(i) for i in range(6)])


def test_the_canary_is_no_message(gateway, connect, redis_server):
    daemon = ready(gateway, redis_server, redis={"heartbeat": "100ms"})
    connect(daemon)
    eventually(
        lambda: redis_server.client().info("commandstats")["cmdstat_publish"][
            "calls"
        ]
        >= 3
    )
    assert daemon.metric("roomcast_payloads_total") == 0


def test_the_shipped_configurations_name_these_channels():
    """The tests above say what conf/ says."""
    full = (ROOT / "conf" / "roomcast.yaml").read_text()
    assert "roomcast:send" in full and "roomcast:room:" in full
    drop_in = (ROOT / "conf" / "jararaca.yaml").read_text()
    assert "jararaca:websocket:send" in drop_in
    assert "jararaca:websocket:broadcast" in drop_in
