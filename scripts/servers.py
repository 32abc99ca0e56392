"""The servers of the demonstrations: on loopback, at free ports, with all
their files in one folder, and killed when they have to go."""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BINARY = os.environ.get("ROOMCAST_BIN", str(ROOT / "build" / "roomcast"))
STREAM = "roomcast:stream"
LISTENS = "0A"  # in /proc/net/tcp
LAST_PORT = 65000  # that one may choose


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except PermissionError:
            sys.exit(f"port {port} is for root alone: choose one above 1023")
        except OSError:
            return False
    return True


def who_has(port):
    """Who listens there, as far as one may see: of others' processes only root
    sees which sockets they have."""
    inodes = set()
    for table in "tcp", "tcp6":
        for line in Path("/proc/net", table).read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == LISTENS and int(local.rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{rest[5]}]")
    for fd in Path("/proc").glob("[1-9]*/fd/*"):
        try:
            if os.readlink(fd) in inodes:
                name = (fd.parents[1] / "comm").read_text().strip()
                return f"{name} (process {fd.parents[1].name})"
        except OSError:
            pass  # it has ended, or is somebody else's
    return "another program"


def port_number(text):
    """For a parser of arguments: a port behind which some are left."""
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port: a number up to {LAST_PORT}"
        )
    return int(text)


def need_free(target, ports):
    """The end, where one is taken, in words: by whom, and what to do."""
    taken = [port for port in ports if not is_free(port)]
    if not taken:
        return
    rows = (
        range(first, first + len(ports))
        for first in range(ports[0] + 100, LAST_PORT, 100)
    )
    other = next((row for row in rows if all(map(is_free, row))), range(2))
    sys.exit(
        f"port {taken[0]} is taken by {who_has(taken[0])}: end that, or take "
        f"others: `make {target} PORT={other[0]}` takes {other[0]} to {other[-1]}"
    )


def how_it_ended(status):
    """In words; status is that of subprocess."""
    if status >= 0:
        return f"ended by itself, with exit status {status}"
    name = signal.Signals(-status).name
    why = " (the kernel does that, too, when memory is short)"
    return f"was killed by {name}{why if name == 'SIGKILL' else ''}"


def free_port():
    """Not one that the kernel would give away while its server is down."""
    while True:
        port = random.randrange(20000, 30000)
        if is_free(port):
            return port


class Process:
    def __init__(self, name, port, command, log):
        self.name = name
        self.port = port
        self.command = command
        self.log = log
        self.process = None
        self.kills = 0

    async def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=release_signals,
            )
        while True:
            try:
                _, writer = await asyncio.open_connection(
                    "127.0.0.1", self.port
                )
                return writer.close()
            except OSError:
                if self.has_ended():
                    sys.exit(f"{self.how()}. The end of its log:\n{self.tail()}")
                await asyncio.sleep(0.02)

    def has_ended(self):
        return self.process is not None and self.process.poll() is not None

    def how(self):
        """Of one that has ended."""
        return f"{self.name} {how_it_ended(self.process.returncode)}"

    def tail(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.kills += 1


def redis_in(folder):
    """It keeps what it has acknowledged, whatever becomes of it."""
    port = free_port()
    return Process(
        "Redis",
        port,
        [
            "redis-server",
            *("--port", str(port), "--bind", "127.0.0.1"),
            *("--dir", str(folder), "--save", ""),
            *("--appendonly", "yes", "--appendfsync", "always"),
        ],
        folder / "redis.log",
    )


def gateway_in(folder, redis_port, routes, port=None, **sections):
    port = port or free_port()
    conf = {
        "listen": [{"address": f"127.0.0.1:{port}"}],
        "backend": "redis",
        "redis": {
            "url": f"redis://127.0.0.1:{redis_port}",
            "reconnect": {"min": "50ms", "max": "200ms"},
        },
        "history": {"stream": STREAM},
        "routes": routes,
        **sections,
    }
    file = folder / "roomcast.yaml"
    file.write_text(json.dumps(conf))  # JSON is YAML
    command = [BINARY, "-c", str(file)]
    return Process("the gateway", port, command, folder / "gateway.log")


async def cancelled(*tasks):
    """Again and again: before Python 3.12 wait_for may lose it."""
    while not all(task.done() for task in tasks):
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.1)
    await asyncio.gather(*tasks, return_exceptions=True)


SIGNALS = signal.SIGINT, signal.SIGTERM


def hold_signals():
    """They interrupt nothing from here on: until_interrupted() takes them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def release_signals():
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def until_interrupted(coroutine):
    """Run it; what it gives, or None when the first signal has cancelled it.
    It comes between two steps of its tasks, never within one, and those that
    follow are held: what is left to do is cleaning up."""

    async def watched():
        task, loop = asyncio.current_task(), asyncio.get_running_loop()

        def wait():
            signal.sigwait(SIGNALS)
            if loop.is_running():
                loop.call_soon_threadsafe(task.cancel)

        threading.Thread(target=wait, daemon=True).start()
        return await coroutine

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        return None
