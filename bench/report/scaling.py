"""The model of docs/scaling.md: how many gateways and Redis servers a load
takes, and which limit says so. Formulas only; bench/scaling.py prints."""

import dataclasses
import math

from report.coefficients import usage

HALF = 0.5  # of what a server can do when it is busy: the rest is for bursts
CORES = 8  # of a gateway's machine
RAM = 16 << 30  # of a gateway's, and of a Redis server's
NETWORK = 10e9 / 8  # bytes a second, of each
CONNECTIONS = 250_000  # of a gateway: so many come back when it dies
GATEWAYS_MIN = 2
GATEWAYS_MAX = 20_000
SERVERS_MAX = {"sources": 16, "sharded": 1000, "classic": 1000, "stream": 1}
PING_S = 25  # keepalive.ping_interval
OVERHEAD = 100  # bytes of a delivery beyond its content: Ethernet, IP, TCP
QUEUES = 128 * 1.1 * (1 << 20)  # delivery.memory
PROCESS = 8e6
MEMBERSHIP = 64  # beyond the first of a connection: computed, docs/sizing.md


@dataclasses.dataclass(frozen=True)
class Load:
    """What clients and publishers do."""

    connections: int
    rooms_each: float   # of a connection
    members: float      # of a room
    period_s: float     # between two messages of a room
    stay_s: float       # that a connection lasts
    size: int = 300     # bytes of a message
    way: str = "room"   # room, send or stream

    @property
    def rooms(self):
        return self.connections * self.rooms_each / self.members

    @property
    def messages(self):
        """A second."""
        return self.rooms / self.period_s

    @property
    def deliveries(self):
        return self.messages * self.members

    @property
    def arrivals(self):
        """Clients that come, a second; as many go."""
        return self.connections / self.stay_s


def spread(load, gateways):
    """How many of them have a member of a room, when members come to any."""
    return gateways * (1 - (1 - 1 / gateways) ** load.members)


class Gateway:
    """One of so many, all alike."""

    def __init__(self, load, costs, gateways):
        self.load, self.costs = load, costs
        self.connections = load.connections / gateways
        self.rooms = load.rooms * spread(load, gateways) / gateways
        self.meant = self.rooms / load.period_s  # messages for somebody here
        self.heard = self.meant if load.way == "room" else load.messages
        self.deliveries = load.deliveries / gateways
        self.arrivals = load.arrivals / gateways
        self.watched = self.arrivals * load.rooms_each * \
            (1 - 1 / gateways) ** (load.members - 1)

    @property
    def idle(self):
        """What a message costs that is for nobody here."""
        return self.costs.entry if self.load.way == "stream" \
            else self.costs.nobody

    @property
    def work(self):
        """CPU, in us a second."""
        return (self.costs.member * self.meant
                + self.costs.delivery * (self.deliveries - self.meant)
                + self.idle * (self.heard - self.meant)
                + self.costs.ping * (self.connections / PING_S)
                + self.costs.handshake * self.arrivals
                + self.costs.own_room * self.watched)

    @property
    def thread(self):
        """The part of it that only the main thread does: all of a message
        but its delivery."""
        return (self.costs.member + self.costs.delivery * -1) * self.meant \
            + self.idle * (self.heard - self.meant)

    @property
    def memory(self):
        further = self.connections * (self.load.rooms_each - 1)
        return (PROCESS + QUEUES
                + self.connections * (self.costs.connection
                                      + self.costs.kernel)
                + self.rooms * self.costs.room + further * MEMBERSHIP)

    @property
    def network(self):
        """Bytes a second, to clients or from Redis, whatever is more."""
        return max(self.deliveries, self.heard) * (self.load.size + OVERHEAD)

    @property
    def limits(self):
        """How much of each limit is used; over 1 is too much."""
        return {
            "connections": self.connections / CONNECTIONS,
            "CPU": self.work.busy / 1e6 / CORES / HALF,
            "main thread": self.thread.busy / 1e6 / HALF,
            "memory": self.memory / RAM / HALF,
            "network": self.network / NETWORK / HALF,
        }

    @property
    def cores(self):
        """That are busy, of CORES."""
        return CORES * usage(self.work * (1 / CORES))


class Server:
    """One of so many Redis servers of a kind: sources, sharded or classic (a
    cluster's), or stream, of which there is one."""

    def __init__(self, load, costs, gateways, kind="sources", servers=1):
        self.costs, self.kind = costs, kind
        share = 1 / servers
        self.messages = load.messages * share
        self.passed = load.messages - self.messages if kind == "classic" else 0
        reach = spread(load, gateways) if load.way == "room" else gateways
        self.written = self.messages * reach
        rooms = load.rooms if load.way == "room" else 0
        mine = share if kind == "sharded" else 1
        self.rooms = rooms * mine
        self.subscriptions = rooms * spread(load, gateways) * mine
        watched = Gateway(load, costs, gateways).watched * gateways
        self.churn = 2 * watched * mine if rooms else 0
        self.size = load.size

    @property
    def work(self):
        """Of the one thread that does all, in us a second."""
        if self.kind == "stream":
            return self.costs.add * self.messages \
                + self.costs.follower * self.written
        if self.kind == "sharded":
            return (self.costs.shard_publish * self.messages
                    + self.costs.shard_reader * self.written
                    + self.costs.subscribe * self.churn)
        return (self.costs.publish * self.messages
                + self.costs.bus * self.passed
                + self.costs.reader * self.written
                + self.costs.subscribe * self.churn)

    @property
    def memory(self):
        return self.rooms * self.costs.channel \
            + (self.subscriptions - self.rooms) * self.costs.subscriber

    @property
    def network(self):
        return self.written * (self.size + OVERHEAD)

    @property
    def limits(self):
        return {
            "thread": self.work.busy / 1e6 / HALF,
            "memory": self.memory / RAM / HALF,
            "network": self.network / NETWORK / HALF,
        }

    @property
    def again_s(self):
        """To subscribe all again, by its CPU."""
        return self.subscriptions * self.costs.again / 1e6


def binding(part):
    """The limit that is nearest, and how much of it is used."""
    return max(part.limits.items(), key=lambda limit: limit[1])


def fits(part):
    return binding(part)[1] <= 1


def smallest(make, first, last):
    """The least count for which make(count) fits, within 2 %; None when none
    up to the last one does."""
    count = first
    while count <= last:
        if fits(make(count)):
            return count
        count += max(count // 50, 1)
    return None


def gateways_least(load):
    """As many as there must be for so many connections."""
    return max(GATEWAYS_MIN, math.ceil(load.connections / CONNECTIONS))


def gateways_for(load, costs):
    return smallest(lambda n: Gateway(load, costs, n), gateways_least(load),
                    GATEWAYS_MAX)


def servers_for(load, costs, gateways, kind):
    return smallest(lambda n: Server(load, costs, gateways, kind, n), 1,
                    SERVERS_MAX[kind])
