#!/usr/bin/python3
"""How long small messages take while large ones go to others.

    beside.py --server-pid PID --publish URL --connections N --rate N --size N
              --small-connections N --small-rate N --seconds S
              ws://HOST:PORT/PATH

Runs the load client twice at once, with a room for each: `rate` messages of
`size` bytes a second to `connections` members, and `small-rate` small ones to
`small-connections`. Prints one line of JSON: the report of the small ones, with
the faults of both and the latency of the large ones. Standard library only."""

import argparse
import json
import os
import subprocess
import sys

LOAD = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "build/bench/load")
FAULTS = ("lost", "duplicated", "reordered", "foreign", "damaged", "refused",
          "closed", "refusals", "gave_up")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in ("server-pid", "connections", "rate", "size",
                 "small-connections", "small-rate", "seconds"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--publish", required=True)
    parser.add_argument("url")
    return parser.parse_args()


def start(arguments, room, connections, rate, options=()):
    """A load client with a room of its own."""
    return subprocess.Popen(
        [LOAD, "--server-pid", str(arguments.server_pid),
         "--publish", arguments.publish, "--connections", str(connections),
         "--rate", str(rate), "--seconds", str(arguments.seconds), *options,
         arguments.url.replace("%d", str(room))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def report_of(client):
    out, errors = client.communicate()
    try:
        return json.loads(out)
    except ValueError:
        raise SystemExit(errors.strip() or "beside: no report") from None


def main():
    arguments = parse_arguments()
    large = start(arguments, 1, arguments.connections, arguments.rate,
                  ["--size", str(arguments.size)])
    small = start(arguments, 2, arguments.small_connections,
                  arguments.small_rate)
    report, beside = report_of(small), report_of(large)
    for fault in FAULTS:
        report[fault] = report.get(fault, 0) + beside.get(fault, 0)
    report["large_ms"] = beside["latency_ms"]
    print(json.dumps(report))


if __name__ == "__main__":
    sys.exit(main())
