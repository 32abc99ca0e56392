#!/usr/bin/python3
"""Measure roomcast, the bare loop and the peers that packages can bring, all
with the same client on the same processors. See docs/performance.md.

    bench/compare.py [--only CASE ...] [--servers NAME ...] [--rounds N]
                     [--close-rounds N] [--out [FILE]] [--install]

For one server or one case, beside the bare loop:

    bench/compare.py --servers bare roomcast nchan
    bench/compare.py --only flat-1k tls-flat --rounds 1

Rounds are interleaved: each runs every server once. A server whose median is
within 30 % of roomcast's in a case runs seven rounds of it, and so do roomcast
and the bare loop then. A peer that cannot be installed is skipped, and the
reason recorded. Exit status 1 when roomcast or the bare loop failed or lost
anything."""

import argparse
import datetime
import os
import statistics
import subprocess
import sys
import tempfile

from peers import install
from peers.cases import CASES, WARM_UP
from peers.contenders import CONTENDERS
from report.progress import note
from report.record import RESULTS, commit, machine, save
from report.summary import faults_of
from rig.client import LOAD, run_client
from rig.servers import Failed, surroundings

LOAD_TIMEOUT_S = 60
CLOSE = 1.3  # times roomcast's figure, or by this less
OURS = ("bare", "roomcast", "roomcast-redis")
COLUMNS = (  # of what is printed: heading, path in the report, format
    ("us/delivery", ("cpu_us_per_delivery",), "{:.2f}"),
    ("/CPU-s", ("deliveries_per_cpu_s",), "{:.0f}"),
    ("frames/read", ("frames_per_read",), "{:.2f}"),
    ("p50 ms", ("latency_ms", "p50"), "{:.2f}"),
    ("p99 ms", ("latency_ms", "p99"), "{:.2f}"),
    ("us/handshake", ("cpu_us_per_handshake",), "{:.1f}"),
    ("B/connection", ("bytes_per_connection",), "{:.0f}"),
)


def prepare(names):
    """Install what is missing; for each name its record for the results."""
    for name in names:
        contender = CONTENDERS[name]
        record = {"name": name, "title": contender.title,
                  "like": contender.like, "versions": {}, "skipped": None}
        note(f"install {name}")
        try:
            if contender.install:
                record["versions"] = contender.install()
        except install.Unavailable as error:
            record["skipped"] = str(error)
        note("")
        print(f"{contender.title}:", record["skipped"] and
              f"skipped: {record['skipped']}" or ", ".join(
                  f"{k} {v}" for k, v in record["versions"].items()) or "here")
        yield record


def run_load(server, load, publishes, cpu):
    """One run of the load client; its report."""
    return run_client([LOAD], server, load, publishes, cpu, LOAD_TIMEOUT_S)


def measure(case, name, around):
    """One run: the client's report, or what went wrong."""
    kind = CONTENDERS[name].tls if case["tls"] else CONTENDERS[name].kind
    try:
        with kind(case["load"]["connections"], around) as server:
            if case["publishes"] and CONTENDERS[name].warms_up:
                run_load(server, WARM_UP, True, around.client_cpu)
            return run_load(server, case["load"], case["publishes"],
                            around.client_cpu)
    except subprocess.TimeoutExpired:
        return {"failed": f"no end after {LOAD_TIMEOUT_S} s"}
    except Failed as error:
        return {"failed": str(error).splitlines()[-1]}


def dig(report, path):
    for key in path:
        report = report.get(key, {})
    return report


def print_report(name, report):
    """One line of progress that stays."""
    if "failed" in report:
        cells = [report["failed"]]
    else:
        cells = [f"{form.format(value)} {heading}"
                 for heading, path, form in COLUMNS
                 if isinstance(value := dig(report, path), (int, float))]
        cells.append(faults_of([report]) or "no faults")
    note("")
    print(f"  {name:15}", "  ".join(cells), flush=True)


def takes_part(case, name):
    """Whether this server is measured in this case."""
    has_tls = CONTENDERS[name].tls is not None
    return has_tls or not case["tls"] and (
        name == "bare" or not case["tls_speakers"])


def run_round(case, names, around, runs):
    """Each of them once, another one first than in the round before."""
    turn = len(runs[names[0]])
    first = turn % len(names)
    for name in names[first:] + names[:first]:
        note(f"{case['name']}, round {turn + 1}: {name}")
        report = measure(case, name, around)
        print_report(name, report)
        runs[name].append(report)


def close_ones(case, runs):
    """Who is so near to roomcast that more rounds have to tell; with those
    two that all are compared to."""
    medians = {name: statistics.median(found) for name, reports in runs.items()
               if (found := [r[case["figure"]] for r in reports
                             if r.get(case["figure"])])}
    ours = medians.get("roomcast")
    near = [name for name, median in medians.items()
            if ours and 1 / CLOSE < median / ours < CLOSE]
    if near in ([], ["roomcast"]):
        return []
    return [name for name in runs if name in (*near, "bare")]


def run_case(case, arguments, names, around):
    """All rounds of all contenders, then those of the close ones."""
    names = [name for name in names if takes_part(case, name)]
    runs = {name: [] for name in names}
    print(f"\n{case['title']}")
    if not names:
        return {**case, "runs": runs}
    for _ in range(min(arguments.rounds, case["rounds"])):
        run_round(case, names, around, runs)
    close = close_ones(case, runs) if case["figure"] else []
    while close and len(runs[close[0]]) < arguments.close_rounds:
        run_round(case, close, around, runs)
    return {**case, "runs": runs}


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n", 1)[0],
        epilog=__doc__.split("\n\n", 2)[2],
        formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [c["name"] for c in CASES]
    parser.add_argument("--only", nargs="+", choices=names, default=names,
                        metavar="CASE", help=", ".join(names))
    parser.add_argument("--servers", nargs="+", choices=list(CONTENDERS),
                        default=list(CONTENDERS), metavar="NAME",
                        help=", ".join(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=3, metavar="N",
                        help="of each case, at most (%(default)s)")
    parser.add_argument("--close-rounds", type=int, default=7, metavar="N",
                        help="of servers that are close to roomcast "
                        "(%(default)s); 0: no more than of others")
    parser.add_argument("--install", action="store_true",
                        help="only install what is missing")
    parser.add_argument("--out", nargs="?", const="", metavar="FILE",
                        help="write all figures as JSON, by default to "
                        "bench/results/peers-DATE.json")
    return parser.parse_args()


def is_sound(record):
    """Whether ours did all they should."""
    return not any("failed" in report or faults_of([report])
                   for case in record["cases"]
                   for name, reports in case["runs"].items() if name in OURS
                   for report in reports)


def main():
    arguments = parse_arguments()
    now = datetime.datetime.now(datetime.timezone.utc)
    peers = list(prepare(arguments.servers))
    if arguments.install:
        return 0
    names = [peer["name"] for peer in peers if not peer["skipped"]]
    record = {"date": now.isoformat(timespec="seconds"), "commit": commit(),
              "machine": machine(), "rounds": arguments.rounds,
              "close_rounds": arguments.close_rounds,
              "peers": peers, "cases": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        around = surroundings(folder)
        for case in CASES:
            if case["name"] in arguments.only:
                record["cases"].append(
                    run_case(case, arguments, names, around))
    if arguments.out is not None:
        save(arguments.out or os.path.join(
            RESULTS, f"peers-{now:%Y-%m-%d}.json"), record)
    return 0 if is_sound(record) else 1


if __name__ == "__main__":
    sys.exit(main())
