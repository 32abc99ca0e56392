#!/usr/bin/python3
"""What the figures should be, and whether they are.

    bench/report/goals.py RESULTS.json

A goal takes one field of one row of summary.py. "speedup" is the inverse of
the ratio: how many times as many deliveries a CPU-second as the bare loop."""

import json
import sys

GOALS = [  # item, what, scenario, server, field, "<=" or ">=", limit
    (1, "paced, 20/s to 1,000: CPU, times bare", "paced-1k", "roomcast",
     "ratio", "<=", 1.05),
    (1, "the same: p99, times bare", "paced-1k", "roomcast", "p99_ratio",
     "<=", 1.2),
    (1, "paced, 100/s to 1,000: CPU, times bare", "paced-1k-100", "roomcast",
     "ratio", "<=", 1.05),
    (1, "paced, 20/s to 10,000: CPU, times bare", "paced-10k", "roomcast",
     "ratio", "<=", 1.05),
    (2, "flat out, 1,000: deliveries a CPU-second", "flat-1k", "roomcast",
     "per_cpu_s", ">=", 2.0e6),
    (2, "the same, times bare", "flat-1k", "roomcast", "speedup", ">=", 27),
    (2, "flat out, 9,000: deliveries a CPU-second", "flat-9k", "roomcast",
     "per_cpu_s", ">=", 1.5e6),
    (2, "the same, times bare", "flat-9k", "roomcast", "speedup", ">=", 9),
    (2, "50 handshakes meanwhile, 1,000 members: p99 ms", "flat-1k",
     "roomcast", "arrival_p99", "<=", 40),
    (2, "50 handshakes meanwhile, 9,000 members: p99 ms", "flat-9k",
     "roomcast", "arrival_p99", "<=", 40),
    (2, "1,000/s to 1,000: p99 ms", "busy-1k", "roomcast", "p99", "<=", 25),
    (3, "own rooms, 5,000/s: CPU, times bare", "rooms-paced", "roomcast",
     "ratio", "<=", 1.10),
    (3, "own rooms, flat out: CPU, times bare", "rooms-flat", "roomcast",
     "ratio", "<=", 1.10),
    (3, "own rooms, flat out, Redis: CPU, times bare", "rooms-flat",
     "roomcast-redis", "ratio", "<=", 1.10),
    (3, "16 KiB to 1,000: CPU, times bare", "large-16k", "roomcast",
     "ratio", "<=", 1.15),
    (3, "1 MiB to 50: CPU, times bare", "large-1m", "roomcast", "ratio",
     "<=", 1.15),
    (3, "the same: p50, times bare", "large-1m", "roomcast", "p50_ratio",
     "<=", 1.3),
    (3, "200 small ones/s to others meanwhile: p99 ms", "large-beside",
     "roomcast", "p99", "<=", 10),
    (4, "idle, one room: bytes a connection", "memory-10k", "roomcast",
     "figure", "<=", 400),
    (4, "idle, own rooms: bytes a connection", "memory-rooms", "roomcast",
     "figure", "<=", 540),
    (4, "idle, TLS: bytes a connection", "memory-tls", "tls-ecdsa", "figure",
     "<=", 8 * 1024),
    (4, "30 s after a burst: RSS, times before", "burst", "roomcast",
     "figure", "<=", 1.10),
    (4, "join and leave, 100,000 rooms: CPU, times 1,000", "churn",
     "roomcast", "growth", "<=", 1.5),
    (5, "ping and pong: CPU us", "ping", "roomcast", "figure", "<=", 14),
    (5, "most pings in 10 ms, times the mean", "ping", "roomcast",
     "slot_ratio", "<=", 10),
    (6, "handshake: CPU us", "handshake", "roomcast", "figure", "<=", 20),
    (6, "handshake to a room of its own, Redis: CPU, times bare",
     "handshake-rooms", "roomcast-redis", "ratio", "<=", 1.3),
    (6, "10,000 handshakes: s", "storm", "roomcast", "figure", "<=", 1),
    (6, "messages meanwhile: p99 ms", "storm", "roomcast", "meanwhile_p99",
     "<=", 100),
    (7, "JSON of 1 KiB deflated: CPU, times plain", "deflate-1k", "deflate",
     "ratio", "<=", 1.2),
    (8, "20 of 30,000 missed, 9,500 at once: CPU, times plain", "returning",
     "roomcast", "figure", "<=", 2),
    (8, "the same: the last has all after ms", "returning", "roomcast",
     "caught_up_max", "<=", 2000),
    (8, "messages meanwhile: p99 ms", "returning", "roomcast",
     "meanwhile_p99", "<=", 100),
    (8, "a message to 1 that is kept: CPU, times without", "keeping-1",
     "keeping", "ratio", "<=", 1.1),
    (8, "to 1,000 with ids: CPU, times without", "keeping-1k", "ids",
     "ratio", "<=", 1.1),
    (8, "server-sent events: CPU, times WebSocket", "events-1k", "events",
     "ratio", "<=", 1.05),
    (9, "TLS, 64 KiB to 200: CPU, times plain", "tls-64k", "tls-ecdsa",
     "ratio", "<=", 2),
    (9, "TLS, flat out, 1,000: CPU, times plain", "tls-flat", "tls-ecdsa",
     "ratio", "<=", 1.35),
    (9, "TLS, paced, 20/s to 1,000: CPU, times plain", "tls-paced",
     "tls-ecdsa", "ratio", "<=", 1.4),
    (9, "for nobody here, 100 B, 64 a write: CPU us a payload", "nobody-100",
     "roomcast-redis", "figure", "<=", 1),
    (9, "the same, 1 KiB", "nobody-1k", "roomcast-redis", "figure", "<=", 1),
    (9, "the same, 4 KiB", "nobody-4k", "roomcast-redis", "figure", "<=", 1),
]


def measured(scenarios, scenario, server, field):
    """The value, or None when it was not measured."""
    rows = scenarios.get(scenario, {}).get("summary", [])
    row = next((r for r in rows if r["server"] == server), {})
    if field == "speedup":
        return 1 / row["ratio"] if row.get("ratio") else None
    return row.get(field)


def shown(value):
    if value is None:
        return "not measured"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def judged(record):
    """A row of text for each goal: item, what, goal, measured, met."""
    scenarios = {s["name"]: s for s in record["scenarios"]}
    for item, what, scenario, server, field, relation, limit in GOALS:
        value = measured(scenarios, scenario, server, field)
        is_met = value is not None and (
            value <= limit if relation == "<=" else value >= limit)
        verdict = "-" if value is None else "yes" if is_met else "no"
        yield (str(item), what, f"{relation} {shown(limit)}", shown(value),
               verdict)


def print_goals(record):
    rows = [("item", "figure", "goal", "measured", "met"), *judged(record)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for row in rows:
        print(" ", *(cell.ljust(w) for cell, w in zip(row, widths)))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as results:
        print_goals(json.load(results))
