#!/usr/bin/python3
"""What presence and events cost: CPU of the gateway and of Redis for each client
that comes to a room of its own and goes again, and the gateway's memory for each
that is there, by what the configuration has.

    bench/presence.py [--rounds N] [--clients N]

Clients come, and go, some hundred at a time, so that each is told of once when it
comes and once when it goes. Every way is measured in each round, one after the
other, and compared with `off` of the same round; the figures are medians, and the
lowest and the highest round. CPU is that of the processes, in user and in kernel
mode. Standard library and redis-server."""

import argparse
import base64
import hashlib
import hmac
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from rig.servers import ROOT, free_ports

# What each has: kinds of events, presence of the route.
WAYS = {
    "off": ("", "off"),
    "events": ("connections", "off"),
    "count": ("occupancy", "count"),
    "members": ("occupancy", "members"),
    "count and events": ("connections, rooms, occupancy", "count"),
}
SECRET = b"a secret of the bench, of 32 bytes or more"
AT_ONCE = 500
TOLD_S = 1.5  # all that has come is written within that time
GONE_S = 4  # and that it has gone

CONF = """
listen: [{{address: "127.0.0.1:{port}"}}]
workers: 1
backend: redis
redis: {{url: "redis://127.0.0.1:{redis}"}}
{events}
auth: {{people: {{type: jwt, algorithms: [HS256], secret_file: secret}}}}
routes:
  - {{path: "/{{room}}", rooms: ["{{room}}"], auth: people, presence: "{way}"}}
log: {{level: error}}
"""


def encoded(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def token(user):
    head = encoded({"alg": "HS256", "typ": "JWT"})
    text = f"{head}.{encoded({'sub': user, 'exp': int(time.time()) + 3600})}"
    digest = hmac.new(SECRET, text.encode(), hashlib.sha256).digest()
    return f"{text}.{encoded(digest)}"


def cpu_s(pid):
    """With all its threads."""
    return time.clock_gettime(~pid << 3 | 2)


def resident(pid):
    """In bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def configuration(way, port, redis):
    kinds, presence = WAYS[way]
    events = f"events: {{stream: app:events, kinds: [{kinds}]}}"
    return CONF.format(port=port, redis=redis, way=presence,
                       events=events if kinds else "")


def connect(port, number):
    request = (f"GET /room-{number}?token={token(f'user-{number}')} HTTP/1.1\r\n"
               "Host: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    client = socket.create_connection(("127.0.0.1", port), 10)
    client.sendall(request.encode())
    answer = client.recv(4096)
    if b" 101 " not in answer:
        sys.exit(f"no 101: {answer!r}")
    return client


def wait_open(port):
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nobody listens at port {port}")


def measure(way, clients):
    """Each client's microseconds of the gateway, and of Redis, and its bytes."""
    port, redis = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/conf.yaml", "w") as conf:
            conf.write(configuration(way, port, redis))
        with open(f"{folder}/secret", "wb") as secret:
            secret.write(SECRET)
        servers = [subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(redis),
             "--save", "", "--dir", folder], stdout=subprocess.DEVNULL)]
        try:
            wait_open(redis)
            servers.append(subprocess.Popen(
                [f"{ROOT}/build/roomcast", "-c", f"{folder}/conf.yaml"]))
            wait_open(port)
            time.sleep(TOLD_S)
            before = [cpu_s(s.pid) for s in servers]
            memory = -resident(servers[1].pid)
            opened = []
            for first in range(0, clients, AT_ONCE):
                opened += [connect(port, n)
                           for n in range(first, first + AT_ONCE)]
                time.sleep(TOLD_S)
            memory += resident(servers[1].pid)
            while opened:
                for client in opened[:AT_ONCE]:
                    client.close()
                del opened[:AT_ONCE]
                time.sleep(GONE_S)
            spent = [cpu_s(s.pid) - b for s, b in zip(servers, before)]
        finally:
            for server in reversed(servers):
                server.terminate()
                server.wait()
    return (1e6 * spent[1] / clients, 1e6 * spent[0] / clients,
            memory / clients)


def shown(values, form):
    """The median, and between what it is."""
    low, middle, high = (format(f(values), form)
                         for f in (min, statistics.median, max))
    return f"{middle} ({low}-{high})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=1000)
    options = parser.parse_args()
    rounds = [{way: measure(way, options.clients) for way in WAYS}
              for _ in range(options.rounds)]
    print(f"load {os.getloadavg()[0]:.1f}, {options.rounds} rounds of "
          f"{options.clients} clients")
    row = "{:18}{:>16}{:>20}{:>16}{:>20}{:>20}".format
    print(row("", "gateway us", "of off", "Redis us", "bytes", "more than off"))
    for way in WAYS:
        own = [r[way] for r in rounds]
        print(row(way, shown([x[0] for x in own], ".0f"),
                  shown([r[way][0] / r["off"][0] for r in rounds], ".2f"),
                  shown([x[1] for x in own], ".0f"),
                  shown([x[2] for x in own], ".0f"),
                  shown([r[way][2] - r["off"][2] for r in rounds], ".0f")))


main()
