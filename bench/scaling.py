#!/usr/bin/python3
"""The tables of docs/scaling.md, and the same for a load of your own.

    bench/scaling.py [--check]
    bench/scaling.py --connections N [--rooms N] [--members N] [--every S]
                     [--stay S] [--size BYTES] [--way room|send|stream]

Without a load it writes the tables into docs/scaling.md; with --check it only
says whether they are current, and exits with 1 if not. The coefficients are
those of the newest results of bench/scale.py and of those of bench/run.py that
were taken beside them, on the same machine; the formulas are in
report/scaling.py."""

import argparse
import glob
import json
import os

from report import scaling
from report.coefficients import Points, coefficients, usage
from report.marked import update, with_part
from report.record import RESULTS
from report.scaling import Gateway, Load, Server, binding
from report.tables import table
from rig.servers import ROOT

PAGE = os.path.join(ROOT, "docs", "scaling.md")
SIZES = (100, 1024)
CONNECTIONS = (100_000, 1_000_000, 10_000_000, 100_000_000)
EVERYBODY = None
BITS = ("Mbit/s", "Gbit/s", "Tbit/s")

SCENARIOS = [  # title, members of a room, what else is so
    ("Chat, by room channels", 20,
     {"rooms_each": 5, "period_s": 60, "stay_s": 1800}),
    ("The same chat, by `roomcast:send`", 20,
     {"rooms_each": 5, "period_s": 60, "stay_s": 1800, "way": "send"}),
    ("The same chat, by a stream: nothing lost", 20,
     {"rooms_each": 5, "period_s": 60, "stay_s": 1800, "way": "stream"}),
    ("Notifications: a room for each user", 1,
     {"rooms_each": 1, "period_s": 300, "stay_s": 1800}),
    ("A live event: everybody in one room", EVERYBODY,
     {"rooms_each": 1, "period_s": 0.5, "stay_s": 600}),
]

KINDS = {  # what may carry a way's messages; the first one is the simplest
    "room": ("sources", "sharded"),
    "send": ("sources", "classic"),
    "stream": ("stream",),
}
TITLES = {"sources": "several sources", "sharded": "cluster, `sharded: true`",
          "classic": "cluster, classic channels", "stream": "a stream"}

ROWS = [  # name, what it is, unit: see report/coefficients.py
    ("publish", "Redis: `PUBLISH` that somebody hears", "µs"),
    ("reader", "Redis: each gateway that it is written to", "µs"),
    ("shard_publish", "Redis: `SPUBLISH` that somebody hears; nothing at the "
     "other masters", "µs"),
    ("shard_reader", "Redis: each gateway that it is written to", "µs"),
    ("bus", "Redis: a classic `PUBLISH` at each other node of the cluster",
     "µs"),
    ("add", "Redis: `XADD` with `MAXLEN ~` that somebody reads", "µs"),
    ("follower", "Redis: each gateway that reads the stream", "µs"),
    ("subscribe", "Redis: a room's channel, subscribed or left", "µs"),
    ("again", "Redis: the same after a failover, 200 a command", "µs"),
    ("channel", "Redis: a room's channel that a gateway has", "B"),
    ("subscriber", "Redis: each further gateway that has it", "B"),
    ("nobody", "gateway: a message that is for nobody there", "µs"),
    ("entry", "gateway: a stream's entry that is for nobody there", "µs"),
    ("member", "gateway: a message with one member there, delivered", "µs"),
    ("delivery", "gateway: to each further member", "µs"),
    ("ping", "gateway: a ping and its pong", "µs"),
    ("handshake", "gateway: a client that comes, with a token (HS256)", "µs"),
    ("own_room", "gateway: and into a room in which nobody was", "µs"),
    ("connection", "gateway: memory of a connection", "B"),
    ("tls", "gateway: the same with TLS", "B"),
    ("room", "gateway: memory of a room", "B"),
    ("kernel", "kernel: memory of an idle socket", "B"),
]


def read(pattern):
    """The newest of these results."""
    with open(sorted(glob.glob(os.path.join(RESULTS, pattern)))[-1],
              encoding="utf-8") as file:
        return json.load(file)


def number(value):
    """With as many digits as say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def amount(value, units=("B", "kB", "MB", "GB", "TB")):
    for unit in units:
        if value < 1000 or unit == units[-1]:
            return f"{number(value)} {unit}"
        value /= 1000


def seconds(value):
    return f"{value:.2g} s" if value >= 0.01 else "< 0.01 s"


def cell(value):
    """A coefficient, or both of a cost."""
    if isinstance(value, (int, float)):
        return [f"{value:,.0f}" if value >= 10 else f"{value:.2f}"] * 2
    return [f"{way:.1f}" if way >= 10 else f"{way:.2f}"
            for way in (value.alone, value.busy)]


def coefficient_rows(costs):
    for name, what, unit in ROWS:
        both = [cell(getattr(each, name)) for each in costs]
        alone, busy = (
            " / ".join(dict.fromkeys(ways)) for ways in zip(*both))
        yield [f"`{name}`", what, unit, alone, busy if busy != alone else ""]


def coefficient_table(costs):
    yield "| name | what | | alone | busy |"
    yield "| --- | --- | --- | ---: | ---: |"
    for row in coefficient_rows(costs):
        yield "| " + " | ".join(row) + " |"


def limit_of(part):
    name, used = binding(part)
    return f"{name}, {used:,.0%}"


def too_much(part, columns):
    """Cells that say so."""
    return ["none is enough", limit_of(part), *["–"] * (columns - 2)]


def gateway_row(load, costs, count):
    least = scaling.gateways_least(load)
    if count is None:
        return too_much(Gateway(load, costs, least), len(GATEWAY_COLUMNS))
    gateway = Gateway(load, costs, count)
    others = (count - 1) * scaling.CORES
    back_s = gateway.connections * costs.handshake.busy / 1e6 / others
    return [f"{count:,}", limit_of(gateway), f"{gateway.cores:.1f}",
            amount(gateway.memory), amount(gateway.network * 8 / 1e6, BITS),
            f"{gateway.connections:,.0f}", seconds(back_s)]


GATEWAY_COLUMNS = ["gateways", "nearest limit", "cores busy of 8", "memory",
                   "out of each", "one dies: clients that come back",
                   "CPU of the others"]
SERVER_COLUMNS = ["Redis", "servers", "nearest limit", "thread busy",
                  "subscriptions of each", "out of each",
                  "one dies: of the messages", "subscribed again in"]


def server_row(load, costs, gateways, kind, count):
    server = Server(load, costs, gateways, kind, count)
    title = TITLES[kind] if count > 1 or kind == "stream" else "one server"
    return [title, f"{count:,}", limit_of(server), f"{usage(server.work):.0%}",
            f"{server.subscriptions:,.0f}, {amount(server.memory)}"
            if server.subscriptions else "–",
            amount(server.network * 8 / 1e6, BITS),
            "all" if count == 1 else f"1/{count}", seconds(server.again_s)]


def server_rows(load, costs, gateways):
    """One where one server will do, else one for each kind."""
    for kind in KINDS[load.way]:
        count = scaling.servers_for(load, costs, gateways, kind)
        if count is None:
            most = scaling.SERVERS_MAX[kind]
            yield [TITLES[kind], *too_much(
                Server(load, costs, gateways, kind, most),
                len(SERVER_COLUMNS) - 1)]
        else:
            yield server_row(load, costs, gateways, kind, count)
        if count == 1:
            return


def tables(loads, costs):
    gateways = [scaling.gateways_for(load, costs) for load in loads]
    head = ["connections"]
    yield from table(
        head + ["messages/s", "deliveries/s"] + GATEWAY_COLUMNS,
        [[f"{load.connections:,}", number(load.messages),
          number(load.deliveries), *gateway_row(load, costs, count)]
         for load, count in zip(loads, gateways)])
    yield ""
    yield from table(
        head + SERVER_COLUMNS,
        [[f"{load.connections:,}", *row]
         for load, count in zip(loads, gateways)
         for row in server_rows(
             load, costs, count or scaling.gateways_least(load))])


def scenario(members, rest, costs):
    loads = [Load(connections=n, members=members or n, **rest)
             for n in CONNECTIONS]
    return tables(loads, costs)


TRIALS = [  # form, other subscribers, Redis servers, what it is
    ("envelope", 0, 1, "`roomcast:send`"),
    ("envelope", 16, 1, "the same, beside 16 other subscribers"),
    ("envelope", 0, 2, "`roomcast:send`, two sources"),
    ("room", 0, 1, "room channels"),
    ("room", 0, 2, "room channels, two sources"),
]
TRIAL_GATEWAYS = 3
TRIAL_MEMBERS = 3
TRIAL_SIZE = 128


def expected(costs, way, rate, readers, servers):
    """Percent of a thread that the first Redis and a gateway should use, where
    each gateway has rooms of its own with `rate` messages a second, which go
    to the servers in turn."""
    here = len(range(0, TRIAL_GATEWAYS, servers))
    heard_by = TRIAL_GATEWAYS if way == "envelope" else 1
    redis = (costs.publish + costs.reader * (heard_by + readers)) \
        * (rate * here)
    gateway = (costs.member + costs.delivery * (TRIAL_MEMBERS - 1)
               + costs.nobody * (heard_by - 1)) * rate
    return 100 * usage(redis), 100 * usage(gateway)


def trial_row(points, costs, trial, rate):
    way, readers, servers, title = trial
    row = [title, f"{TRIAL_GATEWAYS * rate:,}"]
    for name, model in zip(("mixed redis", "mixed gateway"),
                           expected(costs, way, rate, readers, servers)):
        where = {"way": way, "rate": rate, "readers": readers,
                 "servers": servers}
        found, (low, high) = points.figure(name, **where), \
            points.range(name, **where)
        row += [f"{model:.1f}", f"{found:.1f} ({low:.1f}–{high:.1f})",
                f"{model / found - 1:+.0%}"]
    return row


def trial_table(scale, run):
    """The points that were run with all parts together."""
    costs, points = coefficients(scale, run, TRIAL_SIZE), Points(scale)
    yield from table(
        ["way", "messages/s", "Redis: model", "measured (min–max)", "error",
         "a gateway: model", "measured (min–max)", "error"],
        [trial_row(points, costs, trial, rate) for trial in TRIALS
         for rate in points.values("mixed redis", "rate")])


def origin(record):
    machine = record["machine"]
    return (f"Measured {record['date'][:10]} at {record['commit']} on "
            f"{machine['processor']}, {machine['processors']} processors, "
            f"Linux {machine['kernel']}, medians; load before: "
            f"{machine['load']:.2f}. Two figures are for {SIZES[0]} and "
            f"{SIZES[1]} bytes.")


def text_of(scale, run):
    costs = coefficients(scale, run, Load.size)
    yield origin(scale)
    yield ""
    yield from coefficient_table([coefficients(scale, run, size)
                                  for size in SIZES])
    yield ""
    yield ("How many percent of a processor Redis and a gateway use in the "
           "trial: three gateways, each with 200 rooms of three members, 128 "
           "bytes. Of two sources it is the one with two thirds of the "
           "messages.")
    yield ""
    yield from trial_table(scale, run)
    for title, members, rest in SCENARIOS:
        yield ""
        yield f"### {title}"
        yield ""
        yield from scenario(members, rest, costs)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--connections", type=int)
    parser.add_argument("--rooms", type=float, default=1,
                        help="of a connection (1)")
    parser.add_argument("--members", type=float, default=1,
                        help="of a room (1)")
    parser.add_argument("--every", type=float, default=60, metavar="S",
                        help="seconds between two messages of a room (60)")
    parser.add_argument("--stay", type=float, default=1800, metavar="S",
                        help="seconds that a connection lasts (1800)")
    parser.add_argument("--size", type=int, default=300,
                        help="bytes of a message (300)")
    parser.add_argument("--way", choices=list(KINDS), default="room")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    scale, run = read("scale-*.json"), read("beside-scale-*.json")
    if arguments.connections:
        load = Load(arguments.connections, arguments.rooms, arguments.members,
                    arguments.every, arguments.stay, arguments.size,
                    arguments.way)
        print("\n".join(tables([load], coefficients(scale, run, load.size))))
        return
    text = "\n".join(text_of(scale, run))
    update([(PAGE, with_part(PAGE, "scaling.py", text))], arguments.check,
           "bench/scaling.py writes it")


if __name__ == "__main__":
    main()
