#!/usr/bin/python3
"""How the gateway scales with workers, on a machine with many processors.

    bench/cores.py [--workers N ...] [--server-cpus N] [--clients N]
                   [--connections N] [--rate N] [--seconds N]

The gateway gets the first half of the processors, or as many as said, and
each load client one of the others. Every client has a room of its own, whose
members the kernel spreads over all workers, and publishes to it: flat out, or
at a rate. The CPU is that of the whole gateway while the clients measured.
Where clients share their processors with each other, or with the gateway, the
figures say nothing."""

import argparse
import json
import os
import subprocess
import sys
import tempfile

from rig.client import LOAD
from rig.credentials import Credentials
from rig.servers import Failed, Roomcast, Surroundings, pin

TIMEOUT_S = 60  # beyond what is measured


class Wide(Roomcast):
    """On a set of processors, with so many workers."""

    def __init__(self, connections, around, cpus, workers):
        super().__init__(connections, around, {"workers": workers})
        self.cpus = cpus

    def __enter__(self):
        entered = super().__enter__()
        for task in os.listdir(f"/proc/{self.pid}/task"):
            os.sched_setaffinity(int(task), self.cpus)
        return entered


def parse_arguments(allowed):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    half = max(len(allowed) // 2, 1)
    powers = [1 << i for i in range(7) if 1 << i <= max(half, 2)]
    parser.add_argument("--workers", type=int, nargs="+", default=powers)
    parser.add_argument("--server-cpus", type=int, default=half)
    parser.add_argument("--clients", type=int,
                        default=max(len(allowed) - half, 1))
    parser.add_argument("--connections", type=int, default=1000,
                        help="of each client")
    parser.add_argument("--rate", type=int, default=0,
                        help="messages a second of each; 0: flat out")
    parser.add_argument("--seconds", type=int, default=5)
    return parser.parse_args()


def start_client(number, server, cpu, arguments):
    url = f"ws://127.0.0.1:{server.port}/ws/client{number}-%d"
    return subprocess.Popen(
        [LOAD, "--server-pid", str(server.pid), "--publish",
         server.publish_url, "--connections", str(arguments.connections),
         "--rate", str(arguments.rate), "--seconds", str(arguments.seconds),
         url], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: pin(cpu))


def reports_of(clients, seconds):
    for client in clients:
        out, err = client.communicate(timeout=seconds + TIMEOUT_S)
        if client.returncode != 0:
            raise Failed(f"load: {err.strip() or out.strip()}")
        yield json.loads(out)


def measure(workers, around, cpus, arguments):
    """All clients at once; their reports."""
    connections = arguments.connections * arguments.clients
    with Wide(connections, around, cpus["server"], workers) as server:
        clients = [
            start_client(i, server, cpus["clients"][i % len(cpus["clients"])],
                         arguments)
            for i in range(arguments.clients)]
        try:
            return list(reports_of(clients, arguments.seconds))
        finally:
            for client in clients:
                client.kill()
                client.wait()


def print_row(workers, reports):
    deliveries = sum(r["deliveries"] for r in reports)
    seconds = max(r["seconds"] for r in reports)
    cpu_s = max(r["cpu_s"] for r in reports)
    p99 = max(r["latency_ms"]["p99"] for r in reports)
    print(f"| {workers} | {deliveries / seconds / 1000:,.0f} k"
          f" | {cpu_s / seconds:.2f} | {1e6 * cpu_s / deliveries:.3f}"
          f" | {p99:.1f} |", flush=True)


def main():
    allowed = sorted(os.sched_getaffinity(0))
    arguments = parse_arguments(allowed)
    cpus = {"server": set(allowed[:arguments.server_cpus]),
            "clients": allowed[arguments.server_cpus:] or allowed}
    if len(cpus["clients"]) < arguments.clients:
        print(f"{arguments.clients} clients on {len(cpus['clients'])} "
              "processors: the figures mean nothing", file=sys.stderr)
    if max(arguments.workers) > len(cpus["server"]):
        print(f"{max(arguments.workers)} workers on {len(cpus['server'])} "
              "processors: the figures mean nothing", file=sys.stderr)
    print(f"{arguments.clients} clients of {arguments.connections:,}, each its"
          " own room; the gateway on"
          f" {len(cpus['server'])} of {len(allowed)} processors\n\n"
          "| workers | deliveries/s | processors busy | CPU us/delivery"
          " | worst p99 ms |\n| ---: | ---: | ---: | ---: | ---: |")
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            around = Surroundings(Credentials(folder))
            for workers in arguments.workers:
                print_row(workers,
                          measure(workers, around, cpus, arguments))
    except (Failed, OSError, subprocess.SubprocessError) as error:
        print(f"cores: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
