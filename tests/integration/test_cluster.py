"""redis.cluster: what is PUBLISHed anywhere in it, and a stream that moves."""

import pytest

from rig.clusters import ClusterNode
from rig.ports import free_port
from rig.tls import Authority
from rig.waiting import eventually, heartbeat

pytestmark = pytest.mark.waits

GAP = '{"type":"roomcast.gap"}'
KEY = "app:stream"
WELCOMED = [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]
KEPT = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": "1h"}]
ROOM = "roomcast:room:lobby"


def start(gateway, cluster, wait=True, addresses=None, redis=None, **sections):
    conf = {"addresses": addresses} if addresses else cluster.conf
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={
            "cluster": conf,
            "on_gap": "notify",
            "heartbeat": heartbeat(500),
            "reconnect": {"min": "20ms", "max": "200ms"},
            **(redis or {}),
        },
        **{"routes": WELCOMED, **sections},
    )
    if wait:
        daemon.wait_ready()
    return daemon


def start_stream(gateway, cluster, **sections):
    return start(gateway, cluster, history={"stream": KEY}, **sections)


def welcomed(connect, daemon):
    client = connect(daemon)
    assert "roomcast.welcome" in client.recv()
    return client


def is_ready(daemon):
    return daemon.admin("/readyz")[0] == 200


def in_use(cluster):
    """The node at which what is PUBLISHed is heard."""
    return next(n for n in cluster.live if n.channels("roomcast:*"))


# --- what is PUBLISHed ---


def test_any_node_may_be_published_at(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    client = welcomed(connect, start(gateway, cluster))
    for node in cluster.nodes:
        node.client().publish(ROOM, f"at {node.port}")
    heard = client.recv_many(6)
    assert set(heard) == {f"at {n.port}" for n in cluster.nodes}


@pytest.mark.workers(1, 2)
def test_another_node_takes_over(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    daemon = start(gateway, cluster)
    client = welcomed(connect, daemon)
    node = in_use(cluster)
    node.kill()
    daemon.wait_log(f"connection lost address=\\S*:{node.port} ")
    daemon.wait_ready()
    assert in_use(cluster) is not node
    cluster.live[0].client().publish(ROOM, "after")
    assert client.recv() == GAP
    assert client.recv() == "after"
    m = daemon.metrics()
    addresses = ",".join(n.address for n in cluster.nodes)
    place = f'kind="cluster",address="{addresses}"'
    assert m[f'roomcast_source_info{{source="0",{place}}}'] == 1
    assert m["roomcast_source_failovers_total"] == 1


@pytest.mark.long
def test_a_node_that_hangs_is_left(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    # Found by the heartbeat, before the others say so.
    daemon = start(gateway, cluster, redis={"heartbeat": "500ms"})
    client = welcomed(connect, daemon)
    node = in_use(cluster)
    with cluster.stopped([node]):
        daemon.wait_log("connection lost .*the heartbeat does not", 20)
        daemon.wait_ready()
        other = next(n for n in cluster.live if n is not node)
        other.client().publish(ROOM, "after")
        assert client.recv() == GAP
        assert client.recv() == "after"


def test_a_node_that_becomes_a_replica_is_left(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    # A node that is late with its answers is not left for that.
    daemon = start(gateway, cluster, redis={"heartbeat": "3s"})
    client = welcomed(connect, daemon)
    node = in_use(cluster)
    cluster.fail_over(cluster.replica_of(node))
    daemon.wait_log('connection lost .*reason="the server is a replica"', 20)
    daemon.wait_ready()
    assert in_use(cluster).role() == "master"
    node.client().publish(ROOM, "after")
    assert client.recv() == GAP
    assert client.recv() == "after"


def test_a_node_that_is_cut_off_is_left(gateway, make_cluster):
    """It answers, and says that it is a master, for ever."""
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    node = in_use(cluster)
    cluster.look_closely()
    others = [n for n in cluster.nodes if n is not node]
    with cluster.stopped(others):
        daemon.wait_log("connection lost .*the node is cut off", 30)
        eventually(lambda: not is_ready(daemon), 5, "not ready")
        assert node.role() == "master"
    cluster.wait()
    daemon.wait_ready(30)


@pytest.mark.long
def test_one_that_was_named_is_enough(gateway, connect, make_cluster):
    """And then the others are known."""
    cluster = make_cluster(3, 1)
    named = cluster.nodes[5]
    gone = [f"127.0.0.1:{n}" for n in (1, 2, 3)]
    daemon = start(gateway, cluster, addresses=[*gone, named.address])
    client = welcomed(connect, daemon)
    named.kill()
    in_use(cluster).kill()
    assert client.recv() == GAP
    in_use_now = eventually(lambda: is_ready(daemon) and in_use(cluster))
    in_use_now.client().publish(ROOM, "after")
    assert client.recv() == "after"


TOLD = "cannot connect"
FAILED = "roomcast_backend_connect_failures_total"
ASKED = "no node of the cluster says where its slots are"


def test_nodes_that_are_all_gone_are_one_reason(gateway):
    """However many there are: one line, and one a minute."""
    gone = [f"127.0.0.1:{n}" for n in range(1, 10)]
    daemon = start(gateway, None, wait=False, addresses=gone)
    eventually(lambda: daemon.metric(FAILED) > 30, 60)
    told = [x for x in daemon.log().splitlines() if f"warn redis: {TOLD}" in x]
    assert len(told) == 1, told
    assert f"{ASKED}: Connection refused" in told[0]


def test_nodes_that_let_nobody_in_say_what_helps(gateway, redis_server):
    redis_server.client().config_set("requirepass", "secret")
    named = [f"127.0.0.1:{redis_server.port}"]
    daemon = start(gateway, None, wait=False, addresses=named)
    daemon.wait_log(
        f'{ASKED}: NOAUTH .* remedy="set redis.password_file.* kind=denied', 20
    )


def test_a_node_that_is_in_no_cluster_yet(gateway, tmp_path):
    node = ClusterNode(tmp_path).start()
    try:
        daemon = start(gateway, None, wait=False, addresses=[node.address])
        daemon.wait_log(
            f'{ASKED}: .* remedy=".* it is in no cluster yet.* kind=role', 20
        )
    finally:
        node.kill()


@pytest.mark.long
def test_a_cluster_that_comes_back(gateway, connect, make_cluster):
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    client = welcomed(connect, daemon)
    for node in cluster.nodes:
        node.kill()
    daemon.wait_log("no node of the cluster says where its slots are")
    assert not is_ready(daemon)
    for node in cluster.nodes:
        node.start()
    cluster.wait()
    daemon.wait_ready(30)
    cluster.nodes[0].client().publish(ROOM, "after")
    # One more for each node that it went to before that was killed as well.
    got = [client.recv()]
    while got[-1] == GAP and len(got) <= len(cluster.nodes):
        got.append(client.recv())
    assert len(got) > 1 and got[-1] == "after"


@pytest.mark.long
def test_slots_that_nobody_serves_cost_nothing(
    gateway, connect, make_cluster
):
    """What is PUBLISHed goes on, though the cluster is down for keys."""
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    client = welcomed(connect, daemon)
    node = in_use(cluster)
    victim = next(n for n in cluster.nodes if n is not node)
    cluster.look_closely()
    victim.kill()
    eventually(lambda: node.info()["cluster_state"] == "fail", 20)
    eventually(lambda: node.info()["cluster_slots_pfail"] == "0", 20)
    cluster.live[0].client().publish(ROOM, "heard")
    assert client.recv() == "heard"
    assert daemon.metric("roomcast_backend_lost_total") == 0


# --- a stream ---


def add(cluster, numbers):
    """XADD by a client that follows the key; a replica has each, too."""
    server = cluster.client()
    for number in numbers:
        server.xadd(KEY, {ROOM: str(number)})


def wait_replicated(cluster):
    master = cluster.master_of_key(KEY)
    master.wait_followed(cluster.replica_of(master))


def texts(numbers):
    return [str(n) for n in numbers]


def another_master(cluster, node):
    return next(n for n in cluster.masters if n is not node)


@pytest.mark.workers(1, 2)
def test_a_slot_moves_under_a_stream(gateway, connect, make_cluster):
    cluster = make_cluster()
    daemon = start_stream(gateway, cluster, routes=KEPT)
    client = connect(daemon)
    slot = cluster.slot_of(KEY)
    source = cluster.master_of(slot)
    target = another_master(cluster, source)
    add(cluster, range(10))
    assert cluster.begin_move(slot, target) is source
    cluster.move_keys(slot, source, target)
    add(cluster, range(10, 20))
    daemon.wait_log("stream lost .*the key is on its way to", 20)
    cluster.end_move(slot, target)
    add(cluster, range(20, 30))
    assert client.recv_many(30, 60) == texts(range(30))
    cluster.move(slot, source)
    add(cluster, range(30, 40))
    daemon.wait_log("stream lost .*the key's slot is at", 20)
    assert client.recv_many(10, 60) == texts(range(30, 40))
    m = daemon.metrics()
    assert m["roomcast_stream_gaps_total"] == 0
    stream = '{connection="stream"}'
    assert m["roomcast_source_failovers_total" + stream] >= 2
    lost = '{connection="stream",reason="moved"}'
    assert m["roomcast_source_lost_total" + lost] >= 2


@pytest.mark.parametrize(
    "how", [pytest.param("planned", marks=pytest.mark.long), "killed"]
)
def test_nothing_of_a_stream_is_lost(gateway, connect, make_cluster, how):
    cluster = make_cluster(3, 1)
    daemon = start_stream(gateway, cluster, routes=KEPT)
    client = connect(daemon)
    master = cluster.master_of_key(KEY)
    replica = cluster.replica_of(master)
    add(cluster, range(50))
    wait_replicated(cluster)
    if how == "planned":
        cluster.fail_over(replica)
    else:
        cluster.look_closely()
        master.kill()
        cluster.wait_master(replica)
    cluster.wait()
    add(cluster, range(50, 100))
    assert client.recv_many(100, 60) == texts(range(100))
    assert daemon.metric("roomcast_stream_gaps_total") == 0


def test_what_a_new_master_has_not_is_told(gateway, connect, make_cluster):
    """Five entries that only the old one had, and that were delivered."""
    cluster = make_cluster(3, 1)
    daemon = start_stream(gateway, cluster)
    client = welcomed(connect, daemon)
    master = cluster.master_of_key(KEY)
    replica = cluster.replica_of(master)
    add(cluster, range(5))
    wait_replicated(cluster)
    cluster.look_closely()
    replica.stop()
    master.command("CLIENT", "KILL", "TYPE", "replica")
    for number in range(5, 10):
        master.client().xadd(KEY, {ROOM: str(number)})
    assert client.recv_many(10, 60) == texts(range(10))
    master.kill()
    replica.go_on()
    cluster.wait_master(replica)
    cluster.wait()
    add(cluster, [10])
    told = client.recv_until("10", 60)
    assert set(told) == {GAP}
    assert daemon.metric("roomcast_stream_gaps_total") == 1


@pytest.mark.long
def test_the_slot_is_down_and_up_again(gateway, connect, make_cluster):
    """Nobody takes over: it is what its server has when that comes back."""
    cluster = make_cluster()
    daemon = start_stream(gateway, cluster, routes=KEPT)
    client = connect(daemon)
    master = cluster.master_of_key(KEY)
    cluster.look_closely()
    master.kill()
    daemon.wait_log("stream lost")
    daemon.wait_log("cannot read the stream")
    assert not is_ready(daemon)
    master.start()
    cluster.wait()
    daemon.wait_ready(60)
    add(cluster, range(3))
    assert client.recv_many(3, 60) == texts(range(3))


# --- how nodes are reached ---


class TlsNode(ClusterNode):
    """A TLS port, also of the bus, beside the plain one of the tests."""

    def __init__(self, folder, pair, ca, *options):
        self.tls_port = free_port()
        super().__init__(
            folder,
            *("--tls-port", str(self.tls_port)),
            *("--tls-cert-file", str(pair.certificate)),
            *("--tls-key-file", str(pair.key)),
            *("--tls-ca-cert-file", str(ca.file)),
            *("--tls-auth-clients", "no"),
            *("--tls-cluster", "yes"),
            *("--tls-replication", "yes"),
            *options,
        )


NAMED = [
    *("--cluster-announce-hostname", "localhost"),
    *("--cluster-preferred-endpoint-type", "hostname"),
]


@pytest.mark.parametrize(
    "name, options, server_name",
    [
        ("IP:127.0.0.1", [], None),
        pytest.param("DNS:localhost", NAMED, None, marks=pytest.mark.long),
        pytest.param(
            *("DNS:redis.test", [], "redis.test"), marks=pytest.mark.long
        ),
    ],
)
def test_a_cluster_with_tls(
    gateway, connect, make_cluster, tmp_path, name, options, server_name
):
    """Each node's certificate is for where it is announced, or for a name."""
    ca = Authority(tmp_path, "ours")
    pair = ca.sign("node", name)

    def make(folder, *options):
        return TlsNode(folder, pair, ca, *options)

    cluster = make_cluster(options=options, make=make)
    tls = {"ca": str(ca.file)}
    if server_name:
        tls["server_name"] = server_name
    host = "localhost" if options else "127.0.0.1"
    daemon = start_stream(
        gateway,
        cluster,
        addresses=[f"{host}:{n.tls_port}" for n in cluster.nodes],
        redis={"tls": tls},
    )
    client = welcomed(connect, daemon)
    add(cluster, [1])
    assert client.recv() == "1"
    cluster.nodes[0].client().publish(ROOM, "heard")
    assert client.recv() == "heard"


@pytest.mark.long
def test_a_cluster_by_ipv6(gateway, connect, make_cluster):
    cluster = make_cluster(
        make=lambda *args: ClusterNode(*args, host="::1")
    )
    daemon = start_stream(gateway, cluster)
    client = welcomed(connect, daemon)
    add(cluster, [1])
    assert client.recv() == "1"
    cluster.nodes[0].client().publish(ROOM, "heard")
    assert client.recv() == "heard"


# --- what is no cluster, or does not let us in ---


def test_a_server_in_no_cluster_is_told(gateway, redis_server):
    address = f"127.0.0.1:{redis_server.port}"
    daemon = start(gateway, None, wait=False, addresses=[address])
    daemon.wait_log("cannot connect .*cluster support disabled")


@pytest.mark.long
def test_who_may_not_ask_for_its_state_is_warned(
    gateway, connect, make_cluster
):
    cluster = make_cluster()
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "-cluster|info")
    daemon = start(gateway, cluster)
    client = welcomed(connect, daemon)
    cluster.nodes[0].client().publish(ROOM, "heard")
    assert client.recv() == "heard"
    warning = "whether a node is cut off from its cluster is not known"
    assert daemon.log().count(warning) == 1


@pytest.mark.long
def test_who_may_not_ask_for_slots_is_told(gateway, make_cluster):
    cluster = make_cluster()
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "-cluster|slots")
    daemon = start(gateway, cluster, wait=False)
    daemon.wait_log("cannot connect .*NOPERM")
    assert not is_ready(daemon)
