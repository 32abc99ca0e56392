"""redis.cluster.sharded: each room is subscribed at the master of its slot."""

import time

import pytest

from rig.client import Refused
from rig.clusters import ClusterNode
from rig.people import command, id_of, people, send, user_path
from rig.ports import free_port
from rig.tls import Authority
from rig.waiting import eventually, heartbeat

pytestmark = pytest.mark.long

GAP = '{"type":"roomcast.gap"}'
PREFIX = "roomcast:room:"
ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]


def start(gateway, cluster, redis=None, **sections):
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={
            "cluster": {**cluster.conf, "sharded": True},
            "on_gap": "notify",
            "heartbeat": heartbeat(500),
            "reconnect": {"min": "20ms", "max": "200ms"},
            **(redis or {}),
        },
        **{"routes": ROUTES, **sections},
    )
    daemon.wait_ready()
    return daemon


def enter(connect, daemon, room):
    client = connect(daemon, f"/ws/{room}")
    assert "roomcast.welcome" in client.recv()
    return client


def slot_of(cluster, room):
    return cluster.slot_of(PREFIX + room)


def master_of(cluster, room):
    return cluster.master_of(slot_of(cluster, room))


def publish(cluster, room, text):
    node = master_of(cluster, room)
    return node.command("SPUBLISH", PREFIX + room, text)


def room_at(cluster, node, but=()):
    """One whose channel is at this master."""
    for number in range(1000):
        room = f"room-{number}"
        if room not in but and master_of(cluster, room) is node:
            return room
    raise AssertionError("no room is there")


def rooms_at_each(cluster):
    return {n: room_at(cluster, n) for n in cluster.masters}


def shard_channels(node):
    names = node.command("PUBSUB", "SHARDCHANNELS", PREFIX + "*")
    return {n.decode().removeprefix(PREFIX) for n in names}


def is_ready(daemon):
    return daemon.admin("/readyz")[0] == 200


def wait_whole(daemon):
    eventually(lambda: is_ready(daemon), 60, "ready again")


# --- what is SPUBLISHed ---


@pytest.mark.workers(1, 2)
def test_rooms_over_all_masters(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    daemon = start(gateway, cluster)
    rooms = [f"r{n}" for n in range(30)]
    clients = {room: enter(connect, daemon, room) for room in rooms}
    by_node = {}
    for room in rooms:
        assert publish(cluster, room, f"for {room}") == 1
        by_node.setdefault(master_of(cluster, room), set()).add(room)
    for room, client in clients.items():
        assert client.recv() == f"for {room}"
    for node in cluster.masters:
        assert shard_channels(node) == by_node[node]
    for room, client in clients.items():
        publish(cluster, room, "again")
        assert client.recv() == "again"


def test_the_other_channels_are_classic(
    gateway, connect, make_cluster, people
):
    cluster = make_cluster()
    daemon = start(gateway, cluster, **people)
    room = "lobby"
    member = connect(daemon, user_path("ann", room))
    id_of(member)
    publisher = cluster.nodes[0].client()
    publisher.publish("roomcast:broadcast", "to all")
    assert member.recv() == "to all"
    send(publisher, "to a room", rooms=[room])
    assert member.recv() == "to a room"
    publisher.publish(PREFIX + room, "nobody hears that")
    for channel in ("roomcast:send", "roomcast:broadcast", "roomcast:control"):
        master = cluster.master_of(cluster.slot_of(channel))
        assert master.command("SPUBLISH", channel, "nor that") == 0
    node = cluster.nodes[1]
    other = room_at(cluster, node, but=[room])
    command(publisher, "join", users=["ann"], rooms=[other])
    eventually(lambda: other in shard_channels(node), 20)
    publish(cluster, other, "in another room")
    assert member.recv() == "in another room"
    command(publisher, "leave", users=["ann"], rooms=[other])
    eventually(lambda: other not in shard_channels(node), 20)
    publish(cluster, room, "still here")
    assert member.recv() == "still here"


def test_a_link_lives_as_long_as_its_rooms(gateway, connect, make_cluster):
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    node = cluster.nodes[1]
    room = room_at(cluster, node)
    client = enter(connect, daemon, room)
    assert shard_channels(node) == {room}
    others = [n for n in cluster.nodes if n is not node]
    assert not any(shard_channels(n) for n in others)
    daemon.wait_log("subscribed at a master of the cluster")
    before = len(node.client().client_list())
    client.close()
    eventually(lambda: not shard_channels(node), 20)
    eventually(lambda: len(node.client().client_list()) < before, 20)
    client = enter(connect, daemon, room)
    publish(cluster, room, "again")
    assert client.recv() == "again"


def test_many_rooms(gateway, connect, make_cluster):
    """In commands of one slot each, as many as may be in flight."""
    cluster = make_cluster()
    daemon = start(gateway, cluster, limits={"rooms_per_connection": 20_000})
    client = connect(daemon, "/ws/first")
    own = id_of(client)
    publisher = cluster.nodes[0].client()
    rooms = [f"many-{n}" for n in range(10_000)]
    for begin in range(0, len(rooms), 50):
        part = rooms[begin : begin + 50]
        command(publisher, "join", connections=[own], rooms=part)

    def count():
        return sum(len(shard_channels(n)) for n in cluster.nodes)

    eventually(lambda: count() == len(rooms) + 1, 60, "all are subscribed")
    for room in rooms[::1000]:
        publish(cluster, room, room)
        assert client.recv() == room
    victim = cluster.nodes[2]
    victim.client().client_kill_filter(_type="pubsub")
    eventually(lambda: count() == len(rooms) + 1, 60, "subscribed again")
    assert client.recv(60) == GAP
    wait_whole(daemon)


# --- what moves ---


def test_a_slot_moves_live(gateway, connect, make_cluster):
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    source, target, other = cluster.nodes
    moved = room_at(cluster, source)
    stays = room_at(cluster, source, but=[moved])
    elsewhere = room_at(cluster, other)
    clients = {
        room: enter(connect, daemon, room)
        for room in (moved, stays, elsewhere)
    }
    publish(cluster, moved, "before")
    assert clients[moved].recv() == "before"
    cluster.move(slot_of(cluster, moved), target)
    assert clients[moved].recv(20) == GAP
    eventually(lambda: moved in shard_channels(target))
    assert moved not in shard_channels(source)
    for room, client in clients.items():
        assert publish(cluster, room, "after") == 1
        assert client.recv() == "after"
    wait_whole(daemon)
    assert "protocol error" not in daemon.log()
    late = enter(connect, daemon, moved)
    publish(cluster, moved, "once")
    assert late.recv() == "once"
    assert clients[moved].recv() == "once"


def test_a_slot_moves_to_who_has_no_name(gateway, connect, make_cluster):
    """MOVED leads nowhere then; the table of slots has an address."""
    cluster = make_cluster()
    source, target, other = cluster.nodes
    cluster._set("cluster-preferred-endpoint-type", "hostname")
    for node in (source, other):
        node.command("CONFIG SET", "cluster-announce-hostname", "localhost")

    def names(node):
        return sorted(str(master[0]) for _, _, master in node.cluster("slots"))

    named = sorted(str(n) for n in (b"?", b"localhost", b"localhost"))
    for node in cluster.nodes:
        eventually(lambda n=node: names(n) == named, 20, "names are known")
    daemon = start(gateway, cluster)
    moved = room_at(cluster, source)
    stays = room_at(cluster, source, but=[moved])
    clients = {r: enter(connect, daemon, r) for r in (moved, stays)}
    cluster.move(slot_of(cluster, moved), target)
    eventually(lambda: moved in shard_channels(target), 20)
    assert clients[moved].recv(20) == GAP
    for room, client in clients.items():
        assert publish(cluster, room, "after") == 1
        assert client.recv() == "after"
    assert "of the cluster lost" not in daemon.log()


def test_many_slots_move(gateway, connect, make_cluster):
    """Their gaps are told together: each one costs a look at all clients."""
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    source, target, _ = cluster.nodes
    rooms = []
    while len(rooms) < 20:
        rooms.append(room_at(cluster, source, but=rooms))
    clients = [enter(connect, daemon, room) for room in rooms]
    begin = time.monotonic()
    for room in rooms:
        for node in (target, source):
            node.cluster("setslot", slot_of(cluster, room), "node", target.id)
    for client in clients:
        assert client.recv(20) == GAP
    took = time.monotonic() - begin
    told = daemon.log().count("of some rooms may have been missed")
    assert told <= 2 + took / 0.1


def test_slots_move_under_messages(gateway, connect, make_cluster):
    """Each message comes once at most, and a gap is told where one is lost."""
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    source, target, _ = cluster.nodes
    room = room_at(cluster, source)
    client = enter(connect, daemon, room)
    number = 0
    for to in (target, source, target):
        for _ in range(50):
            publish(cluster, room, str(number))
            number += 1
        cluster.move(slot_of(cluster, room), to)
        for _ in range(50):
            publish(cluster, room, str(number))
            number += 1
    eventually(lambda: publish(cluster, room, "end") == 1, 20, "it is heard")
    heard = client.recv_until("end", 60)
    numbers = [int(m) for m in heard if m.isdigit()]
    assert numbers == sorted(set(numbers))
    assert heard.count(GAP) >= 1
    missing = set(range(number)) - set(numbers)
    assert not missing or GAP in heard


def test_members_are_closed_where_that_is_wanted(
    gateway, connect, make_cluster
):
    cluster = make_cluster()
    daemon = start(gateway, cluster, redis={"on_gap": "close"})
    source, target, _ = cluster.nodes
    moved = room_at(cluster, source)
    stays = room_at(cluster, source, but=[moved])
    leaver, stayer = (enter(connect, daemon, r) for r in (moved, stays))
    cluster.move(slot_of(cluster, moved), target)
    assert leaver.wait_closed(20).code == 1012
    publish(cluster, stays, "here")
    assert stayer.recv() == "here"


# --- what is gone ---


def test_a_master_is_killed(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    daemon = start(gateway, cluster)
    in_use = next(n for n in cluster.masters if n.channels("roomcast:*"))
    victim = next(n for n in cluster.masters if n is not in_use)
    replica = cluster.replica_of(victim)
    lost = room_at(cluster, victim)
    goes_on = room_at(cluster, in_use)
    late = room_at(cluster, in_use, but=[goes_on])
    member = enter(connect, daemon, lost)
    other = enter(connect, daemon, goes_on)
    cluster.look_closely()
    victim.kill()
    daemon.wait_log("connection to a master of the cluster lost")
    eventually(lambda: not is_ready(daemon), 5, "not ready")
    assert in_use.command("SPUBLISH", PREFIX + goes_on, "still") == 1
    assert other.recv() == "still"
    newcomer = enter(connect, daemon, late)  # it does not wait
    assert in_use.command("SPUBLISH", PREFIX + late, "at once") == 1
    assert newcomer.recv() == "at once"
    enter(connect, daemon, lost)  # nor for who is not there
    cluster.wait_master(replica)
    assert member.recv(60) == GAP
    wait_whole(daemon)
    assert replica.command("SPUBLISH", PREFIX + lost, "after") == 1
    assert member.recv() == "after"
    assert in_use.command("SPUBLISH", PREFIX + goes_on, "end") == 1
    assert other.recv() == "end"


def test_a_master_that_hangs_is_left(gateway, connect, make_cluster):
    """Its answers do not come: three heartbeats, before the others say so."""
    cluster = make_cluster(3, 1)
    daemon = start(gateway, cluster, redis={"heartbeat": "500ms"})
    in_use = next(n for n in cluster.masters if n.channels("roomcast:*"))
    victim = next(n for n in cluster.masters if n is not in_use)
    replica = cluster.replica_of(victim)
    room = room_at(cluster, victim)
    member = enter(connect, daemon, room)
    cluster.look_closely()
    victim.stop()
    daemon.wait_log("of the cluster lost .*the heartbeat does not", 30)
    eventually(
        lambda: replica.role() == "master", 60, "the replica takes over"
    )
    assert member.recv(60) == GAP
    wait_whole(daemon)
    replica.command("SPUBLISH", PREFIX + room, "after")
    assert member.recv() == "after"
    victim.go_on()


def test_a_planned_failover(gateway, connect, make_cluster):
    cluster = make_cluster(3, 1)
    daemon = start(gateway, cluster)
    in_use = next(n for n in cluster.masters if n.channels("roomcast:*"))
    master = next(n for n in cluster.masters if n is not in_use)
    replica = cluster.replica_of(master)
    room = room_at(cluster, master)
    member = enter(connect, daemon, room)
    cluster.fail_over(replica)
    eventually(lambda: room in shard_channels(replica), 60)
    assert member.recv(60) == GAP
    wait_whole(daemon)
    replica.command("SPUBLISH", PREFIX + room, "after")
    assert member.recv() == "after"
    assert room not in shard_channels(master)


def test_a_slot_moves_while_its_master_is_away(
    gateway, connect, make_cluster
):
    """What is left there is in step once the others have gone."""
    cluster = make_cluster()
    slow = {"reconnect": {"min": "2s", "max": "2s"}}
    daemon = start(gateway, cluster, redis=slow)
    in_use = next(n for n in cluster.masters if n.channels("roomcast:*"))
    source, target = [n for n in cluster.nodes if n is not in_use]
    stays = room_at(cluster, source)
    moved = room_at(cluster, source, but=[stays])
    members = {r: enter(connect, daemon, r) for r in (stays, moved)}
    daemon.wait_log("subscribed at a master of the cluster")
    source.client().client_kill_filter(_type="pubsub")
    daemon.wait_log("connection to a master of the cluster lost")
    cluster.move(slot_of(cluster, moved), target)
    for room, member in members.items():
        assert member.recv(20) == GAP
        assert publish(cluster, room, "after") == 1
        assert member.recv() == "after"
    wait_whole(daemon)


def test_a_slot_moves_from_a_master_that_is_not_reached(
    gateway, connect, make_cluster
):
    """Its rooms are subscribed where it is, whatever becomes of the others."""
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    in_use = next(n for n in cluster.masters if n.channels("roomcast:*"))
    source, target = [n for n in cluster.nodes if n is not in_use]
    stays = room_at(cluster, source)
    moved = room_at(cluster, source, but=[stays])
    members = {r: enter(connect, daemon, r) for r in (stays, moved)}
    daemon.wait_log("subscribed at a master of the cluster")
    source.command("ACL", "SETUSER", "default", "-ssubscribe")
    source.client().client_kill_filter(_type="pubsub")
    daemon.wait_log("cannot connect to a master of the cluster")
    cluster.move(slot_of(cluster, moved), target)
    assert members[moved].recv(20) == GAP
    assert publish(cluster, moved, "after") == 1
    assert members[moved].recv() == "after"
    assert not shard_channels(source)
    source.command("ACL", "SETUSER", "default", "+ssubscribe")
    assert members[stays].recv(20) == GAP
    assert publish(cluster, stays, "after") == 1
    assert members[stays].recv() == "after"
    wait_whole(daemon)


def test_slots_that_nobody_has(gateway, connect, make_cluster):
    """Who comes for them is let in, and hears when somebody has them."""
    cluster = make_cluster()
    cluster._set("cluster-require-full-coverage", "no")
    daemon = start(gateway, cluster)
    source, target, _ = cluster.nodes
    room = room_at(cluster, source)
    slot = slot_of(cluster, room)
    for node in cluster.nodes:
        node.cluster("delslots", slot)
    member = enter(connect, daemon, room)
    eventually(lambda: not is_ready(daemon), 20, "not ready")
    daemon.wait_log("no master of the cluster serves .* rooms=1 ", 20)
    failed = "roomcast_source_connect_failures_total"
    labels = 'source="0",connection="shard",reason="resolve"'
    assert daemon.metrics()[f"{failed}{{{labels}}}"] > 0
    cluster.end_move(slot, target)
    assert member.recv(20) == GAP
    wait_whole(daemon)
    daemon.wait_log("the slots of all rooms are served again", 20)
    target.command("SPUBLISH", PREFIX + room, "after")
    assert member.recv() == "after"


def test_where_slots_are_is_said_no_more(gateway, connect, make_cluster):
    """By the time one moves twice: why the gateway is not ready is told."""
    cluster = make_cluster()
    daemon = start(gateway, cluster)
    source, target, _ = cluster.nodes
    room = room_at(cluster, source)
    slot = slot_of(cluster, room)
    member = enter(connect, daemon, room)
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "-cluster|slots")
    for node in cluster.nodes:
        node.cluster("delslots", slot)
    source.client().client_kill_filter(_type="pubsub")
    daemon.wait_log(r"where the rooms .* not known .*permit .*cluster\|slots", 20)
    assert not is_ready(daemon)
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "+cluster|slots")
    cluster.end_move(slot, target)
    assert member.recv(20) == GAP
    wait_whole(daemon)
    daemon.wait_log("the slots of all rooms are served again", 20)


USER = "reset on >secret &* +@all"


def as_gateway(cluster, tmp_path, *rights):
    """What lets a gateway in as a user with these rights at each node."""
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "gateway", *USER.split(), *rights)
    (tmp_path / "password").write_text("secret")
    return {"username": "gateway", "password_file": f"{tmp_path}/password"}


def test_a_user_who_may_not_ping(gateway, connect, make_cluster, tmp_path):
    """Known before a room counts as subscribed, not at each heartbeat."""
    cluster = make_cluster()
    login = as_gateway(cluster, tmp_path, "-ping")
    daemon = start(gateway, cluster, redis=login)
    member = enter(connect, daemon, "lobby")
    daemon.wait_log(r"cannot connect to a master .*permit this user \+ping", 20)
    assert not is_ready(daemon)
    as_gateway(cluster, tmp_path)
    wait_whole(daemon)
    assert member.recv() == GAP
    publish(cluster, "lobby", "after")
    assert member.recv() == "after"


# --- through TLS ---


class TlsNode(ClusterNode):
    """It speaks plainly with the test, by TLS with gateways and nodes."""

    ports = {}  # for TLS, by the plain ones

    def __init__(self, folder, *options):
        super().__init__(folder, *options)
        self.ports[self.port] = free_port()
        port = str(self.ports[self.port])
        self.options = (*self.options, "--tls-port", port)

    @property
    def address(self):
        return f"127.0.0.1:{self.ports[self.port]}"

    def cluster(self, *words):
        if words[0] == "meet":
            words = ("meet", words[1], self.ports[words[2]], words[3])
        return super().cluster(*words)


def test_through_tls(gateway, connect, make_cluster, tmp_path):
    ca = Authority(tmp_path)
    pair = ca.sign("node", "IP:127.0.0.1")
    options = [
        *("--tls-cert-file", str(pair.certificate)),
        *("--tls-key-file", str(pair.key)),
        *("--tls-ca-cert-file", str(ca.file)),
        *("--tls-auth-clients", "no", "--tls-cluster", "yes"),
    ]
    cluster = make_cluster(options=options, make=TlsNode)
    daemon = start(gateway, cluster, redis={"tls": {"ca": str(ca.file)}})
    clients = {
        room: enter(connect, daemon, room)
        for room in rooms_at_each(cluster).values()
    }
    for room, client in clients.items():
        assert publish(cluster, room, "sealed") == 1
        assert client.recv() == "sealed"
    source, target, _ = cluster.nodes
    room = next(r for r in clients if master_of(cluster, r) is source)
    cluster.move(slot_of(cluster, room), target)
    assert clients[room].recv(20) == GAP
    assert publish(cluster, room, "sealed there") == 1
    assert clients[room].recv() == "sealed there"


# --- who may not ---


def test_a_channel_is_not_permitted(gateway, connect, make_cluster):
    cluster = make_cluster()
    for node in cluster.nodes:
        node.command(
            *("ACL", "SETUSER", "default", "resetchannels"),
            *(f"&{PREFIX}ok*", "&roomcast:send", "&roomcast:broadcast"),
            *("&roomcast:control", "&roomcast:heartbeat:*"),
        )
    daemon = start(gateway, cluster)
    tag = "{ok}"
    good = enter(connect, daemon, f"ok{tag}")
    with pytest.raises(Refused):
        connect(daemon, f"/ws/bad{tag}")
    daemon.wait_log("the channel of a room is refused .*bad")
    publish(cluster, f"ok{tag}", "heard")
    assert good.recv() == "heard"
    assert is_ready(daemon)


def test_a_server_that_knows_no_shards(gateway, connect, make_cluster):
    """Or a user who may not use them."""
    cluster = make_cluster()
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "-ssubscribe")
    daemon = start(gateway, cluster)
    daemon_client = connect(daemon, "/ws/room")
    assert "roomcast.welcome" in daemon_client.recv()
    daemon.wait_log("cannot connect to a master of the cluster .*ssubscribe")
    eventually(lambda: not is_ready(daemon), 20, "not ready")
    for node in cluster.nodes:
        node.command("ACL", "SETUSER", "default", "+ssubscribe")
    wait_whole(daemon)
    publish(cluster, "room", "heard")
    assert daemon_client.recv_until("heard", 20)
