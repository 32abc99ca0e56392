#!/usr/bin/python3
"""Measure roomcast against a bare loop of send(): starts both in turn, runs
the load client against them, prints a table. See bench/README.md.

    bench/run.py [--only NAME ...] [--group NAME] [--servers NAME ...]
                 [--rounds N] [--out [FILE]]

Standard library and the openssl command only. Exit status 1 when a message
was lost, doubled or out of order anywhere, or a process failed."""

import argparse
import datetime
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from report.goals import print_goals
from report.progress import note
from report.record import RESULTS, commit, machine, save
from report.summary import KINDS, comparable_rounds, print_rows, summarise
from rig.admission import SERVERS
from rig.client import LOAD, run_client
from rig.servers import ROOT, Failed, surroundings
from scenarios import SCENARIOS, title_of

RESERVED_FILES = 200  # of the limit, for all that is not a member's socket
LOAD_TIMEOUT_S = 180
ROUNDS = 3
EXTRA_ROUNDS = 2  # for those that turn out not to be comparable


def resolve(scenario):
    """The scenario with the number of members that this machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    load = dict(scenario["load"])
    if hard != resource.RLIM_INFINITY:
        usable = max((hard - RESERVED_FILES) // 1000 * 1000, 100)
        for key in ("connections", "rooms", "arrivals"):
            if key in load:
                load[key] = min(load[key], usable)
    return {**scenario, "load": load, "title": title_of(scenario, load)}


def client_of(scenario):
    """The command of the scenario's client, without its options."""
    if "program" in scenario:
        return [sys.executable, os.path.join(ROOT, scenario["program"])]
    return [LOAD]


def run_load(server, scenario, cpu):
    """One run of the scenario's client; its report."""
    try:
        return run_client(client_of(scenario), server, scenario["load"],
                          KINDS[scenario["show"]].publishes, cpu,
                          LOAD_TIMEOUT_S)
    except Failed as error:
        raise Failed(f"load: {error}\n{server.log_text()}") from None


def members_of(scenario):
    """All connections that the server is to hold at a time."""
    return scenario["load"]["connections"] + scenario["load"].get("arrivals", 0)


def is_there(name):
    """Whether what the server needs is installed."""
    program = SERVERS[name].program_needed
    if program is None or shutil.which(program):
        return True
    print(f"{name} is left out: there is no {program}", file=sys.stderr)
    return False


def run_round(scenario, names, around):
    """Each server once, in this order; its report by its name."""
    reports = {}
    for name in names:
        note(f"{scenario['name']}: {name}")
        with SERVERS[name](members_of(scenario), around,
                           scenario.get("conf")) as server:
            reports[name] = run_load(server, scenario, around.client_cpu)
    return reports


def run_scenario(scenario, rounds, names, around):
    """All rounds; a list of reports for each server. Another server begins
    each round, so that none is always behind the same one."""
    results = {name: [] for name in names}
    for number in range(rounds + EXTRA_ROUNDS):
        if number >= rounds and comparable_rounds(scenario, results) >= rounds:
            break
        turn = number % len(names)
        reports = run_round(scenario, names[turn:] + names[:turn], around)
        for name, report in reports.items():
            results[name].append(report)
    return results


def note_end(scenario, start):
    """What has been run: a line each, for logs too."""
    note("")
    print(f"{scenario['name']}: {time.monotonic() - start:.0f} s",
          file=sys.stderr, flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    names = [s["name"] for s in SCENARIOS]
    groups = sorted({s["group"] for s in SCENARIOS})
    parser.add_argument("--only", nargs="+", choices=names, default=names,
                        metavar="SCENARIO", help=", ".join(names))
    parser.add_argument("--group", choices=groups,
                        help="run the scenarios of this group")
    parser.add_argument("--servers", nargs="+", choices=list(SERVERS),
                        default=list(SERVERS), metavar="SERVER",
                        help=", ".join(SERVERS))
    parser.add_argument("--rounds", type=int, help="of each scenario; by "
                        f"default its own, mostly {ROUNDS}")
    parser.add_argument("--out", nargs="?", const="", metavar="FILE",
                        help="write all figures as JSON, by default to "
                        "bench/results/DATE.json")
    return parser.parse_args()


def selected(arguments):
    """The scenarios that were asked for, each with its servers."""
    for scenario in SCENARIOS:
        names = [n for n in scenario["servers"]
                 if n in arguments.servers and is_there(n)]
        if scenario["name"] in arguments.only and names and \
                arguments.group in (None, scenario["group"]):
            yield resolve(scenario), names


def run_all(arguments, around):
    """Run and print what is selected; a record of each scenario."""
    for scenario, names in selected(arguments):
        rounds = arguments.rounds or scenario.get("rounds", ROUNDS)
        start = time.monotonic()
        results = run_scenario(scenario, rounds, names, around)
        rows = summarise(scenario, results)
        note_end(scenario, start)
        print_rows(scenario, rows)
        yield {**scenario, "summary": rows, "runs": results}


def main():
    arguments = parse_arguments()
    now = datetime.datetime.now(datetime.timezone.utc)
    record = {"date": now.isoformat(timespec="seconds"), "commit": commit(),
              "machine": machine(), "rounds": arguments.rounds or ROUNDS}
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            around = surroundings(folder)
            print("one processor for server and client"
                  if around.server_cpu is None else
                  f"server on processor {around.server_cpu}, "
                  f"client on {around.client_cpu}",
                  "medians of all rounds", sep="; ")
            record["scenarios"] = list(run_all(arguments, around))
            print_goals(record)
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    if arguments.out is not None:
        stamp = now.strftime("%Y-%m-%dT%H%M%SZ")
        save(arguments.out or os.path.join(RESULTS, f"{stamp}.json"), record)
    has_faults = any(row["faults"] for scenario in record["scenarios"]
                     for row in scenario["summary"])
    return 1 if has_faults else 0


if __name__ == "__main__":
    sys.exit(main())
