"""sources: several Redis servers that know nothing of each other."""

import itertools
import signal
import threading
from contextlib import contextmanager

import pytest
import redis

from rig.gateway import BINARY, merged
from rig.people import command, id_of
from rig.raw import request
from rig.redisserver import RedisServer
from rig.sentinels import Sentinels
from rig.tls import Authority
from rig.tracing import frozen, threads
from rig.waiting import eventually, heartbeat, seconds

WORKERS = [1, 2]

GAP = '{"type":"roomcast.gap"}'
LOBBY = "roomcast:room:lobby"
ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]
QUICK = {
    "reconnect": {"min": "20ms", "max": "200ms"},
    "heartbeat": heartbeat(500),
}
# Nothing is found out by silence, or only when it has lasted for very long.
PATIENT = {"heartbeat": "1h"}


@pytest.fixture
def servers(tmp_path):
    two = []
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        two.append(RedisServer(folder).start())
    yield two
    for server in two:
        server.finish()


def start(gateway, servers, every=None, more=None, **sections):
    """every is for each of them, more for the last one."""
    sources = [
        {"url": s.url, **QUICK, "on_gap": "notify", **(every or {})}
        for s in servers
    ]
    sources[-1] = merged(sources[-1], more or {})
    return gateway(
        **{
            "backend": "redis",
            "embedded": None,
            "sources": [{"redis": source} for source in sources],
            "routes": ROUTES,
            **sections,
        }
    )


def ready(gateway, servers, **options):
    daemon = start(gateway, servers, **options)
    daemon.wait_ready()
    return daemon


def come(connect, daemon, path="/ws/lobby"):
    client = connect(daemon, path)
    client.id = id_of(client)
    return client


def publish(server, content, channel=LOBBY):
    return server.client().publish(channel, content)


def wait_away(daemon, *indexes):
    """Until /readyz names these sources, in this order, and no other."""
    sources = daemon.conf["sources"]
    names = ", ".join(
        f"sources[{i}] ({sources[i]['redis']['url']})" for i in indexes
    )
    body = f"backend: redis is not connected and subscribed: {names}\n"
    eventually(
        lambda: daemon.admin("/readyz")[:2] == (503, body),
        10,
        f"/readyz says {body}",
    )


def test_all_arrives_from_all(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon)
    for i, server in enumerate(servers):
        for channel, content in (
            (LOBBY, f"room {i}"),
            ("roomcast:broadcast", f"all {i}"),
            ("roomcast:send", f'{{"rooms":["lobby"],"message":"sent {i}"}}'),
        ):
            assert publish(server, content, channel) == 1
        assert client.recv() == f"room {i}"
        assert client.recv() == f"all {i}"
        assert client.recv() == f'"sent {i}"'


def test_the_order_of_each_server_is_kept(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon)
    for server, name in zip(servers, "ab"):
        with server.client().pipeline(transaction=False) as pipe:
            for n in range(1000):
                pipe.publish(LOBBY, f"{name}{n}")
            pipe.execute()
    all_of_them = client.recv_many(2000)
    for name in "ab":
        of_one = [m for m in all_of_them if m[0] == name]
        assert of_one == [f"{name}{n}" for n in range(1000)]


def test_one_is_killed_and_the_other_goes_on(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon)
    servers[1].kill()
    wait_away(daemon, 1)
    assert daemon.metric("roomcast_backend_up") == 0
    publish(servers[0], "live")
    assert client.recv() == "live"
    late = come(connect, daemon, "/ws/late")
    publish(servers[0], "new rooms too", "roomcast:room:late")
    assert late.recv() == "new rooms too"
    servers[1].start()
    daemon.wait_ready()
    assert client.recv() == GAP and late.recv() == GAP
    publish(servers[1], "back")
    assert client.recv() == "back"
    publish(servers[1], "late as well", "roomcast:room:late")
    assert late.recv() == "late as well"
    assert daemon.metric("roomcast_backend_up") == 1


@pytest.mark.workers(2)
def test_the_log_says_which_one(gateway, servers):
    daemon = ready(gateway, servers)
    for i in range(2):
        daemon.wait_log(
            rf"connected and subscribed source=sources\[{i}\] "
            rf"address=127.0.0.1:{servers[i].port}"
        )
    servers[0].kill()
    daemon.wait_log(r"connection lost source=sources\[0\] ")


@pytest.mark.workers(2)
def test_both_are_killed(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon)
    for server in servers:
        server.kill()
    wait_away(daemon, 0, 1)
    meanwhile = come(connect, daemon, "/ws/meanwhile")
    for server in servers:
        server.start()
    daemon.wait_ready()
    assert client.recv_many(2) == [GAP, GAP]
    for server in servers:
        publish(server, "back", "roomcast:room:meanwhile")
    assert meanwhile.recv_many(4) == [GAP, GAP, "back", "back"]


def test_a_boot_with_one_that_is_dead(gateway, connect, servers):
    servers[0].kill()
    daemon = start(gateway, servers)
    wait_away(daemon, 0)
    client = come(connect, daemon)
    publish(servers[1], "from the living")
    assert client.recv() == "from the living"
    servers[0].start()
    daemon.wait_ready()
    assert client.recv() == GAP
    publish(servers[0], "from the other")
    assert client.recv() == "from the other"


def test_each_has_its_own_on_gap(gateway, connect, servers):
    daemon = ready(
        gateway, servers, every={"on_gap": "ignore"}, more={"on_gap": "close"}
    )
    client = come(connect, daemon)
    for server, connects in zip(servers, (3, 4)):
        publish(server, "before")
        assert client.recv() == "before"
        server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        daemon.wait_metric("roomcast_backend_connects_total", connects)
    assert client.wait_closed().code == 1012


@contextmanager
def stopped(server):
    """It answers nobody, and its connections stay."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


def is_subscribed(server, room):
    return f"roomcast:room:{room}" in server.channels()


def test_a_room_waits_for_all_that_are_up(gateway, raw, servers):
    daemon = ready(gateway, servers, every=PATIENT)
    s = raw(daemon)
    with stopped(servers[1]):
        s.send(request("/ws/late"))
        eventually(
            lambda: is_subscribed(servers[0], "late"), 10, "one has it"
        )
        assert daemon.metric("roomcast_handshakes_in_progress") == 1
    assert s.read_response().status == 101
    assert is_subscribed(servers[1], "late")


@pytest.mark.parametrize("lost", [0, 1])
def test_who_waits_for_one_that_is_lost_is_let_in(
    gateway, raw, servers, lost
):
    daemon = ready(gateway, servers, every=PATIENT)
    s = raw(daemon)
    with stopped(servers[lost]):
        s.send(request("/ws/late"))
        eventually(
            lambda: is_subscribed(servers[1 - lost], "late"), 10, "one has it"
        )
        assert daemon.metric("roomcast_handshakes_in_progress") == 1
        servers[lost].kill()
    assert s.read_response().status == 101


def test_commands_come_by_any_of_them(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon)
    who = {"connections": [client.id]}
    command(servers[0].client(), "join", rooms=["extra"], **who)
    eventually(lambda: is_subscribed(servers[1], "extra"), 10, "both have it")
    publish(servers[1], "joined", "roomcast:room:extra")
    assert client.recv() == "joined"
    command(servers[1].client(), "disconnect", **who)
    client.wait_closed()


@pytest.mark.workers(2)
def test_a_room_is_unsubscribed_everywhere(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon, "/ws/brief")
    assert all(is_subscribed(s, "brief") for s in servers)
    client.close()
    eventually(
        lambda: not any(is_subscribed(s, "brief") for s in servers),
        15,
        "nobody has it",
    )


def allow(server, *rules):
    server.client().execute_command("ACL", "SETUSER", "default", *rules)


@pytest.mark.workers(2)
def test_a_room_that_one_refuses_is_refused(gateway, raw, servers):
    allow(
        servers[1],
        *("resetchannels", "&roomcast:send", "&roomcast:broadcast"),
        *("&roomcast:control", "&roomcast:heartbeat:*", f"&{LOBBY}"),
    )
    daemon = ready(gateway, servers)

    def status(path):
        with raw(daemon) as s:
            return s.handshake(path).status

    assert [status("/ws/lobby"), status("/ws/secret")] == [101, 403]
    assert status("/ws/secret") == 403
    allow(servers[1], "&roomcast:room:*")
    eventually(lambda: status("/ws/secret") == 101, 10, "it is granted")


@pytest.mark.skipif(
    "tsan" in BINARY,
    reason="a thread that is stopped may hold the sanitizer's own locks",
)
@pytest.mark.workers(2)
def test_workers_that_are_behind_pause_all(gateway, connect, servers):
    daemon = ready(
        gateway,
        servers,
        limits={"payload": "1MiB"},
        delivery={"queue": "64MiB"},
    )
    clients = connect.many([daemon.ws_url()] * 4)
    for client in clients:
        id_of(client)
    count = [0, 0]
    with frozen(threads(daemon.pid)["worker-0"]):
        while daemon.metric("roomcast_backend_paused") == 0:
            for i, server in enumerate(servers):
                content = f"{i} {count[i]}".ljust(900_000)
                publish(server, content, "roomcast:broadcast")
                count[i] += 1
            assert sum(count) < 100
        wait_away(daemon, 0, 1)
        assert daemon.metric("roomcast_backend_lost_total") == 0
    daemon.wait_ready()
    for client in clients:
        got = sorted(client.recv_many(sum(count)))
        assert [m.split() for m in got] == sorted(
            [str(i), str(n)] for i in range(2) for n in range(count[i])
        )


@pytest.mark.workers(2)
def test_a_reload_with_a_bad_file_of_one(gateway, servers, tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_bytes(Authority(tmp_path, "ours").file.read_bytes())
    tls = {"url": "rediss://127.0.0.1:1", "tls": {"ca": str(ca)}}
    daemon = start(gateway, servers, more=tls)
    ca.write_text("nonsense")
    daemon.signal(1)
    daemon.wait_log(r"nothing has changed: mend the files above")
    daemon.wait_log(rf"sources\[1\]\.redis\.tls\.ca: {ca}: ")


@pytest.mark.workers(2)
def test_one_is_where_sentinels_say(gateway, connect, servers, tmp_path):
    sentinels = Sentinels(tmp_path).wait()
    try:
        daemon = ready(
            gateway,
            servers,
            more={"url": None, "sentinel": sentinels.conf},
        )
        client = come(connect, daemon)
        for server in (servers[0], sentinels.master):
            publish(server, "heard")
            assert client.recv() == "heard"
    finally:
        sentinels.finish()


@pytest.mark.long
@pytest.mark.workers(2)
@pytest.mark.parametrize("sharded", [False, True])
def test_one_is_a_cluster(gateway, connect, servers, make_cluster, sharded):
    cluster = make_cluster()
    daemon = ready(
        gateway,
        servers,
        more={
            "url": None,
            "cluster": {**cluster.conf, "sharded": sharded},
        },
    )
    client = come(connect, daemon)
    publish(servers[0], "of one")
    assert client.recv() == "of one"
    word = "SPUBLISH" if sharded else "PUBLISH"
    node = cluster.master_of_key(LOBBY)
    node.command(word, LOBBY, "of a cluster")
    assert client.recv() == "of a cluster"


@pytest.mark.long
@pytest.mark.workers(2)
@pytest.mark.parametrize("sharded", [False, True])
def test_the_log_says_which_one_is_a_cluster(
    gateway, raw, servers, make_cluster, sharded
):
    cluster = make_cluster()
    for node in cluster.nodes:
        allow(
            node,
            *("-cluster|info", "resetchannels", "&roomcast:send"),
            *("&roomcast:broadcast", "&roomcast:control"),
            *("&roomcast:heartbeat:*", f"&{LOBBY}"),
        )
    daemon = ready(
        gateway,
        servers,
        more={
            "url": None,
            "cluster": {**cluster.conf, "sharded": sharded},
        },
    )
    with raw(daemon) as s:
        assert s.handshake("/ws/secret").status == 403
    lines = [l for l in daemon.log().splitlines() if " redis: " in l]
    for event in ("is refused", "is not known", "has answered"):
        assert any(event in line for line in lines), lines
    assert [line for line in lines if " source=" not in line] == []


@pytest.mark.workers(2)
def test_one_in_the_list_is_as_redis_itself(gateway, connect, servers):
    daemon = ready(gateway, servers[:1], history={})
    client = come(connect, daemon)
    servers[0].kill()
    body = "backend: redis is not connected and subscribed\n"
    eventually(
        lambda: daemon.admin("/readyz")[:2] == (503, body), 10, body
    )
    assert "source=" not in daemon.log()


class Publisher(threading.Thread):
    """It sends numbers by all servers in turn; what was taken is in sent."""

    def __init__(self, servers):
        super().__init__()
        self.clients = [s.client(socket_timeout=seconds(5)) for s in servers]
        self.sent = [[] for _ in servers]
        self.is_told = False

    def run(self):
        for number in itertools.count():
            if self.is_told:
                return
            at = number % len(self.clients)
            try:
                self.clients[at].publish(LOBBY, f"{at} {number}")
                self.sent[at].append(number)
            except redis.ConnectionError:
                pass  # nobody can say whether it was taken

    def finish(self):
        self.is_told = True
        self.join()


def is_ascending(numbers):
    return all(a < b for a, b in zip(numbers, numbers[1:]))


def count_holes(sent, came):
    """How many times some in a row have not come."""
    came = set(came)
    return sum(
        before in came and number not in came
        for before, number in zip(sent, sent[1:])
    )


def test_one_dies_again_and_again_under_messages(gateway, connect, servers):
    daemon = ready(gateway, servers)
    client = come(connect, daemon)
    publisher = Publisher(servers)
    publisher.start()
    for _ in range(3):
        servers[1].kill()
        wait_away(daemon, 1)
        servers[1].start()
        daemon.wait_ready()
    publisher.finish()
    for server in servers:
        publish(server, "end")
    came, gaps, ends = [[], []], 0, 0
    while ends < 2:
        content = client.recv()
        if content == GAP:
            gaps += 1
        elif content == "end":
            ends += 1
        else:
            at, number = map(int, content.split())
            came[at].append(number)
    assert came[0] == publisher.sent[0]  # whatever became of the other
    assert is_ascending(came[1])
    assert count_holes(publisher.sent[1], came[1]) <= gaps == 3
