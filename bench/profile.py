#!/usr/bin/python3
"""Where the gateway's time goes, as Markdown tables.

    bench/profile.py

Runs the paced (1,000 members at 100/s) and the flat case (1,000, window 64)
under `perf record` by the CPU clock, which needs no hardware counters."""

import collections
import os
import shutil
import subprocess
import sys
import tempfile
import time

from rig.client import LOAD
from rig.servers import Failed, Roomcast, pin, surroundings

SECONDS = 2  # recorded
DELAY_S = 2  # connecting, and the first messages
CASES = [  # title, options of the load client
    ("paced, 100/s to 1,000", ["--rate", "100"]),
    ("flat out, window 64, 1,000", ["--window", "64"]),
]
TOP = 15


def owner(dso):
    """Whose code an object is."""
    for name in ("roomcast", "libc", "libevent"):
        if dso.startswith(name):
            return name
    return "kernel" if dso.startswith("[kernel") else "others"


def report(data, keys):
    """(share, key...) of each line of perf's report."""
    done = subprocess.run(
        ["perf", "report", "-i", data, "--no-children", "--sort", keys, "-g",
         "none", "-t", "|"], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if cells[0].endswith("%"):
            yield float(cells[0][:-1]), *cells[1:]


def record(options, around, data):
    with Roomcast(1000, around) as server:
        with subprocess.Popen(
                [LOAD, "--connections", "1000", "--seconds",
                 str(DELAY_S + SECONDS + 1), *options, "--publish",
                 server.publish_url, server.url],
                stdout=subprocess.DEVNULL,
                preexec_fn=lambda: pin(around.client_cpu)) as load:
            time.sleep(DELAY_S)
            done = subprocess.run(
                ["perf", "record", "-e", "cpu-clock", "-F", "4000", "-g", "-p",
                 str(server.pid), "-o", data, "--", "sleep", str(SECONDS)],
                capture_output=True, text=True, check=False)
        if done.returncode or load.returncode:
            raise Failed(f"perf or load: {done.stderr.strip()}")


def print_case(title, data):
    shares = collections.Counter()
    for share, dso in report(data, "dso"):
        shares[owner(dso)] += share
    print(f"\n{title}:\n\n| whose code | share |\n| --- | ---: |")
    for name, share in shares.most_common():
        print(f"| {name} | {share:.1f} % |")
    print("\n| symbol | of | share |\n| --- | --- | ---: |")
    rows = sorted(report(data, "dso,symbol"), reverse=True)
    for share, dso, symbol, *_ in rows[:TOP]:
        print(f"| `{symbol}` | {owner(dso)} | {share:.1f} % |")


def main():
    if not shutil.which("perf"):
        print("profile: skipped, there is no perf", file=sys.stderr)
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        around = surroundings(folder)
        data = os.path.join(folder, "perf.data")
        for title, options in CASES:
            try:
                record(options, around, data)
            except Failed as error:
                print(f"profile: skipped, {error}", file=sys.stderr)
                return 0
            print_case(title, data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
