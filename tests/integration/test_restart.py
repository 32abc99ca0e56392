"""A restart: who is sent away finds an open door, at once or in a moment."""

import os
import re
import signal
import socket
import statistics
import subprocess
from pathlib import Path

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.ports import free_port
from rig.proc import words_of
from rig.raw import Raw, request
from rig.returning import returning
from rig.waiting import eventually, seconds

WORKERS = (1, 2)

# What systemd does with a service and its socket: the socket stays open, and
# the next process starts when the last one has ended. systemd-socket-activate
# listens and starts this with the socket as descriptor 3.
SUPERVISOR = """\
while :; do
    bash -c 'export LISTEN_PID=$$; exec "$@"' _ "$@" &
    echo $! > "$PID_FILE"
    wait $!
    echo $? >> "$STATUS_FILE"
    [ -e "$PID_FILE.end" ] && exit 0
done
"""


class Supervised:
    """A gateway under systemd-socket-activate, restarted whenever it ends."""

    def __init__(self, folder, addresses, conf):
        self.pid_file = folder / "pid"
        self.status_file = folder / "status"
        self.log_path = folder / "log"
        self.conf = write_conf(folder / "conf", conf)
        self.addresses = addresses

    def start(self):
        listens = [f"--listen={x}" for x in self.addresses]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [
                    "systemd-socket-activate",
                    *listens,
                    f"--setenv=PID_FILE={self.pid_file}",
                    f"--setenv=STATUS_FILE={self.status_file}",
                    *self._passed_on(),
                    "bash",
                    *("-c", SUPERVISOR, "_"),
                    *(str(BINARY_PATH), "-c", str(self.conf)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.wait_log("Listening on", count=len(self.addresses))
        return self

    def _passed_on(self):
        wanted = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
        return [f"--setenv={x}" for x in wanted if x in os.environ]

    def log(self):
        return self.log_path.read_text()

    def wait_log(self, text, count=1):
        def found():
            assert self.process.poll() is None, self.log()
            return self.log().count(text) >= count

        eventually(found, 10, f"{count} times in the log: {text}")

    def statuses(self):
        if not self.status_file.exists():
            return []
        return [int(x) for x in self.status_file.read_text().split()]

    def signal(self, number=signal.SIGTERM):
        os.kill(int(self.pid_file.read_text()), number)

    def restart(self):
        # Clients get in before that line.
        starts = len(self.statuses()) + 1
        self.wait_log(" info main: started", starts)
        self.signal()
        self.wait_log(" info main: started", starts + 1)

    def finish(self):
        if self.process.poll() is None:
            Path(f"{self.pid_file}.end").touch()
            if self.pid_file.exists():
                self.signal()
            else:
                self.process.terminate()
        try:
            self.process.wait(seconds(10))
        finally:
            print(self.log())
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait(10)


BINARY_PATH = Path(BINARY).resolve()


@pytest.fixture
def supervised(tmp_path):
    """Start one on these addresses; sections are laid over BASE."""
    started = []

    def start(*addresses, **sections):
        folder = tmp_path / f"supervised-{len(started)}"
        folder.mkdir()
        sections.setdefault("listen", [{"address": x} for x in addresses])
        started.append(
            Supervised(folder, addresses, merged(BASE, sections))
        )
        return started[-1].start()

    yield start
    for one in started:
        one.finish()


# --- the delay


def ready(daemon):
    return daemon.admin("/readyz")[0] == 200


def health_of(daemon):
    """What the clients' port says to a balancer."""
    with Raw(daemon.address()) as s:
        s.send(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        return s.read_response().status


def test_in_the_delay_it_is_not_ready_but_lets_clients_in(
    gateway, connect
):
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "health": "/health"}],
        shutdown={"delay": "1h", "drain": "100ms"},
    )
    before = connect(daemon)
    assert health_of(daemon) == 200
    daemon.signal()
    line = daemon.wait_line(
        lambda x: x.event == "stopping: not ready, still accepting"
    )
    assert line.pairs["delay_ms"] == "3600000"
    assert not ready(daemon)
    assert health_of(daemon) == 503
    during = connect(daemon)
    daemon.publisher().publish("roomcast:room:lobby", "still here")
    assert [x.recv() for x in (before, during)] == ["still here"] * 2
    daemon.kill()


def test_the_drain_follows_the_delay(gateway, connect):
    daemon = gateway(shutdown={"delay": "200ms", "drain": "100ms"})
    client = connect(daemon)
    daemon.signal()
    assert client.wait_closed().code == 1012
    assert daemon.wait_exit() == 0
    events = [x for x in daemon.log().splitlines() if " info main: " in x]
    assert "stopping: not ready" in events[-3]
    assert "draining" in events[-2]
    assert "stopped" in events[-1]


# --- systemd's sockets


def test_a_passed_socket_is_served(supervised, connect):
    port = free_port()
    one = supervised(f"127.0.0.1:{port}")
    connect(f"ws://127.0.0.1:{port}/ws/lobby")
    one.wait_log("inherited=yes")


@pytest.mark.parametrize(
    "passed, configured",
    [
        ("{port}", "*:{port}"),
        ("[::1]:{port}", "[0::1]:{port}"),
        ("0.0.0.0:{port}", "0.0.0.0:{port}"),
        ("{folder}/ws", "unix:{folder}/ws"),
        ("127.0.0.1:{port}", "localhost:{port}"),
    ],
)
def test_passed_sockets_are_known_by_their_address(
    supervised, tmp_path, raw, passed, configured
):
    values = {"port": free_port(), "folder": tmp_path}
    one = supervised(
        passed.format(**values),
        listen=[{"address": configured.format(**values)}],
    )
    if "ws" in passed:
        raw.upgraded(str(tmp_path / "ws"))
    else:
        host = "::1" if "::1" in passed else "127.0.0.1"
        raw.upgraded((host, values["port"]))
    one.wait_log("inherited=yes")


def test_each_socket_finds_its_listener(supervised, raw, tmp_path):
    """Whatever the order; and those that are not passed are opened."""
    first, second, third = free_port(), free_port(), free_port()
    one = supervised(
        f"127.0.0.1:{second}",
        f"127.0.0.1:{first}",
        listen=[
            {"address": f"127.0.0.1:{first}"},
            {
                "address": f"127.0.0.1:{second}",
                "proxy_protocol": True,
                "trusted": ["127.0.0.1"],
            },
            {"address": f"127.0.0.1:{third}"},
        ],
    )
    raw.upgraded(("127.0.0.1", first))
    raw.upgraded(("127.0.0.1", third))
    with raw(("127.0.0.1", second)) as s:
        s.send(b"PROXY TCP4 192.0.2.1 127.0.0.1 4711 80\r\n" + request())
        assert s.read_response().status == 101
    assert one.log().count("inherited=yes") == 2
    assert one.log().count("inherited=no") == 1


def test_publishers_and_operators_have_their_sockets_too(
    supervised, raw, tmp_path
):
    ws, publish, admin = free_port(), free_port(), free_port()
    one = supervised(
        *(f"127.0.0.1:{x}" for x in (admin, publish, ws)),
        listen=[{"address": f"127.0.0.1:{ws}"}],
        embedded={"listen": f"127.0.0.1:{publish}"},
        admin={"listen": f"127.0.0.1:{admin}"},
    )
    raw.upgraded(("127.0.0.1", ws))
    one.restart()
    for port in ws, publish, admin:
        with socket.create_connection(("127.0.0.1", port), seconds(5)):
            pass
    assert one.statuses() == [0]


def test_a_socket_that_nobody_would_serve_ends_the_start(tmp_path):
    port = free_port()
    conf = write_conf(tmp_path / "conf", BASE)
    with socket.create_server(("127.0.0.1", port)) as s:
        done = subprocess.run(
            [
                "bash",
                "-c",
                f'exec 3<&{s.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"',
                "_",
                BINARY,
                "-c",
                conf,
            ],
            pass_fds=[s.fileno()],
            capture_output=True,
            text=True,
            timeout=seconds(10),
        )
    assert done.returncode == 1
    assert f"passes a socket (127.0.0.1:{port}) that no listen" in done.stderr


def test_sockets_for_another_process_are_left_alone(gateway, raw):
    daemon = gateway(env={"LISTEN_FDS": "1", "LISTEN_PID": "1"})
    raw.upgraded(daemon)


def test_a_restart_under_its_socket_refuses_nobody(supervised, returning):
    """With the defaults of delay and drain."""
    port = free_port()
    one = supervised(f"127.0.0.1:{port}", shutdown=None)
    clients = returning(("127.0.0.1", port), 100)
    clients.wait_inside()
    clients.codes.clear()
    one.restart()
    eventually(lambda: len(clients.away) == 100, 20, "all have come back")
    clients.wait_inside()
    assert clients.codes == [1012] * 100
    assert clients.connects_refused == 0
    assert clients.handshakes_failed == []
    assert one.statuses() == [0]
    print("away, median:", statistics.median(clients.away))


def test_workers_share_a_socket_fairly(supervised, raw, tmp_path):
    port, admin = free_port(), free_port()
    one = supervised(
        f"127.0.0.1:{port}",
        listen=[{"address": f"127.0.0.1:{port}"}],
        workers=4,
        limits={"connections": 1000},
    )
    sockets = [raw.upgraded(("127.0.0.1", port)) for _ in range(200)]
    # Each thread has its clients in an epoll set of its own.
    pid = int(one.pid_file.read_text())
    counts = [
        len(re.findall("^tfd:", words_of(path) or "", re.MULTILINE))
        for path in Path(f"/proc/{pid}/fdinfo").iterdir()
    ]
    shares = sorted(counts)[-4:]
    assert sum(shares) >= 200
    assert min(shares) > 25 and max(shares) < 80, shares
    assert len(sockets) == 200
