"""Servers that the bench starts: each knows its command, addresses and when
it is ready. A class for each kind; SERVERS names them."""

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

CONFIG = """\
listen:
  - address: 127.0.0.1:{port}
workers: 1
backend: embedded
embedded: {{listen: "127.0.0.1:{publish_port}"}}
routes:
  - path: /ws/{{room}}
    rooms: ["{{room}}"]
limits: {{connections: {connections}}}
shutdown: {{drain: 1s}}
admin: {{listen: "127.0.0.1:{admin_port}"}}
log: {{level: warn}}
"""


class Failed(Exception):
    """A process did not do what it should."""


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


class Server:
    """One process, from start to end of a `with` block."""

    program = None
    startup_s = 10

    def __init__(self, connections, cpu):
        self.connections = connections
        self.cpu = cpu
        self.port, self.publish_port, self.admin_port = free_ports(3)

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws/bench-%d"

    @property
    def publish_url(self):
        return f"redis://127.0.0.1:{self.publish_port}"

    @property
    def pid(self):
        return self.process.pid

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


class Bare(Server):
    """The loop of send(), `batch` messages a write."""

    batch = 1
    program = os.path.join(ROOT, "build/bench/bare")

    def command(self):
        return [self.program, "--port", str(self.port), "--publish-port",
                str(self.publish_port), "--batch", str(self.batch)]

    def is_ready(self):
        try:
            socket.create_connection(
                ("127.0.0.1", self.publish_port), 1).close()
            return True
        except OSError:
            return False


class BareBatch10(Bare):
    """The same, with what is pending written ten messages at a time."""

    batch = 10


class Roomcast(Server):
    """The gateway with its embedded backend and one worker."""

    program = os.path.join(ROOT, "build/roomcast")

    def command(self):
        path = os.path.join(self.folder.name, "roomcast.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(
                port=self.port, publish_port=self.publish_port,
                admin_port=self.admin_port,
                connections=self.connections + 100))
        return [self.program, "-c", path]

    def is_ready(self):
        try:
            url = f"http://127.0.0.1:{self.admin_port}/readyz"
            with urllib.request.urlopen(url, timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


def pin(cpu):
    """Run on this processor only; None: wherever the kernel likes."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


SERVERS = {"bare": Bare, "bare-10": BareBatch10, "roomcast": Roomcast}
