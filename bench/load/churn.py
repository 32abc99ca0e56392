#!/usr/bin/python3
"""What it costs to join a room and to leave it again, by control commands,
while few rooms exist and while many do.

    churn.py --server-pid PID --publish URL --connections N --few N --many N
             ws://HOST:PORT/PATH

Connections are open; commands put them into rooms until `few` exist in all.
Then commands of 100 rooms each let one connection join and leave rooms that
others are in, and the CPU clock of the process tells the cost. The same with
`many` rooms. Every message of a room that is joined or left must reach whom it
should, so that nothing is measured that did not happen. Prints one line of
JSON; standard library only."""

import argparse
import json
import random
import socket
import struct
import time
import urllib.parse

BATCH = 100  # rooms a command
PAIRS = 60_000  # joins and leaves that are measured
TIMEOUT_S = 30
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # any will do


class Member:
    """A WebSocket connection that has been told its id."""

    def __init__(self, url, path):
        where = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection(
            (where.hostname, where.port), TIMEOUT_S)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            .encode())
        self.data = b""
        head = self._take_until(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise SystemExit(f"churn: {head.decode(errors='replace')}")
        self.id = json.loads(self.receive())["connection"]

    def _more(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise SystemExit("churn: the server closed a connection")
        self.data += data

    def _take(self, count):
        while len(self.data) < count:
            self._more()
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def _take_until(self, end):
        while end not in self.data:
            self._more()
        return self._take(self.data.index(end) + len(end))

    def receive(self):
        """The next message; control frames are passed over."""
        while True:
            first, length = self._take(2)
            if length > 125:
                length, = struct.unpack("!H" if length == 126 else "!Q",
                                        self._take(2 if length == 126 else 8))
            payload = self._take(length)
            if first & 0x0f in (1, 2):
                return payload


class Publisher:
    """PUBLISH commands, each answered before the next."""

    def __init__(self, url):
        where = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection(
            (where.hostname, where.port), TIMEOUT_S)
        self.replies = self.socket.makefile("rb")

    def publish(self, channel, content):
        parts = [b"PUBLISH", channel.encode(), content.encode()]
        self.socket.sendall(b"*3\r\n" + b"".join(
            b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        reply = self.replies.readline()
        if not reply.startswith(b":"):
            raise SystemExit(f"churn: {reply!r}")

    def command(self, name, member, rooms):
        self.publish("roomcast:control", json.dumps(
            {"command": name, "connections": [member.id], "rooms": rooms}))


class Churn:
    def __init__(self, arguments):
        self.publisher = Publisher(arguments.publish)
        path = urllib.parse.urlsplit(arguments.url).path
        self.members = [Member(arguments.url, path.replace("%d", "0"))
                        for _ in range(arguments.connections)]
        self.mover, *self.others = self.members
        self.clock = ~arguments.server_pid << 3 | 2  # CPU of that process
        self.rooms = 0
        self.random = random.Random(1)

    def fill(self, count):
        """Until so many rooms exist; each has one member."""
        while self.rooms < count:
            batch = range(self.rooms, min(self.rooms + BATCH, count))
            self.publisher.command(
                "join", self.others[self.rooms // BATCH % len(self.others)],
                [f"r{number}" for number in batch])
            self.rooms = batch.stop
        self.settle()

    def settle(self):
        """Commands before this one have been done, by every member."""
        self.publisher.publish("roomcast:broadcast", "settled")
        for member in self.members:
            while member.receive() != b"settled":
                continue

    def check(self, rooms, is_in):
        """The mover gets a message to the rooms, or it does not."""
        self.publisher.publish("roomcast:send", json.dumps(
            {"rooms": rooms[:1], "message": "probe"}))
        self.publisher.publish("roomcast:send", json.dumps(
            {"connections": [self.mover.id], "message": "end"}))
        got = self.mover.receive()
        if is_in and self.mover.receive() != b'"end"':
            got = b""
        if got != (b'"probe"' if is_in else b'"end"'):
            raise SystemExit(f"churn: {got!r} after {rooms[0]}, {is_in=}")

    def measure(self):
        """CPU in us of one join and leave, rooms in random order."""
        batches = [[f"r{n}" for n in self.random.sample(
            range(self.rooms), BATCH)] for _ in range(PAIRS // BATCH)]
        start = time.clock_gettime(self.clock)
        for rooms in batches:
            self.publisher.command("join", self.mover, rooms)
            self.publisher.command("leave", self.mover, rooms)
        self.settle()
        spent = time.clock_gettime(self.clock) - start
        self.publisher.command("join", self.mover, batches[-1])
        self.check(batches[-1], True)
        self.publisher.command("leave", self.mover, batches[-1])
        self.check(batches[-1], False)
        return spent / len(batches) / BATCH * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--server-pid", type=int, required=True)
    parser.add_argument("--publish", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--few", type=int, required=True)
    parser.add_argument("--many", type=int, required=True)
    parser.add_argument("url")
    arguments = parser.parse_args()
    churn = Churn(arguments)
    churn.fill(arguments.few)
    churn.measure()  # warms up
    few = churn.measure()
    churn.fill(arguments.many)
    many = churn.measure()
    print(json.dumps({
        "few": arguments.few, "many": arguments.many, "batch": BATCH,
        "cpu_us_few": few, "cpu_us_many": many, "growth": many / few}))


if __name__ == "__main__":
    main()
