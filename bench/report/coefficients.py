"""What one thing costs, from the points of bench/scale.py and the rows of
bench/run.py: the coefficients of docs/scaling.md by name."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Cost:
    """CPU in us: where each thing comes alone and wakes a server, and where a
    server is busy all the time, so that one system call serves many."""

    alone: float
    busy: float

    def __add__(self, other):
        return Cost(self.alone + other.alone, self.busy + other.busy)

    def __mul__(self, factor):
        return Cost(self.alone * factor, self.busy * factor)

    __rmul__ = __mul__


def usage(work):
    """The share of a thread that `work`, in us a second, keeps busy. The more
    it is, the more seldom it is woken: by so much of it that comes alone."""
    alone, busy = work.alone / 1e6, work.busy / 1e6
    return alone / (1 + alone - busy)


def fitted(points):
    """(base, each) of the line through {count: us} whose relative errors are
    least. A count of 0 is another case: nobody is written to."""
    points = {n: us for n, us in points.items() if n}
    weights = {n: us ** -2 for n, us in points.items()}
    total = sum(weights.values())
    mean_n = sum(w * n for n, w in weights.items()) / total
    mean_us = sum(w * points[n] for n, w in weights.items()) / total
    each = (sum(w * (n - mean_n) * (points[n] - mean_us)
                for n, w in weights.items())
            / sum(w * (n - mean_n) ** 2 for n, w in weights.items()))
    return mean_us - each * mean_n, each


def between(sizes, size):
    """The figure for a size, of those measured: {size: figure}."""
    (small, low), (large, high) = sorted(sizes.items())
    return low + (high - low) * (size - small) / (large - small)


class Points:
    """Medians of what bench/scale.py measured."""

    def __init__(self, record):
        self.points = record["points"]

    def of(self, name, **where):
        """{(size, readers): median} of all points that are so."""
        return {(p.get("size"), p.get("readers")):
                statistics.median(p["figures"]) for p in self.points
                if p["name"] == name
                and all(p.get(k) == v for k, v in where.items())}

    def values(self, name, key):
        """What the points have as `key`, in order."""
        return sorted({p[key] for p in self.points if p["name"] == name})

    def figure(self, name, **where):
        found, = self.of(name, **where).values()
        return found

    def range(self, name, **where):
        """The least and the most of the windows of one point."""
        figures, = [p["figures"] for p in self.points if p["name"] == name
                    and all(p.get(k) == v for k, v in where.items())]
        return min(figures), max(figures)

    def _each_way(self, make):
        return Cost(*(make(how) for how in ("alone", "busy")))

    def sized(self, name, size, **where):
        """Of a thing that has a size."""
        return self._each_way(lambda how: between(
            {s: us for (s, _), us in
             self.of(name, how=how, **where).items()}, size))

    def line(self, name, size):
        """(base, each reader) of a thing that readers get."""
        def fit(how, part):
            points = self.of(name, how=how)
            return between(
                {s: fitted({n: us for (is_size, n), us in points.items()
                            if is_size == s})[part]
                 for s in {s for s, _ in points}}, size)
        return tuple(self._each_way(lambda how, part=part: fit(how, part))
                     for part in (0, 1))

    def plain(self, name):
        """Of a thing without a size."""
        return self._each_way(lambda how: self.figure(name, how=how))


class Rows:
    """Medians of bench/run.py, by scenario and server."""

    def __init__(self, record):
        self.rows = {(s["name"], row["server"]): row["figure"]
                     for s in record["scenarios"] for row in s["summary"]}

    def cost(self, alone, busy, server="roomcast"):
        return Cost(self.rows[alone, server], self.rows[busy, server])

    def figure(self, scenario, server="roomcast"):
        return self.rows[scenario, server]


@dataclasses.dataclass(frozen=True)
class Coefficients:
    """For messages of one size; CPU in us, memory in bytes."""

    size: int
    # Redis
    publish: Cost      # one message that somebody hears
    reader: Cost       # each connection that it is written to
    shard_publish: Cost  # the same by SPUBLISH
    shard_reader: Cost
    bus: Cost          # the same message, at another node of a cluster
    add: Cost          # an entry of a stream that somebody reads
    follower: Cost     # each gateway that reads it
    subscribe: Cost    # a room's channel, coming or going
    again: float       # the same, 200 a command
    channel: float     # bytes of a room's channel
    subscriber: float  # bytes of each further gateway on it
    # gateways
    nobody: Cost       # a message that is for nobody there
    entry: Cost        # an entry of a stream that is for nobody there
    member: Cost       # a message with one member there, and its delivery
    delivery: Cost     # to each further member
    ping: Cost         # and its pong
    handshake: Cost    # with a token, HS256
    own_room: Cost     # beyond that, when nobody was in the room yet
    connection: float  # bytes
    room: float        # bytes of a room
    tls: float         # bytes of a connection with TLS
    kernel: float      # bytes of a socket


def coefficients(scale, run, size):
    """Of the records of both programs."""
    points, rows = Points(scale), Rows(run)
    publish, reader = points.line("publish", size)
    shard_publish, shard_reader = points.line("spublish", size)
    add, follower = points.line("xadd", size)
    own_room = max(points.figure("arrival own room")
                   - points.figure("arrival"), 0)
    shared = rows.figure("memory-10k")
    return Coefficients(
        size=size, publish=publish, reader=reader,
        shard_publish=shard_publish, shard_reader=shard_reader,
        bus=points.sized("cluster elsewhere", size, readers=0),
        add=add, follower=follower,
        subscribe=points.plain("subscribe"),
        again=points.figure("subscribe again"),
        channel=points.figure("channel bytes"),
        subscriber=points.figure("subscriber bytes"),
        nobody=points.sized("nobody", size),
        entry=points.sized("xadd gateway", size, readers=1),
        member=rows.cost("rooms-paced", "rooms-flat", "roomcast-redis"),
        delivery=rows.cost("paced-1k", "paced-1k-100"),
        ping=Cost(*[rows.figure("ping")] * 2),
        handshake=Cost(*[rows.figure("handshake", "hs256")] * 2),
        own_room=Cost(own_room, own_room),
        connection=shared, room=rows.figure("memory-rooms") - shared,
        tls=rows.figure("memory-tls", "tls-ecdsa"),
        kernel=points.figure("kernel bytes"))
