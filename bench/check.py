#!/usr/bin/python3
"""Check the load client: a bare server that drops, doubles, swaps or misleads
messages on purpose must be found out, to the last message."""

import json
import subprocess
import sys

from run import FAULTS, LOAD
from servers import Bare, Failed

CONNECTIONS, ROOMS, MESSAGES, EVERY = 60, 3, 1000, 10
HIT = MESSAGES // EVERY * (CONNECTIONS // ROOMS)  # deliveries with a fault

# Fault, messages a write, and what must be reported; all else must be 0.
CASES = [
    (None, 1, {}),
    (None, 10, {}),
    ("drop", 1, {"lost": HIT}),
    ("drop", 5, {"lost": HIT}),
    ("dup", 1, {"duplicated": HIT}),
    ("dup", 5, {"duplicated": HIT}),
    ("foreign", 1, {"lost": HIT, "foreign": HIT}),
]
SIZES = (96, 125 + 1, 65535, 65536)


class Faulty(Bare):
    """A bare server with a fault."""

    def __init__(self, fault, batch):
        super().__init__(CONNECTIONS, None)
        self.batch = batch
        self.fault = fault

    def command(self):
        fault = ["--fault", f"{self.fault}:{EVERY}"] if self.fault else []
        return super().command() + fault


def load(server, *options):
    """The client's exit status and report."""
    done = subprocess.run(
        [LOAD, "--connections", str(CONNECTIONS), "--rooms", str(ROOMS),
         "--settle", "100", "--patience", "500", "--window", "2000",
         "--publish", server.publish_url, *options, server.url],
        capture_output=True, text=True, timeout=60, check=False)
    if not done.stdout:
        raise Failed(done.stderr)
    return done.returncode, json.loads(done.stdout)


def compare(name, status, report, wanted):
    """Print and return whether the report holds exactly what is wanted."""
    found = {key: report[key] for key in FAULTS if report[key]}
    found.pop("gave_up", None)
    is_right = found == wanted and (status == 0) == (not wanted)
    print(f"{'ok' if is_right else 'WRONG'}  {name}: reported {found or 'none'}"
          + ("" if is_right else f", wanted {wanted or 'none'}"))
    return is_right


def check_faults():
    for fault, batch, wanted in CASES:
        with Faulty(fault, batch) as server:
            status, report = load(server, "--messages", str(MESSAGES))
        yield compare(f"{fault or 'no fault'}, {batch} a write", status,
                      report, wanted)


def check_swaps():
    """One room: every tenth message goes behind the next, the last stays."""
    with Faulty("reorder", 1) as server:
        status, report = load(server, "--messages", str(MESSAGES + 1),
                              "--rooms", "1")
    yield compare("reorder", status, report,
                  {"reordered": MESSAGES // EVERY * CONNECTIONS})


def check_sizes():
    for form in ("room", "envelope"):
        for size in SIZES:
            with Faulty(None, 3) as server:
                status, report = load(server, "--messages", "40", "--form",
                                      form, "--size", str(size))
            yield compare(f"{form} of {size} bytes", status, report, {})


def main():
    results = [*check_faults(), *check_swaps(), *check_sizes()]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
