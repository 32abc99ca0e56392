"""Servers that the bench starts: each knows its command, addresses and when
it is ready. A class for each kind; admission.py has those that admit clients
in other ways."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from rig.credentials import Credentials

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PROGRAMS = "build/roomcast", "build/bench/load", "build/bench/bare", \
    "build/bench/hookd"


class Failed(Exception):
    """A process did not do what it should."""


@dataclasses.dataclass
class Surroundings:
    """What all servers of a run share."""

    credentials: Credentials
    server_cpu: int | None = None  # None: wherever the kernel likes
    client_cpu: int | None = None


def surroundings(folder):
    """A processor for the server and one for the client, if there are two.
    Ends the program where nothing has been built."""
    for program in PROGRAMS:
        if not os.path.exists(os.path.join(ROOT, program)):
            sys.exit(f"{program} is not there: `make bench-check` builds it")
    allowed = sorted(os.sched_getaffinity(0))
    cpus = allowed[:2] if len(allowed) >= 2 else (None, None)
    return Surroundings(Credentials(folder), *cpus)


def pin(cpu):
    """Run on this processor only; None: wherever the kernel likes."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


def free_ports(count):
    """Ports that nobody listens on now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for s in sockets:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in sockets]
    finally:
        for s in sockets:
            s.close()


def accepts(port):
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


def merged(conf, changes):
    """A copy of the sections with the keys of the others put in."""
    both = dict(conf)
    for key, value in changes.items():
        both[key] = {**conf.get(key, {}), **value} \
            if isinstance(value, dict) else value
    return both


class Process:
    """A process that runs while its `with` block does."""

    startup_s = 10

    def __init__(self, cpu):
        self.cpu = cpu

    @property
    def pid(self):
        return self.process.pid

    @property
    def cpu_s(self):
        """CPU that it has used up to now, with all its threads."""
        return time.clock_gettime(~self.pid << 3 | 2)

    def command(self):
        raise NotImplementedError

    def is_ready(self):
        raise NotImplementedError

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bench-")
        self.log = open(os.path.join(self.folder.name, "log"), "w+b")
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, preexec_fn=lambda: pin(self.cpu))
        try:
            self.await_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def await_ready(self):
        end = time.monotonic() + self.startup_s
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise Failed(f"{self.command()[0]} is not ready:\n"
                             + self.log_text())
            time.sleep(0.02)

    def log_text(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def end(self):
        for how, wait_s in ((signal.SIGTERM, 5), (signal.SIGKILL, None)):
            if self.process.poll() is None:
                self.process.send_signal(how)
            try:
                self.process.wait(wait_s)
                break
            except subprocess.TimeoutExpired:
                continue
        self.log.close()
        self.folder.cleanup()


class Server(Process):
    """What clients and the publisher connect to."""

    scheme = "ws"
    program_needed = None  # of the distribution; else the server is left out

    def __init__(self, connections, surroundings, conf=None):
        super().__init__(surroundings.server_cpu)
        self.connections = connections
        self.surroundings = surroundings
        self.conf = conf or {}  # what a scenario wants of the gateway
        self.port, self.publish_port, self.admin_port = free_ports(3)

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/ws/bench-%d"

    @property
    def publish_url(self):
        return f"redis://127.0.0.1:{self.publish_port}"

    def client_options(self):
        """What the load client needs to be let in."""
        return []


class Bare(Server):
    """The loop of send(), `batch` messages a write."""

    batch = 1
    program = os.path.join(ROOT, "build/bench/bare")

    def command(self):
        return [self.program, "--port", str(self.port), "--publish-port",
                str(self.publish_port), "--batch", str(self.batch)]

    def is_ready(self):
        return accepts(self.publish_port)


class BareBatch10(Bare):
    """The same, with what is pending written ten messages at a time."""

    batch = 10


class Roomcast(Server):
    """The gateway with its embedded backend and one worker."""

    program = os.path.join(ROOT, "build/roomcast")

    def listener(self):
        return {"address": f"127.0.0.1:{self.port}"}

    def authenticator(self):
        """The entry of `auth`; None: everybody may connect."""
        return None

    def backend(self):
        return {"backend": "embedded",
                "embedded": {"listen": f"127.0.0.1:{self.publish_port}"}}

    def configuration(self):
        route = {"path": "/ws/{room}", "rooms": ["{room}"]}
        conf = {
            "listen": [self.listener()],
            "workers": 1,
            **self.backend(),
            "routes": [route],
            "limits": {"connections": self.connections + 100},
            "shutdown": {"drain": "1s"},
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"},
            "log": {"level": "warn"},
        }
        if self.authenticator():
            conf["auth"] = {"bench": self.authenticator()}
            route["auth"] = "bench"
        return merged(conf, self.conf)

    def command(self):
        path = os.path.join(self.folder.name, "roomcast.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.configuration(), file, indent=1)
        return [self.program, "-c", path]

    def is_ready(self):
        try:
            url = f"http://127.0.0.1:{self.admin_port}/readyz"
            with urllib.request.urlopen(url, timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


class Redis(Process):
    """A broker that keeps nothing on disk and never drops a slow reader."""

    def __init__(self, cpu, port):
        super().__init__(cpu)
        self.port = port

    def command(self):
        return ["redis-server", "--bind", "127.0.0.1", "--port",
                str(self.port), "--save", "", "--appendonly", "no",
                "--client-output-buffer-limit", "pubsub 0 0 0",
                "--dir", self.folder.name]

    def is_ready(self):
        return accepts(self.port)


class OnRedis(Server):
    """A server behind a Redis of its own, which shares the client's
    processor: what it costs is not the server's."""

    program_needed = "redis-server"

    def __init__(self, connections, surroundings, conf=None):
        super().__init__(connections, surroundings, conf)
        self.redis = Redis(surroundings.client_cpu, self.publish_port)

    def is_ready(self):
        return accepts(self.port)

    def __enter__(self):
        self.redis.__enter__()
        try:
            return super().__enter__()
        except BaseException:
            self.redis.end()
            raise

    def __exit__(self, *_):
        self.end()
        self.redis.end()


class RoomcastRedis(OnRedis, Roomcast):
    """The gateway behind a Redis."""

    def backend(self):
        return {"backend": "redis", "redis": {"url": self.publish_url}}

    def is_ready(self):
        return Roomcast.is_ready(self)
