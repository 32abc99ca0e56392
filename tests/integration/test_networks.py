"""Bad networks, names that lead elsewhere, servers that take over."""

import subprocess

import pytest

from rig.events import Stream
from rig.nameserver import Nameserver
from rig.network import network  # noqa: F401
from rig.ports import free_port
from rig.redisserver import RedisServer
from rig.tracing import frozen
from rig.waiting import TIME_FACTOR, eventually

CONNECTED = r" info redis: connected and subscribed"
ROOM = "roomcast:room:lobby"
SILENT = "10.99.7.2"


@pytest.fixture
def server(tmp_path):
    """Make a server; the folder is the test's and a number."""
    made = []

    def make(*options, **settings):
        folder = tmp_path / f"redis-{len(made)}"
        folder.mkdir()
        made.append(RedisServer(folder, *options, **settings))
        return made[-1]

    yield make
    for one in made:
        one.finish()


def wait_subscribed(redis):
    eventually(lambda: redis.channels(ROOM), 10, "the room is subscribed")


@pytest.mark.waits
def test_packets_that_are_dropped_cost_an_attempt_and_nobody_else(
    gateway, connect, network, server, tmp_path  # noqa: F811
):
    """Nothing answers a SYN: it goes to a machine that is not there."""
    net = network("net", "mnt")
    for words in (
        "link add one type veth peer name two",
        "addr add 10.99.7.1/24 dev one",
        "link set one up",
        "link set two up",
        f"neigh add {SILENT} lladdr 02:00:00:00:00:99 dev one nud permanent",
    ):
        net.run("ip", *words.split())
    redis = server(
        *("--protected-mode", "no"), host=SILENT, preexec=net.enter
    )
    path = str(tmp_path / "clients")
    daemon = gateway(
        redis,
        preexec=net.enter,
        wait=False,
        listen=[{"address": "unix:" + path}],
        admin=None,
    )
    daemon.wait_log(r"listening address=unix:")
    client = connect("ws://gateway/ws/lobby", unix=path)
    daemon.wait_log(r" warn redis: cannot connect.*timed out", 15)
    client.ping()
    connect("ws://gateway/ws/lobby", unix=path).ping()
    assert daemon.log().count(" redis: ") == 1, "one line for all attempts"
    net.run("ip", "addr", "add", SILENT + "/32", "dev", "lo")
    redis.start()
    daemon.wait_log(CONNECTED, 15)
    redis.client().publish(ROOM, "there it is")
    assert client.recv() == "there it is"


def test_a_slow_network_delays_and_loses_nothing(
    gateway, connect, network, server, tmp_path  # noqa: F811
):
    net = network("net", "mnt")
    redis = server(preexec=net.enter).start()
    path = str(tmp_path / "clients")
    daemon = gateway(
        redis,
        preexec=net.enter,
        wait=False,
        listen=[{"address": "unix:" + path}],
        admin=None,
        redis={"heartbeat": "5s"},
    )
    daemon.wait_log(CONNECTED)
    client = connect("ws://gateway/ws/lobby", unix=path)
    wait_subscribed(redis)
    for slowly in (
        "ip link set lo mtu 1500",
        "tc qdisc add dev lo root tbf rate 1mbit burst 32kbit latency 400ms",
    ):
        net.run(*slowly.split())
    messages = [f"{number} ".ljust(1000, ".") for number in range(150)]
    publisher = redis.client()
    for message in messages:
        publisher.publish(ROOM, message)
    assert client.recv_many(len(messages), 30) == messages
    assert "redis: " not in daemon.log().partition("connected and sub")[2]


def two_servers(server):
    """On one port of two addresses; the first is not started."""
    at_once = ("--repl-diskless-sync-delay", "0")
    dead = server(*at_once, host="127.0.0.2")
    alive = server(*at_once, host="127.0.0.3")
    alive.port = dead.port
    return dead, alive


def replicate(replica, master):
    """And wait until it is in step."""
    replica.client().replicaof(master.host, master.port)
    eventually(
        lambda: replica.client().info("replication")["master_link_status"]
        == "up",
        20,
        "the replica has its master",
    )


@pytest.fixture
def named(gateway, network):  # noqa: F811
    """Start a daemon whose Redis is called database, at port."""
    net = network("mnt")

    def start(port, *addresses, history=None, **redis):
        net.name("database", *addresses)
        return gateway(
            f"redis://database:{port}",
            preexec=net.enter,
            wait=False,
            redis=redis,
            history=history,
        )

    start.net = net
    return start


def test_of_two_addresses_the_first_is_dead(named, connect, server):
    dead, alive = two_servers(server)
    alive.start()
    daemon = named(alive.port, dead.host, alive.host)
    daemon.wait_log(CONNECTED)
    client = connect(daemon)
    wait_subscribed(alive)
    alive.client().publish(ROOM, "by the second")
    assert client.recv() == "by the second"
    assert "cannot connect" not in daemon.log()


def test_a_name_is_resolved_again_with_each_connect(named, connect, server):
    old, new = two_servers(server)
    old.start()
    new.start()
    daemon = named(old.port, old.host)
    daemon.wait_log(CONNECTED)
    client = connect(daemon)
    wait_subscribed(old)
    named.net.name("database", new.host)
    old.kill()
    wait_subscribed(new)
    new.client().publish(ROOM, "by the new one")
    assert client.recv() == "by the new one"
    assert daemon.metric("roomcast_source_failovers_total") == 1
    assert len([t for t in daemon.lines if " redis: " in t]) < 10


def wait_beats(server, count):
    def beats():
        return server.client().info("commandstats")["cmdstat_role"]["calls"]

    begin = beats()
    eventually(lambda: beats() >= begin + count, 20, f"{count} heartbeats")


@pytest.mark.long
def test_one_address_at_a_time_costs_nothing(named, connect, server):
    """As a name server gives them out in turn."""
    first, second = two_servers(server)
    first.start()
    second.start()
    daemon = named(first.port, first.host, heartbeat="1s")
    daemon.wait_log(CONNECTED)
    for host in [second.host, first.host] * 4:
        named.net.name("database", host)
        wait_beats(first, 1)
    assert daemon.metric("roomcast_backend_lost_total") == 0
    assert daemon.metric("roomcast_backend_connects_total") == 1


@pytest.fixture
def one_of_five(network, tmp_path):  # noqa: F811
    """A name server in a network: each answer has the next of five."""
    net = network("net", "mnt")
    path = tmp_path / "resolv.conf"
    path.write_text("nameserver 127.0.0.1\n")
    net.run("mount", "--bind", str(path), "/etc/resolv.conf")
    names = Nameserver(net, [f"127.0.0.{n}" for n in range(1, 6)])
    yield net, names
    names.end()


def test_the_next_of_many_in_each_answer_costs_nothing(
    gateway, server, one_of_five, tmp_path
):
    """The one in use is absent from four answers of five."""
    net, names = one_of_five
    open_to_all = ("--protected-mode", "no")
    redis = server(*open_to_all, host="0.0.0.0", preexec=net.enter).start()
    daemon = gateway(
        f"redis://many.test:{redis.port}",
        preexec=net.enter,
        wait=False,
        listen=[{"address": f"unix:{tmp_path / 'clients'}"}],
        admin=None,
        redis={"heartbeat": "200ms"},
    )
    daemon.wait_log(CONNECTED)
    before = names.told
    eventually(lambda: names.told >= before + 12, 20, "twelve heartbeats")
    assert "leads elsewhere" not in daemon.log()


def test_a_stream_is_followed_by_its_name(named, connect, server):
    """Its old server lives on, without what is added by now."""
    old, new = two_servers(server)
    old.start()
    new.start()
    replicate(new, old)
    stream = {"stream": "app:stream"}
    daemon = named(old.port, old.host, history=stream, heartbeat="200ms")
    daemon.wait_log(CONNECTED)
    daemon.wait_ready()
    client = connect(daemon)
    old.client().xadd("app:stream", {ROOM: "by the old one"})
    assert client.recv() == "by the old one"
    old.wait_followed(new)
    new.client().replicaof("NO", "ONE")
    new.client().xadd("app:stream", {ROOM: "by the new one"})
    named.net.name("database", new.host)
    assert client.recv(20) == "by the new one"
    daemon.wait_log(r" warn redis: stream lost .*leads elsewhere")
    assert daemon.metric("roomcast_stream_gaps_total") == 0


def test_a_name_that_leads_elsewhere_is_followed(named, connect, server):
    """Though the old server lives on; some of many in turn cost nothing."""
    old, new = two_servers(server)
    old.start()
    new.start()
    daemon = named(old.port, old.host, heartbeat="500ms")
    daemon.wait_log(CONNECTED)
    client = connect(daemon)
    wait_subscribed(old)
    named.net.name("database", new.host, old.host)
    wait_beats(old, 6)
    assert "connection lost" not in daemon.log()
    named.net.name("database", new.host)
    daemon.wait_log(r" warn redis: connection lost .*leads elsewhere")
    wait_subscribed(new)
    new.client().publish(ROOM, "by the new one")
    assert client.recv() == "by the new one"


def test_of_several_addresses_that_of_the_master_is_taken(
    named, connect, server
):
    """In the same attempt, and when another one becomes it."""
    first, second = two_servers(server)
    first.start()
    second.start()
    replicate(first, second)
    daemon = named(
        second.port, first.host, second.host, heartbeat="500ms"
    )
    daemon.wait_log(CONNECTED)
    client = connect(daemon)
    wait_subscribed(second)
    second.client().publish(ROOM, "by the master")
    assert client.recv() == "by the master"
    first.client().replicaof("NO", "ONE")
    replicate(second, first)
    daemon.wait_log(r" warn redis: connection lost .*is a replica")
    wait_subscribed(first)
    first.client().publish(ROOM, "by the other")
    assert client.recv() == "by the other"
    assert "cannot connect" not in daemon.log()


def test_of_several_addresses_none_is_a_masters(named, server):
    """One does not even answer: why the other will not do, is told."""
    replica, dead = two_servers(server)
    replica.start()
    replica.client().replicaof("127.0.0.1", 1)
    daemon = named(replica.port, replica.host, dead.host)
    daemon.wait_log(r" warn redis: cannot connect .*is a replica")


@pytest.mark.long
def test_of_several_addresses_one_hangs(named, connect, server):
    hangs, answers = two_servers(server)
    hangs.start()
    answers.start()
    with frozen(hangs.process.pid):
        daemon = named(answers.port, hangs.host, answers.host)
        daemon.wait_log(CONNECTED, 20)
        client = connect(daemon)
        wait_subscribed(answers)
        answers.client().publish(ROOM, "by the second")
        assert client.recv() == "by the second"
        assert "cannot connect" not in daemon.log()


def test_a_replica_takes_over(named, connect, server):
    """The gateway only listens: a replica will do, promoted or not."""
    first, second = two_servers(server)
    first.start()
    second.start()
    replicate(second, first)
    daemon = named(first.port, first.host, second.host, role="any")
    daemon.wait_log(CONNECTED)
    client = connect(daemon)
    wait_subscribed(first)
    first.client().publish(ROOM, "1")
    assert client.recv() == "1"
    first.kill()
    wait_subscribed(second)
    second.client().publish(ROOM, "2")
    second.client().replicaof("NO", "ONE")
    second.client().publish(ROOM, "3")
    assert client.recv_many(2) == ["2", "3"]


ROUNDS, COUNT, SIZE = 8, 20_000, 100


def rss_kib(daemon):
    for line in open(f"/proc/{daemon.pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])


def drain(client, size):
    """Read so many bytes and keep none."""
    while size > 0:
        got = len(client.socket.recv(1 << 20))
        assert got, f"closed, {size} bytes too early"
        size -= got


def storm(server):
    subprocess.run(
        [
            *("redis-benchmark", "-p", str(server.port), "-q"),
            *("-n", str(COUNT), "-P", "50"),
            *("publish", ROOM, "x" * SIZE),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def test_a_storm_drops_the_slow_and_serves_the_quick(
    gateway, raw, redis_server
):
    """As quick as Redis can be. One storm fits a queue and two do not, so
    that how quick this process is does not matter; nor for how long the
    heartbeat waits behind the storm."""
    daemon = gateway(
        redis_server,
        delivery={"queue": "3MiB", "socket_buffer": "64KiB"},
        redis={"heartbeat": "1m"},
        log={"level": "info"},
    )
    daemon.wait_ready()
    raw.upgraded(daemon, receive_buffer=4096)
    quick = raw.upgraded(daemon, timeout=10)
    wait_subscribed(redis_server)
    before = rss_kib(daemon)
    for _ in range(ROUNDS):
        storm(redis_server)
        drain(quick, COUNT * (2 + SIZE))
    daemon.wait_metric('roomcast_closed_total{reason="slow_consumer"}', 1)
    assert daemon.metric("roomcast_closed_total") == 1
    assert daemon.metric("roomcast_backend_lost_total") == 0
    # A sanitizer keeps what is freed for a while.
    assert rss_kib(daemon) - before < 64 * 1024 * TIME_FACTOR


@pytest.mark.waits
def test_a_reader_of_events_that_vanishes_is_noticed(
    gateway, network  # noqa: F811
):
    """Nothing that it is sent is answered; what is sent goes on leaving."""
    here, there = network("net", "mnt"), network("net", "mnt")
    here.run(
        *"ip link add one type veth peer name two netns".split(),
        str(there.holder.pid),
    )
    for net, words in (
        (here, "addr add 10.99.7.1/24 dev one"),
        (here, "link set one up"),
        (there, "addr add 10.99.7.2/24 dev two"),
        (there, "link set two up"),
    ):
        net.run("ip", *words.split())
    daemon = gateway(
        preexec=here.enter,
        wait=False,
        listen=[{"address": "10.99.7.1:0"}],
        admin=None,
        routes=[
            {"path": "/ws/{room}", "rooms": ["{room}"], "transports": ["sse"]}
        ],
        keepalive={"ping_interval": "1s", "pong_timeout": "1s"},
    )
    daemon.wait_log(r"main: started")
    stream = there.call(lambda: Stream.open(daemon))
    stream.read_until(lambda: stream.reader.comments >= 4)
    there.run(*"ip link set two down".split())
    daemon.wait_log(r"connection closed code=1006 reason=pong_timeout.*sse", 20)
