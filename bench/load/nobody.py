#!/usr/bin/python3
"""What a payload on the common channel costs a gateway that has nobody whom it
names, when publishers send many at a time.

    nobody.py --server-pid PID --publish redis://HOST:PORT --connections N
              --size N --payloads N --message string|object ws://HOST:PORT/PATH

Members of other rooms are there, and one of them gets a message behind all the
others, so that the CPU clock of the process is read when the last of them has
been looked at. A first flood warms up. Prints one line of JSON; redis-benchmark
is the publisher."""

import argparse
import json
import os
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from load.churn import Member, Publisher  # noqa: E402
from rig.meter import busy  # noqa: E402

DEPTH = 64  # commands a write
CHANNEL = "roomcast:send"


def message(kind, size):
    """JSON of about this size: one string, or members as apps have them."""
    if kind == "string":
        return "x" * size
    items = []
    while len(json.dumps(items)) < size:
        items.append({"id": len(items), "name": f"n{len(items)}",
                      "tags": ["a", "b"], "price": len(items) * 1.5})
    return {"type": "chat.message", "items": items}


class Nobody:
    def __init__(self, arguments):
        where = urllib.parse.urlsplit(arguments.publish)
        path = urllib.parse.urlsplit(arguments.url).path
        self.members = [Member(arguments.url, path.replace("%d", "0"))
                        for _ in range(arguments.connections)]
        self.publisher = Publisher(arguments.publish)
        self.clock = ~arguments.server_pid << 3 | 2  # CPU of that process
        payload = json.dumps({"rooms": ["nobody"], "message": message(
            arguments.message, arguments.size)})
        self.flood, self.count = busy(
            where.port, ["PUBLISH", CHANNEL, payload], arguments.payloads,
            None, DEPTH)

    def settle(self):
        """All that was published before this has been looked at."""
        self.publisher.publish(CHANNEL, json.dumps(
            {"connections": [self.members[0].id], "message": "end"}))
        while self.members[0].receive() != b'"end"':
            continue

    def measure(self):
        """CPU in us of one payload."""
        self.settle()
        start = time.clock_gettime(self.clock)
        self.flood()
        self.settle()
        spent = time.clock_gettime(self.clock) - start
        return spent / self.count * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--publish", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--payloads", type=int, required=True)
    parser.add_argument("--message", choices=("string", "object"),
                        required=True)
    parser.add_argument("url")
    nobody = Nobody(parser.parse_args())
    nobody.measure()
    print(json.dumps({"cpu_us_per_payload": nobody.measure(),
                      "payloads": nobody.count}))


if __name__ == "__main__":
    main()
