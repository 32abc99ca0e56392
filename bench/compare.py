#!/usr/bin/python3
"""Measure roomcast, the bare loop and the peers that packages can bring, all
with the same client on the same processors. See docs/performance.md.

    bench/compare.py [--only CASE ...] [--servers NAME ...]
                     [--rounds N] [--out [FILE]] [--install]

A peer that cannot be installed is skipped, and the reason recorded. Exit
status 1 when roomcast or the bare loop failed or lost anything."""

import argparse
import datetime
import os
import subprocess
import sys

from peers import install
from peers.cases import CASES, WARM_UP
from peers.contenders import CONTENDERS
from report.progress import note
from report.record import RESULTS, commit, machine, save
from report.summary import faults_of
from rig.client import LOAD, run_client
from rig.servers import Failed, Surroundings

LOAD_TIMEOUT_S = 60
OURS = ("bare", "roomcast", "roomcast-redis")
COLUMNS = (  # of what is printed: heading, path in the report, format
    ("us/delivery", ("cpu_us_per_delivery",), "{:.2f}"),
    ("k/CPU-s", ("deliveries_per_cpu_s",), "{:.0f}"),
    ("frames/read", ("frames_per_read",), "{:.2f}"),
    ("p50 ms", ("latency_ms", "p50"), "{:.2f}"),
    ("p99 ms", ("latency_ms", "p99"), "{:.2f}"),
    ("us/handshake", ("cpu_us_per_handshake",), "{:.1f}"),
    ("B/connection", ("bytes_per_connection",), "{:.0f}"),
)


def prepare(names):
    """Install what is missing; for each name its record for the results."""
    for name in names:
        title, _, install_it = CONTENDERS[name]
        record = {"name": name, "title": title, "versions": {},
                  "skipped": None}
        note(f"install {name}")
        try:
            if install_it:
                record["versions"] = install_it()
        except install.Unavailable as error:
            record["skipped"] = str(error)
        note("")
        print(f"{title}:", record["skipped"] and
              f"skipped: {record['skipped']}" or ", ".join(
                  f"{k} {v}" for k, v in record["versions"].items()) or "here")
        yield record


def run_load(server, load, publishes, cpu):
    """One run of the load client; its report."""
    return run_client([LOAD], server, load, publishes, cpu, LOAD_TIMEOUT_S)


def measure(case, name, around):
    """One run: the client's report, or what went wrong."""
    kind = CONTENDERS[name][1]
    try:
        with kind(case["load"]["connections"], around) as server:
            if case["publishes"]:
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


def run_case(case, rounds, names, around):
    """All rounds of all contenders; another begins each round."""
    runs = {name: [] for name in names}
    print(f"\n{case['title']}")
    for number in range(min(rounds, case["rounds"])):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            note(f"{case['name']}, round {number + 1}: {name}")
            report = measure(case, name, around)
            print_report(name, report)
            runs[name].append(report)
    return {**case, "runs": runs}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    names = [c["name"] for c in CASES]
    parser.add_argument("--only", nargs="+", choices=names, default=names,
                        metavar="CASE", help=", ".join(names))
    parser.add_argument("--servers", nargs="+", choices=list(CONTENDERS),
                        default=list(CONTENDERS), metavar="NAME",
                        help=", ".join(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=3)
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
    cpus = (sorted(os.sched_getaffinity(0)) + [None, None])[:2]
    if cpus[1] is None:
        cpus = [None, None]
    around = Surroundings(None, *cpus)
    record = {"date": now.isoformat(timespec="seconds"), "commit": commit(),
              "machine": machine(), "rounds": arguments.rounds,
              "peers": peers, "cases": []}
    for case in CASES:
        if case["name"] in arguments.only:
            record["cases"].append(
                run_case(case, arguments.rounds, names, around))
    if arguments.out is not None:
        save(arguments.out or os.path.join(
            RESULTS, f"peers-{now:%Y-%m-%d}.json"), record)
    return 0 if is_sound(record) else 1


if __name__ == "__main__":
    sys.exit(main())
