#!/usr/bin/python3
"""What it costs when all clients come back at once and each has missed some
messages, beside what it costs that as many come who have missed nothing.

    returning.py --server-pid PID --publish URL --connections N --arrivals N
                 --rooms N --missed N --parallel N --rate N --patience MS
                 ws://HOST:PORT/PATH

Takes a cursor, publishes `missed` messages to each of `rooms` rooms, and lets
the load client do the rest, twice: while messages flow to `connections`
members of another room, `arrivals` clients come without a cursor, and then
with it. Prints one line of JSON: the report of the second run, and what is
compared. Standard library only."""

import argparse
import json
import os
import socket
import subprocess
import sys
import urllib.parse

LOAD = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))), "build/bench/load")
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # any will do
TIMEOUT_S = 30
SIZE = 128
BATCH = 500  # commands a write
FAULTS = ("lost", "duplicated", "reordered", "refused", "closed", "refusals",
          "arrivals_refused", "lacking", "wrong")


def connect(url):
    where = urllib.parse.urlsplit(url)
    return socket.create_connection((where.hostname, where.port), TIMEOUT_S)


def read_until(peer, is_enough):
    data = b""
    while not is_enough(data):
        more = peer.recv(1 << 16)
        if not more:
            raise SystemExit("returning: the server closed a connection")
        data += more
    return data


def take_cursor(url):
    """The id of the first note: where everybody is now."""
    where = urllib.parse.urlsplit(url)
    with connect(url) as peer:
        peer.sendall(
            f"GET {where.path}?since= HTTP/1.1\r\nHost: {where.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            .encode())
        data = read_until(peer, lambda data: b" at\n" in data)
        return data.split(b"\r\n\r\n", 1)[1][2:].split(b" ")[0].decode()


def message(seq, number, room):
    """As bench/load/payload.h has it."""
    head = f'{{"s":{seq},"t":0,"n":{number},"r":{room},"p":"'
    return head + "x" * (SIZE - len(head) - 2) + '"}'


def commands(arguments):
    """PUBLISH, in turn to all rooms, as the members' room is number 0."""
    number = 0
    for seq in range(arguments.missed):
        for room in range(1, arguments.rooms + 1):
            channel = f"roomcast:room:bench-{room}"
            yield (f"*3\r\n$7\r\nPUBLISH\r\n${len(channel)}\r\n{channel}\r\n"
                   f"${SIZE}\r\n{message(seq, number, room)}\r\n").encode()
            number += 1


def publish(arguments):
    with connect(arguments.publish) as peer:
        batch = []
        for command in [*commands(arguments), None]:
            if command:
                batch.append(command)
            if len(batch) == BATCH or not command:
                count = len(batch)
                peer.sendall(b"".join(batch))
                if count:
                    read_until(peer, lambda data: data.count(b"\n") >= count)
                batch = []


def run(arguments, path, options):
    """The load client; its report."""
    done = subprocess.run(
        [LOAD, "--server-pid", str(arguments.server_pid),
         "--publish", arguments.publish,
         "--connections", str(arguments.connections),
         "--rate", str(arguments.rate), "--messages", str(arguments.rate),
         "--arrivals", str(arguments.arrivals),
         "--arrival-path", path, "--arrival-rooms", str(arguments.rooms),
         "--parallel", str(arguments.parallel), *options, arguments.url],
        capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SystemExit(done.stderr.strip() or "returning: no report") \
            from None


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    for name in ("server-pid", "connections", "arrivals", "rooms", "missed",
                 "parallel", "rate"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--publish", required=True)
    parser.add_argument("url")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    path = urllib.parse.urlsplit(arguments.url).path
    cursor = take_cursor(arguments.url.replace("%d", "0"))
    publish(arguments)
    plain = run(arguments, path, [])
    report = run(arguments, f"{path}?since={cursor}",
                 ["--missed", str(arguments.missed)])
    report["plain_cpu_us"] = plain["arrival_cpu_us"]
    report["cpu_ratio"] = report["arrival_cpu_us"] / plain["arrival_cpu_us"]
    for fault in FAULTS:
        report[fault] += plain[fault]
    print(json.dumps(report))


if __name__ == "__main__":
    sys.exit(main())
