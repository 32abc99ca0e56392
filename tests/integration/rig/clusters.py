"""A Redis Cluster of real servers on loopback, whose slots may be moved."""

import itertools
import signal
import time
from contextlib import contextmanager

import redis

from .ports import free_port
from .redisserver import RedisServer
from .waiting import eventually, seconds

SLOTS = 16384
# A node that answers late is none that is gone, on a machine that is busy:
# a test that wants it to be says so (look_closely). Who looks away so long
# tells the others little: while they learn of each other they look closer.
LOOK_AWAY_MS = 60_000
LOOK_CLOSELY_MS = 1500
FAIL_OVER_SECONDS = 6  # a little more than Redis lets a planned one take


class ClusterNode(RedisServer):
    def __init__(self, folder, *options, host="127.0.0.1"):
        self.bus_port = free_port()
        super().__init__(
            folder,
            *("--cluster-enabled", "yes"),
            *("--cluster-config-file", str(folder / "nodes.conf")),
            *("--cluster-port", str(self.bus_port)),
            *("--cluster-node-timeout", str(LOOK_CLOSELY_MS)),
            *("--repl-diskless-sync-delay", "0"),
            *options,
            host=host,
        )
        self.id = None

    @property
    def address(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def pid(self):
        return self.process.pid

    def start(self):
        super().start()
        self.id = self.cluster("myid").decode()
        return self

    def command(self, *words):
        return self.client().execute_command(*words)

    def cluster(self, *words):
        # Each word by itself: redis-py would read the answers of some.
        with self.client() as client:
            connection = client.connection_pool.get_connection("_")
            try:
                connection.send_command("CLUSTER", *words)
                return connection.read_response()
            finally:
                client.connection_pool.release(connection)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def info(self):
        """CLUSTER INFO as a dict of texts."""
        lines = self.cluster("info").decode().split()
        return dict(line.split(":", 1) for line in lines)

    def role(self):
        """master or slave, as it says by itself."""
        return self.command("ROLE")[0].decode()

    def known(self):
        """All nodes that it knows, itself too: the id, the flags, and the
        state of its link to it."""
        for line in self.cluster("nodes").decode().splitlines():
            name, _, flags, *_, link = line.split()[:8]
            yield name, set(flags.split(",")), link

    def is_master_known_to(self, other):
        """Whether other says that this one is a master."""
        return any(
            name == self.id and {"master", "fail"} & flags == {"master"}
            for name, flags, _ in other.known()
        )

    def reaches(self, others):
        """By links of its own, one to each: what it publishes where there is
        none is lost."""
        linked = {
            name
            for name, flags, link in self.known()
            if link == "connected" and "handshake" not in flags
        }
        return linked >= {other.id for other in others}

    def master_port(self):
        """Of a replica; None of a master."""
        role = self.command("ROLE")
        return role[2] if role[0] == b"slave" else None

    def follows(self):
        """A replica that has all that its master had."""
        state = self.client().info("replication")
        return (
            state["role"] == "slave" and state["master_link_status"] == "up"
        )

    def stop(self):
        """It stands still until go_on."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def finish(self):
        if self.is_alive():
            self.go_on()
        super().finish()


class Cluster:
    """Masters that share the slots evenly, each with so many replicas.

    options are redis-server's, of all nodes; nodes may be made by others.
    """

    def __init__(self, folder, masters=3, replicas=0, options=(), make=None):
        self.nodes = []
        self.masters_at_first = masters
        for number in range(masters * (1 + replicas)):
            one = folder / f"node-{number}"
            one.mkdir()
            node = (make or ClusterNode)(one, *options)
            self.nodes.append(node)

    @property
    def conf(self):
        """What a gateway needs of redis.cluster."""
        return {"addresses": [n.address for n in self.nodes]}

    def start(self):
        for epoch, node in enumerate(self.nodes, 1):
            node.start()
            node.cluster("set-config-epoch", epoch)
        self._set("cluster-replica-no-failover", "yes")
        self._share_slots()
        first = self.nodes[0]
        for node in self.nodes[1:]:
            first.cluster("meet", node.host, node.port, node.bus_port)
        eventually(self._all_are_known, 60, "the nodes know each other")
        self._make_replicas()
        self.wait()
        self.look_closely(LOOK_AWAY_MS)
        self._set("cluster-replica-no-failover", "no")
        return self

    def _set(self, key, value):
        for node in self.live:
            node.command("CONFIG SET", key, value)

    def _share_slots(self):
        count = self.masters_at_first
        for number, node in enumerate(self.nodes[:count]):
            begin = SLOTS * number // count
            end = SLOTS * (number + 1) // count - 1
            node.cluster("addslotsrange", begin, end)

    def _all_are_known(self):
        count = str(len(self.nodes))
        return all(n.info()["cluster_known_nodes"] == count for n in self.live)

    def _make_replicas(self):
        count = self.masters_at_first
        masters = itertools.cycle(self.nodes[:count])
        for replica, master in zip(self.nodes[count:], masters):
            eventually(
                lambda r=replica, m=master: m.is_master_known_to(r), 60
            )
            replica.cluster("replicate", master.id)
        for replica in self.nodes[count:]:
            eventually(replica.follows, 60, "a replica follows")

    def is_ok(self):
        return all(n.info()["cluster_state"] == "ok" for n in self.live)

    def agrees(self):
        """All say the same of who has which slots."""
        return len({self._said_by(n) for n in self.live}) == 1

    def is_of_one_epoch(self):
        """Who is behind would ask for votes in vain."""
        epochs = {n.info()["cluster_current_epoch"] for n in self.live}
        return len(epochs) == 1

    def is_linked(self):
        """Each reaches each."""
        return all(n.reaches(self.live) for n in self.live)

    def masters_agree(self):
        """Their replicas may hear of it later."""
        return len({self._said_by(n) for n in self.masters}) == 1

    @staticmethod
    def _said_by(node):
        """Who has which slots: the port of the master and its replicas."""
        return frozenset(
            (begin, end, master[1], *sorted(r[1] for r in replicas))
            for begin, end, master, *replicas in node.cluster("slots")
        )

    def wait(self):
        """Every node says that the cluster works, and where the slots are."""
        eventually(self.is_ok, 60, "the cluster is ok by every node")
        eventually(self.agrees, 60, "the nodes agree on the slots")
        eventually(self.is_of_one_epoch, 60, "the nodes agree on the epoch")
        eventually(self.is_linked, 60, "each node reaches each other")
        return self

    # --- who is who ---

    @property
    def live(self):
        """Nodes that have not been killed."""
        return [n for n in self.nodes if n.is_alive()]

    @property
    def masters(self):
        return [n for n in self.live if n.role() == "master"]

    def slot_of(self, key):
        return int(self.live[0].cluster("keyslot", key))

    def master_of(self, slot, by=None):
        """The node that has a slot, as another (or the first) one says."""
        for begin, end, master, *_ in (by or self.live[0]).cluster("slots"):
            if begin <= slot <= end:
                return self.at(master[1])
        raise AssertionError(f"nobody has slot {slot}")

    def master_of_key(self, key):
        return self.master_of(self.slot_of(key))

    def at(self, port):
        return next(n for n in self.nodes if n.port == port)

    def replica_of(self, master):
        return next(n for n in self.live if n.master_port() == master.port)

    def client(self):
        """One that follows MOVED and ASK."""
        node = self.live[0]
        return redis.RedisCluster(host=node.host, port=node.port)

    # --- what becomes of it ---

    def look_closely(self, timeout_ms=LOOK_CLOSELY_MS):
        """From now on a node is gone when it is silent for so long."""
        self._set("cluster-node-timeout", timeout_ms)

    def fail_over(self, replica):
        """A planned one: the replica is the master, by every node. It is asked
        again, as it asks each node for its vote once, who may not hear it; and
        not for long, where nodes are gone after a minute only."""
        self.look_closely(5000)
        begun = 0

        def is_done():
            nonlocal begun
            if replica.role() == "master":
                return True
            if time.monotonic() - begun > FAIL_OVER_SECONDS:
                begun = time.monotonic()
                replica.cluster("failover")
            return False

        eventually(is_done, 60, "the replica takes over")
        self.wait_master(replica)
        self.look_closely(LOOK_AWAY_MS)

    def wait_master(self, node):
        def is_master():
            return node.role() == "master" and all(
                node.is_master_known_to(n) for n in self.live
            )

        eventually(is_master, 60, "the replica is the master")

    @contextmanager
    def stopped(self, nodes):
        """They stand still until the end of the block."""
        for node in nodes:
            node.stop()
        try:
            yield
        finally:
            for node in nodes:
                node.go_on()

    def begin_move(self, slot, target):
        """The slot is on its way: ASK for keys that are not there any more."""
        source = self.master_of(slot)
        target.cluster("setslot", slot, "importing", source.id)
        source.cluster("setslot", slot, "migrating", target.id)
        return source

    def move_keys(self, slot, source, target):
        while keys := source.cluster("getkeysinslot", slot, 100):
            source.command(
                *("MIGRATE", target.host, target.port, "", 0),
                *(int(1000 * seconds(5)), "KEYS", *keys),
            )

    def end_move(self, slot, target):
        """The target has it, by every node: MOVED from now on."""
        order = [target] + [n for n in self.masters if n is not target]
        for node in order:
            node.cluster("setslot", slot, "node", target.id)
        eventually(self.masters_agree, 60, "the masters agree on the slots")

    def move(self, slot, target):
        """Live, with what is in it."""
        source = self.begin_move(slot, target)
        self.move_keys(slot, source, target)
        self.end_move(slot, target)

    def finish(self):
        for node in self.nodes:
            node.finish()
