"""What may happen to a Redis. Each is made anew for a run: it has a
configuration for the gateway, takes messages as an app would that follows at
once, and fails when it is told to."""

import time

from redis import RedisError
from rig.clusters import Cluster
from rig.network import Network
from rig.numbered import Following
from rig.redisserver import RedisServer
from rig.sentinels import Sentinels
from rig.waiting import eventually
from ways import STREAM

DOWN_AFTER_MS = 1500
TIMEOUT_S = 0.5


class Situation:
    enter = None  # in the gateway's process, before it begins

    def __init__(self, folder, way):
        self.folder = folder
        self.way = way
        self.has_failed = False

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.finish()

    def publish(self, text):
        """Where it is taken by now: client, a redis-py."""
        self.way.publish(self.client, text)

    def is_over(self):
        """It has happened; the gateway need not be ready by then."""
        return True

    def server(self, name, *options, **settings):
        (self.folder / name).mkdir()
        return RedisServer(self.folder / name, "--repl-diskless-sync-delay",
                           "0", *options, **settings)


class Restart(Situation):
    """It ends and is started again, and writes down what it is given."""

    title = "one server is restarted"
    ways = ("notify", "ids", "stream")

    def start(self):
        self.only = self.server("only", "--appendonly", "yes").start()
        self.conf = {"redis": {"url": self.only.url}}
        self.client = self.only.client(socket_timeout=TIMEOUT_S)

    def fail(self):
        self.only.process.terminate()
        self.only.process.wait(10)
        self.only.start()

    def finish(self):
        self.only.finish()


class Sentinel(Situation):
    ways = ("notify", "ids", "stream")

    def start(self):
        self.sentinels = Sentinels(self.folder).wait()
        self.conf = {"redis": {"sentinel": self.sentinels.conf}}
        self.following = Following(self.sentinels)
        self.following.start()

    @property
    def client(self):
        return self.following.client

    def is_over(self):
        return self.following.moved

    def finish(self):
        self.following.__exit__()
        self.sentinels.finish()


class Planned(Sentinel):
    title = "Sentinel, planned"

    def fail(self):
        self.sentinels.fail_over()


class Crash(Sentinel):
    title = "Sentinel, the master dies (1.5 s until that is believed)"

    def start(self):
        super().start()
        self.sentinels.look_closely(DOWN_AFTER_MS)

    def fail(self):
        self.sentinels.master.kill()


class Endpoint(Situation):
    """Its name leads to another machine, where a replica of it has taken
    over, and apps know at once."""

    ways = ("notify", "ids", "stream")

    def start(self):
        self.network = Network(self.folder, ("mnt",))
        self.enter = self.network.enter
        self.old = self.server("old", host="127.0.0.2").start()
        self.new = self.server("new", host="127.0.0.3")
        self.new.port = self.old.port
        self.new.start()
        self.new.client().replicaof(self.old.host, self.old.port)
        eventually(self.follows, 20, "the new one follows the old one")
        self.network.name("endpoint", self.old.host)
        self.conf = {"redis": {"url": f"redis://endpoint:{self.old.port}"}}
        self.clients = [one.client(socket_timeout=TIMEOUT_S)
                        for one in (self.old, self.new)]

    def follows(self):
        state = self.new.client().info("replication")
        return state["master_link_status"] == "up"

    @property
    def client(self):
        return self.clients[self.has_failed]

    def fail(self):
        self.new.client().replicaof("NO", "ONE")
        self.network.name("endpoint", self.new.host)
        self.has_failed = True
        self.leave()

    def leave(self):
        """What becomes of the old one."""

    def is_over(self):
        return "roomcast" in {c["name"] for c in self.new.client().client_list()}

    def finish(self):
        self.old.finish()
        self.new.finish()
        self.network.end()


class EndpointEnds(Endpoint):
    title = "an endpoint moves, the old server ends"

    def leave(self):
        self.old.kill()


class EndpointDemoted(Endpoint):
    title = "an endpoint moves, the old server becomes its replica"

    def leave(self):
        self.old.client().replicaof(self.new.host, self.new.port)


class EndpointLives(Endpoint):
    """It takes itself for the master for ever."""

    title = "an endpoint moves, the old server lives on apart"


class EndpointLivesQuickly(EndpointLives):
    title = EndpointLives.title + ", `heartbeat: 1s`"

    def start(self):
        super().start()
        self.conf["redis"]["heartbeat"] = "1s"


class ClusterNode(Situation):
    """PUBLISH goes to any node that lives, and is heard by all."""

    title = "cluster, the node in use dies"
    ways = ("notify",)

    def start(self):
        self.cluster = Cluster(self.folder, masters=3, replicas=1).start()
        self.cluster.look_closely(DOWN_AFTER_MS)
        self.conf = {"redis": {"cluster": self.cluster.conf}}
        self.client = self.client_of(self.cluster.nodes[0])

    @staticmethod
    def client_of(node):
        return node.client(socket_timeout=TIMEOUT_S)

    def in_use(self):
        return [n for n in self.cluster.live if n.channels("roomcast:*")]

    def fail(self):
        (node,) = self.in_use()
        other = next(n for n in self.cluster.live if n is not node)
        self.client = self.client_of(other)
        node.kill()

    def is_over(self):
        return self.in_use()

    def finish(self):
        self.cluster.finish()


class ClusterStream(ClusterNode):
    title = "cluster, the stream's master dies (1.5 s until that is believed)"
    ways = ("stream",)

    def start(self):
        super().start()
        self.first = self.cluster.master_of_key(STREAM)
        self.heir = self.cluster.replica_of(self.first)
        self.client = self.client_of(self.first)

    def publish(self, text):
        """An app's client follows MOVED: it asks who else has it."""
        try:
            super().publish(text)
        except RedisError:
            self.client = self.client_of(
                self.heir if self.has_failed else self.first)
            raise

    def fail(self):
        self.has_failed = True
        self.first.kill()

    def is_over(self):
        return self.heir.role() == "master"


class OneOfTwo(Situation):
    """The publisher goes to one while that is up, and to the other then."""

    title = "two `sources`, one of them is away for a second"
    ways = ("notify",)

    def start(self):
        self.two = [self.server(n).start() for n in ("first", "second")]
        own = self.way.conf["redis"]
        self.conf = {"sources": [{"redis": {"url": one.url, **own}}
                                 for one in self.two], "redis": None}
        self.clients = [one.client(socket_timeout=TIMEOUT_S)
                        for one in self.two]

    def publish(self, text):
        try:
            self.way.publish(self.clients[0], text)
        except RedisError:
            self.clients.reverse()
            self.way.publish(self.clients[0], text)

    def fail(self):
        self.two[0].kill()
        time.sleep(1)
        self.two[0].start()

    def finish(self):
        for one in self.two:
            one.finish()


SITUATIONS = {
    "restart": Restart,
    "sentinel-planned": Planned,
    "sentinel-crash": Crash,
    "cluster-node": ClusterNode,
    "cluster-stream": ClusterStream,
    "sources": OneOfTwo,
    "endpoint-ends": EndpointEnds,
    "endpoint-demoted": EndpointDemoted,
    "endpoint-lives": EndpointLives,
    "endpoint-lives-1s": EndpointLivesQuickly,
}
