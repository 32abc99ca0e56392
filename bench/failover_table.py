#!/usr/bin/python3
"""Figures of bench/failover as Markdown.

    bench/failover_table.py [--check] [RESULTS.json]

Writes the table into docs/redis.md; with --check only says whether it is
current, and exits with 1 if not. Without a file, the newest of
bench/results/failover-*.json."""

import argparse
import glob
import json
import os
import statistics

from report.marked import update, with_part
from report.record import RESULTS
from rig.servers import ROOT
from table import table

PAGE = os.path.join(ROOT, "docs", "redis.md")
HEADINGS = ["what happens", "messages", "nothing is heard, s", "deaf, s",
            "lost", "refused", "a gap is told", "503, s"]


def middle_and_worst(values, form):
    return (f"{statistics.median(values):{form}} "
            f"({max(values):{form}})")


def cells(row):
    runs = row["runs"]

    def of(key, form):
        return middle_and_worst([run[key] for run in runs], form)

    told = sum(run["gaps"] > 0 for run in runs)
    return [row["what"], row["how"], of("silence_s", ".2f"),
            of("deaf_s", ".2f"), of("lost", ".0f"), of("refused", ".0f"),
            f"{told} of {len(runs)}", of("not_ready_s", ".2f")]


def origin(record):
    machine = record["machine"]
    return (f"Measured {record['date'][:10]} at {record['commit'] or '?'}, "
            f"medians (and worst), on {machine['processor']}, "
            f"{machine['processors']} processors, Linux {machine['kernel']}; "
            f"load before: {machine['load']:.2f}.")


def lines_of(record):
    yield origin(record)
    yield ""
    yield from table(HEADINGS, map(cells, record["rows"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("results", nargs="?", metavar="RESULTS.json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    newest = sorted(glob.glob(os.path.join(RESULTS, "failover-*.json")))[-1:]
    (path,) = [arguments.results] if arguments.results else newest
    with open(path, encoding="utf-8") as file:
        text = "\n".join(lines_of(json.load(file)))
    update([(PAGE, with_part(PAGE, "failover_table.py", text))],
           arguments.check, "bench/failover_table.py writes it")


if __name__ == "__main__":
    main()
