#!/usr/bin/python3
"""What a message, a subscription and a reader cost Redis and the gateway: the
coefficients of docs/scaling.md, by CPU time.

    bench/scale.py [--only CASE ...] [--windows N] [--out [FILE]]

Real servers on this machine: redis-server, alone and as a cluster of three,
and roomcast. Each figure is the median of some windows of about a second,
beyond what an idle server uses; once with commands that come alone, so that
each finds a server asleep, and once from many publishers at a time. See
bench/README.md, "How it scales". Standard library, redis-server and
redis-benchmark."""

import argparse
import concurrent.futures
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile

from rig import resp
from rig.client import LOAD, run_client
from rig.cluster import cluster, owner
from rig.meter import Meter, alone, busy
from rig.readers import Readers
from rig.servers import (Failed, Redis, Roomcast, Surroundings, free_ports,
                         surroundings)
from report.record import RESULTS, commit, machine, save
from report.summary import faults_of

WINDOWS = 5
SIZES = (100, 1024)
SUBSCRIBERS = (0, 1, 4, 16, 64)
GATEWAYS = (0, 1, 2, 4)
SEND = "roomcast:send"
ROOM = "roomcast:room:scale"
STREAM = "roomcast:stream"
NOBODY = '{{"rooms":["nobody"],"message":"{}"}}'
ALONE_RATE = 500
CHANNELS = 100000  # for what a subscription takes in memory
CHURN = 200  # rooms a command
CHURNS = 20  # commands a window
ROOMS = 2000  # of as many clients
REPEAT = 4
MIXED = 3  # gateways
MIXED_ROOMS = 200  # of each
MIXED_MEMBERS = 3
MIXED_WAYS = (  # form, other subscribers, Redis servers
    ("envelope", 0, 1), ("envelope", 16, 1), ("envelope", 0, 2),
    ("room", 0, 1), ("room", 0, 2))
MIXED_RATES = (200, 1000)  # messages a second to the rooms of each


class Gateway(Roomcast):
    """On Redis servers that are there already; its client publishes to one."""

    def __init__(self, around, servers, conf=None, cpu=None, publish_at=0):
        super().__init__(ROOMS, around, conf)
        self.cpu = around.server_cpu if cpu is None else cpu
        self.servers = servers
        self.publish_port = servers[publish_at % len(servers)].port

    @property
    def url(self):
        """Its rooms are not those of another one."""
        return f"ws://127.0.0.1:{self.port}/ws/at-{self.port}-%d"

    def backend(self):
        sources = [{"redis": {"url": f"redis://127.0.0.1:{server.port}"}}
                   for server in self.servers]
        return {"backend": "redis", "sources": sources}


class Bench:
    """Takes the figures of all cases."""

    def __init__(self, around, windows):
        self.around = around
        self.windows = windows
        self.points = []

    def redis(self, cpu=None):
        return Redis(self.around.server_cpu if cpu is None else cpu,
                     free_ports(1)[0])

    def take(self, meter, names, work, **where):
        """A point for each server of the meter, by its name; the first window
        warms up."""
        figures = [meter.each_us(*work) for _ in range(self.windows + 1)][1:]
        for name, us in zip(names, zip(*figures)):
            self.point(name, us, **where)

    def point(self, name, figures, **where):
        self.points.append({"name": name, **where, "figures":
                            [round(f, 3) for f in figures]})
        words = " ".join(f"{k}={v}" for k, v in where.items())
        print(f"{name:24} {words:32} {statistics.median(figures):10.2f}"
              f" ({min(figures):.2f}-{max(figures):.2f})", flush=True)

    def both(self, meter, names, port, parts, count=20000, depth=1, **where):
        """The command alone, and when the server is busy with it."""
        parts = [str(part) for part in parts]
        with resp.Redis(port) as redis:
            self.take(meter, names,
                      alone(redis, resp.encoded(*parts), ALONE_RATE),
                      how="alone", **where)
        self.take(meter, names,
                  busy(port, parts, count, self.around.client_cpu, depth),
                  how="busy", **where)

    def publish_to(self, names, servers, command, channel, listen, counts):
        """Publish at the first of the servers to so many subscribers of it."""
        port = servers[0].port
        greeting = resp.encoded(listen, channel)
        for size in SIZES:
            for count in counts:
                ends = [(port, greeting, b":1\r\n")] * count
                with Readers(ends, self.around.client_cpu):
                    self.both(Meter(servers), names, port,
                              [command, channel, "x" * size],
                              40000 // (1 + count // 2),
                              size=size, readers=count)


def publish(bench):
    """One server."""
    with bench.redis() as redis:
        bench.publish_to(["publish"], [redis], "PUBLISH", SEND, "SUBSCRIBE",
                         SUBSCRIBERS)


def clustered(bench):
    """A cluster of three: classic channels, which all nodes hear, and sharded
    ones, which one does."""
    with cluster(3, bench.around.server_cpu) as nodes:
        bench.publish_to(["cluster publish", "cluster elsewhere"], nodes[:2],
                         "PUBLISH", SEND, "SUBSCRIBE", (0, 16))
        here = owner(nodes, ROOM)
        other = next(node for node in nodes if node is not here)
        bench.publish_to(["spublish", "spublish elsewhere"], [here, other],
                         "SPUBLISH", ROOM, "SSUBSCRIBE", SUBSCRIBERS)


def stream(bench):
    """XADD, and gateways that read the stream."""
    conf = {"history": {"stream": STREAM, "memory": "4MiB"}}
    for count in GATEWAYS:
        with bench.redis() as redis:
            gateways = [Gateway(bench.around, [redis], conf,
                                bench.around.client_cpu)
                        for _ in range(count)]
            _with_all(gateways, lambda: _add(bench, redis, gateways))


def _with_all(entered, work):
    if not entered:
        return work()
    with entered[0]:
        return _with_all(entered[1:], work)


def _add(bench, redis, gateways):
    meter = Meter([redis, *gateways[:1]])
    for size in SIZES:
        bench.both(meter, ["xadd", "xadd gateway"], redis.port,
                   ["XADD", STREAM, "MAXLEN", "~", 10000, "*", ROOM,
                    "x" * size], size=size, readers=len(gateways))


def nobody(bench):
    """What a gateway does with messages on the common channel that are for
    nobody there. Redis has the other processor, and many commands at a time,
    so that it is the gateway that is busy."""
    with bench.redis(bench.around.client_cpu) as redis, \
            Gateway(bench.around, [redis]) as gateway:
        meter = Meter([gateway])
        for size in SIZES:
            bench.both(meter, ["nobody"], redis.port,
                       ["PUBLISH", SEND, NOBODY.format("x" * size)],
                       200000, depth=64, size=size)


def subscriptions(bench):
    """What a room's channel takes of Redis: coming and going, and memory."""
    with bench.redis() as redis, resp.Redis(redis.port) as one, \
            resp.Redis(redis.port) as two:
        meter = Meter([redis])
        for how, work in (
                ("alone", (lambda: _churn(one, 1), 2 * CHURN * CHURNS)),
                ("busy", busy(redis.port, ["-r", "100000", "SUBSCRIBE",
                                           "roomcast:room:__rand_int__"],
                              20000, bench.around.client_cpu))):
            bench.take(meter, ["subscribe"], work, how=how)
        bench.take(meter, ["subscribe again"],
                   (lambda: _churn(one, CHURN), 2 * CHURN * CHURNS))
        memory = [one.info("memory", "used_memory")]
        for subscriber in (one, two):
            _subscribe(subscriber, range(CHANNELS))
            with resp.Redis(redis.port) as asked:
                memory.append(asked.info("memory", "used_memory"))
        for name, before, after in zip(("channel bytes", "subscriber bytes"),
                                       memory, memory[1:]):
            bench.point(name, [(after - before) / CHANNELS])


def _subscribe(redis, numbers, command="SUBSCRIBE"):
    """To so many rooms' channels, CHURN a command."""
    names = [f"roomcast:room:user-{n:08}" for n in numbers]
    for first in range(0, len(names), CHURN):
        part = names[first:first + CHURN]
        redis.send(resp.encoded(command, *part))
        for _ in part:
            redis.reply()


def _churn(redis, size):
    """Come and go, `size` rooms a command."""
    for first in range(0, CHURN * CHURNS, size):
        _subscribe(redis, range(first, first + size))
        _subscribe(redis, range(first, first + size), "UNSUBSCRIBE")


def arrivals(bench):
    """Clients that come into a room of their own, each of which is a
    subscription, beside those of one room."""
    load = {"connections": ROOMS, "parallel": 64, "repeat": REPEAT}
    with bench.redis(bench.around.client_cpu) as redis, \
            Gateway(bench.around, [redis]) as gateway:
        for name, rooms in (("arrival", 1), ("arrival own room", ROOMS)):
            reports = [run_client([LOAD], gateway, {**load, "rooms": rooms},
                                  False, bench.around.client_cpu, 60)
                       for _ in range(bench.windows)]
            bench.point(name, [r["cpu_us_per_handshake"] for r in reports])


def mixed(bench):
    """Three gateways, each with rooms of its own, on one Redis or two sources,
    by both ways and at two rates, also beside other subscribers: what the
    model is held against. How many percent of a processor the first Redis,
    and a gateway, use."""
    for form, readers, servers in MIXED_WAYS:
        for rate in MIXED_RATES:
            found = [_mixed(bench, form, rate, readers, servers)
                     for _ in range(bench.windows)]
            for name, figures in zip(("mixed redis", "mixed gateway"),
                                     zip(*found)):
                bench.point(name, figures, way=form, rate=rate,
                            readers=readers, servers=servers)


def _mixed(bench, form, rate, readers, count):
    load = {"connections": MIXED_ROOMS * MIXED_MEMBERS, "rooms": MIXED_ROOMS,
            "rate": rate, "seconds": 2, "form": form, "random": True,
            "window": 60000}
    anywhere = Surroundings(bench.around.credentials)
    servers = [Redis(None, port) for port in free_ports(count)]
    gateways = [Gateway(anywhere, servers, publish_at=i)
                for i in range(MIXED)]
    return _with_all(servers, lambda: _beside(
        servers[0], readers, lambda: _with_all(
            gateways, lambda: _shares(servers[0], gateways, load))))


def _beside(redis, count, work):
    """With so many subscribers of the common channel."""
    ends = [(redis.port, resp.encoded("SUBSCRIBE", SEND), b":1\r\n")] * count
    with Readers(ends, None):
        return work()


def _shares(redis, gateways, load):
    """In percent; what the clients' coming and going takes is left out."""
    with concurrent.futures.ThreadPoolExecutor(MIXED) as pool:
        def run(**changes):
            before = redis.cpu_s
            reports = list(pool.map(
                lambda gateway: run_client([LOAD], gateway, {**load, **changes},
                                           True, None, 60), gateways))
            return redis.cpu_s - before, reports

        (around, _), (spent, reports) = run(messages=1), run()
    faults = faults_of(reports)
    if faults:
        raise Failed(f"of {MIXED} gateways: {faults}")
    here = [r for r, gateway in zip(reports, gateways)
            if gateway.publish_port == redis.port]
    messages = sum(r["deliveries"] for r in here) / MIXED_MEMBERS
    return (100 * len(here) * load["rate"] * (spent - around) / messages,
            statistics.median(100 * r["cpu_s"] / r["seconds"]
                              for r in reports))


def kernel(bench):
    """What the kernel holds for a connection: of all its memory for tables,
    half of what clients and the gateway add together, as both are here."""
    count = 9000
    conf = {"limits": {"connections": count}}
    with bench.redis() as redis, \
            Gateway(bench.around, [redis], conf) as gateway:
        request = (f"GET /ws/one HTTP/1.1\r\nHost: {gateway.port}\r\n"
                   "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Version: 13\r\n\r\n").encode()
        figures = []
        for _ in range(bench.windows):
            before = _slab()
            with Readers([(gateway.port, request, b"\r\n\r\n")] * count,
                         bench.around.client_cpu):
                figures.append((_slab() - before) / count / 2)
        bench.point("kernel bytes", figures)


def _slab():
    with open("/proc/meminfo", encoding="utf-8") as file:
        fields = dict(line.split(":") for line in file)
    return int(fields["Slab"].split()[0]) << 10


CASES = {case.__name__: case for case in (
    publish, clustered, stream, nobody, subscriptions, arrivals, mixed,
    kernel)}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=list(CASES),
                        default=list(CASES), help="cases to run")
    parser.add_argument("--windows", type=int, default=WINDOWS,
                        help=f"of each figure; {WINDOWS} by default")
    parser.add_argument("--out", nargs="?", const="", metavar="FILE",
                        help="write all figures as JSON, by default to "
                        "bench/results/scale-DATE.json; cases that were not "
                        "run stay as they are there")
    return parser.parse_args()


def merged(path, record):
    """With the points of cases that the file has and this run left out; the
    load is that of the busier run."""
    try:
        with open(path, encoding="utf-8") as file:
            former = json.load(file)
    except FileNotFoundError:
        return record
    names = {point["name"] for point in record["points"]}
    kept = [p for p in former["points"] if p["name"] not in names]
    busier = max(former, record, key=lambda r: r["machine"]["load"])
    return {**record, "machine": busier["machine"],
            "points": kept + record["points"]}


def main():
    arguments = parse_arguments()
    now = datetime.datetime.now(datetime.timezone.utc)
    record = {"date": now.isoformat(timespec="seconds"), "commit": commit(),
              "machine": machine(), "windows": arguments.windows}
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            bench = Bench(surroundings(folder), arguments.windows)
            for name in arguments.only:
                CASES[name](bench)
            record["points"] = bench.points
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"\nscale: {error}", file=sys.stderr)
        return 1
    if arguments.out is not None:
        path = arguments.out or os.path.join(
            RESULTS, f"scale-{now:%Y-%m-%d}.json")
        save(path, merged(path, record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
