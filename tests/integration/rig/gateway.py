"""The daemon under test: configured, started, watched and ended."""

import array
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import termios
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import redis as redis_client

from .logline import parse
from .waiting import eventually, seconds

ROOT = Path(__file__).resolve().parents[3]
BINARY = os.environ.get("ROOMCAST_BIN", str(ROOT / "build" / "roomcast"))
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
SANITIZER = re.compile(
    r"runtime error|AddressSanitizer|LeakSanitizer|ThreadSanitizer"
)

# Port 0 lets the kernel choose; the log says what it chose.
BASE = {
    "listen": [{"address": "127.0.0.1:0"}],
    "workers": 2,
    "backend": "embedded",
    "embedded": {"listen": "127.0.0.1:0"},
    "routes": [{"path": "/ws/{room}", "rooms": ["{room}"]}],
    "limits": {"handshake_timeout": "1m"},  # clients may be slow, see seconds
    # No ping comes between what is awaited, and nobody must answer one.
    "keepalive": {"ping_interval": "1h"},
    "shutdown": {"drain": "100ms"},
    "admin": {"listen": "127.0.0.1:0"},
    "log": {"level": "debug"},
}


def merged(base, changes):
    """base with changes laid over it; None takes a key away."""
    result = dict(base)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def write_conf(path, conf):
    """JSON is YAML: what json writes, libyaml reads."""
    path.write_text(
        json.dumps(conf, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    return path


class Samples(dict):
    """What /metrics says, by 'name' or 'name{labels}'.

    Where a name or some of its labels stand for several samples, their sum.
    """

    def __missing__(self, name):
        total = self.sum(name)
        if total is None:
            raise KeyError(name)
        return total

    def sum(self, name):
        if name in self:
            return self[name]
        name, _, labels = name.rstrip("}").partition("{")
        wanted = set(labels.split(",")) - {""}
        found = [
            value
            for sample, value in self.items()
            if sample.partition("{")[0] == name
            and wanted <= set(sample.rstrip("}").partition("{")[2].split(","))
        ]
        return sum(found) if found else None


class Gateway:
    """One process. Its ports are known once start() is back."""

    def __init__(self, folder, conf, preexec=None, env=None):
        self.conf_path = write_conf(folder / "roomcast.yaml", conf)
        self.conf = conf
        self.preexec = preexec
        self.env = env
        self.process = None
        self._lines = []
        self.has_ended = False
        self._is_told = False  # to end
        self._news = threading.Condition()
        self._reader = None

    def start(self, wait=True):
        """Also once more, when it has ended."""
        self._lines = []
        self.has_ended = False
        self._is_told = False
        self.process = subprocess.Popen(
            [BINARY, "-c", str(self.conf_path)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=self.preexec,
            env={**os.environ, **(self.env or {})},
        )
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        if wait:
            self.wait_line(
                lambda line: line.token == "main" and line.event == "started"
            )
        return self

    def _read_log(self):
        """What has left the pipe stands in lines when the lock is free."""
        pipe = self.process.stderr
        readable = select.poll()
        readable.register(pipe, select.POLLIN)
        rest, chunk = b"", b"-"
        while chunk:
            readable.poll()
            with self._news:
                chunk = os.read(pipe.fileno(), 65536)
                *whole, rest = (rest + chunk).split(b"\n")
                if not chunk:
                    self.has_ended = True
                    whole = [rest] if rest else []
                self._lines += [
                    raw.decode("utf-8", "backslashreplace") for raw in whole
                ]
                self._news.notify_all()

    def _is_behind(self):
        """Whether the daemon has written more than was read."""
        if self.has_ended or not self.process:
            return False
        unread = array.array("i", [0])
        fcntl.ioctl(self.process.stderr.fileno(), termios.FIONREAD, unread)
        return unread[0] > 0

    # -- the log

    @property
    def lines(self):
        """All that the daemon has written up to now."""
        deadline = time.monotonic() + seconds(5)
        with self._news:
            while self._is_behind() and time.monotonic() < deadline:
                self._news.wait(0.1)
            return self._lines

    def log(self):
        return "\n".join(self.lines)

    def wait_line(self, wanted, timeout=10, since=0):
        """The first parsed line from number since for which wanted is true."""
        deadline = time.monotonic() + seconds(timeout)
        at = since
        with self._news:
            while True:
                while at < len(self._lines):
                    line = parse(self._lines[at])
                    at += 1
                    if line and wanted(line):
                        return line
                left = deadline - time.monotonic()
                if self.has_ended or left <= 0:
                    why = "the daemon ended" if self.has_ended else "time-out"
                    raise AssertionError(
                        f"{why} before the awaited line came:\n{self.log()}"
                    )
                self._news.wait(left)

    def wait_log(self, regex, timeout=10, since=0):
        """As wait_line, for a line whose whole text matches regex."""
        pattern = re.compile(regex)
        deadline = time.monotonic() + seconds(timeout)
        with self._news:
            while True:
                for text in self._lines[since:]:
                    match = pattern.search(text)
                    if match:
                        return match
                left = deadline - time.monotonic()
                if self.has_ended or left <= 0:
                    raise AssertionError(
                        f"no log line matches {regex!r}:\n{self.log()}"
                    )
                self._news.wait(left)

    def addresses(self, token):
        """The addresses that a subsystem said it listens on, in order."""
        found = []
        for text in list(self.lines):
            line = parse(text)
            if line and line.token == token and line.event == "listening":
                found.append(line.pairs["address"])
        return found

    # -- where it listens

    def address(self, index=0):
        """The client listener with this index as (host, port)."""
        host, _, port = self.addresses("listener")[index].rpartition(":")
        host = host.strip("[]")
        return {"*": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(
            host, host
        ), int(port)

    def ws_url(self, path="/ws/lobby", index=0):
        host, port = self.address(index)
        return f"ws://{f'[{host}]' if ':' in host else host}:{port}{path}"

    @property
    def publish_port(self):
        return int(self.addresses("embedded")[0].rpartition(":")[2])

    def publisher(self, **options):
        """redis-py, connected to the embedded port."""
        return redis_client.Redis(
            host="127.0.0.1", port=self.publish_port, **options
        )

    @property
    def admin_url(self):
        return "http://" + self.addresses("admin")[0]

    # -- what it says about itself

    def admin(self, path, method="GET"):
        """(status, body, headers) of a request to the admin listener."""
        request = urllib.request.Request(self.admin_url + path, method=method)
        try:
            with urllib.request.urlopen(request, timeout=seconds(5)) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers

    def api(self, path, method="GET", body=None, headers=None):
        """(status, what the JSON says) of a request to /api/ of admin."""
        request = urllib.request.Request(
            f"{self.admin_url}/api/{path}",
            body.encode() if isinstance(body, str) else body,
            headers or {},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=seconds(20)) as got:
                return got.status, json.load(got)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def metrics(self):
        """Every sample of /metrics: 'name' or 'name{labels}' to a number."""
        status, body, _ = self.admin("/metrics")
        assert status == 200
        samples = Samples()
        for line in body.splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def metric(self, name):
        return self.metrics()[name]

    def wait_metric(self, name, value, timeout=5):
        eventually(
            lambda: self.metrics().sum(name) == value,
            timeout,
            f"{name} == {value}",
        )

    def wait_deliveries(self, count):
        """Until so many messages were queued for a connection, or not taken
        any more because it is slow: one worker may be behind another."""
        newest = 'roomcast_deliveries_dropped_total{policy="drop_newest"}'

        def all_seen():
            m = self.metrics()
            return m["roomcast_deliveries_total"] + m[newest] == count

        eventually(all_seen, 5, f"{count} deliveries")

    def wait_ready(self, timeout=10):
        eventually(
            lambda: self.admin("/readyz")[0] == 200, timeout, "/readyz is 200"
        )

    @property
    def pid(self):
        return self.process.pid

    def open_fds(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    # -- its end

    def signal(self, number=signal.SIGTERM):
        self._is_told |= number in STOPS
        self.process.send_signal(number)

    def wait_exit(self, timeout=15):
        code = self.process.wait(seconds(timeout))
        self._reader.join(seconds(5))
        return code

    def kill(self):
        """As a crash would end it: no drain, nothing is checked."""
        self.process.kill()
        self.wait_exit()

    def assert_no_report(self):
        assert not SANITIZER.search(self.log()), self.log()

    def stop(self):
        """End it as an operator would, and insist on a clean end. Not told
        twice: that means at once, however much is still to be done."""
        if not self._is_told:
            self.signal(signal.SIGTERM)
        code = self.wait_exit()
        self.assert_no_report()
        assert code == 0, f"exit status {code}:\n{self.log()}"

    def finish(self):
        """At the end of a test: stop it unless the test did."""
        if self.process is None:
            return
        if self.process.poll() is None:
            try:
                self.stop()
            finally:
                if self.process.poll() is None:
                    self.kill()
        else:
            self.wait_exit()
            self.assert_no_report()
            assert self.process.returncode in (0, 1, -signal.SIGKILL), (
                f"it ended by itself with {self.process.returncode}:\n"
                + self.log()
            )
