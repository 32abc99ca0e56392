"""A thread that stands still is seen, named, and told to the manager."""

import os
import socket
import time

import pytest

from rig.tracing import frozen, threads
from rig.waiting import eventually, seconds

BEAT_US = 300_000


class Manager:
    """The service manager's end of the notifications."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.env = {
            "NOTIFY_SOCKET": str(path),
            "WATCHDOG_USEC": str(BEAT_US),
        }

    def forget(self):
        """What has come so far."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(64)
        except BlockingIOError:
            pass

    def hears(self, timeout):
        """Whether a beat comes in time."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if self.socket.recv(64) == b"WATCHDOG=1":
                    return True
            except TimeoutError:
                break
        return False


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path / "notify")
    yield made
    made.socket.close()


@pytest.mark.waits
def test_a_stuck_worker_does_not_keep_the_gateway(gateway):
    # It leaves threads behind on purpose.
    options = os.environ.get("TSAN_OPTIONS", "") + ":report_thread_leaks=0"
    daemon = gateway(workers=2, env={"TSAN_OPTIONS": options})
    with frozen(threads(daemon.pid)["worker-1"]):
        daemon.signal()
        daemon.wait_log(
            r"error main: a worker is stuck: exiting without it worker=1"
        )
        daemon.wait_log(r" main: draining")
    assert daemon.wait_exit() == 1


@pytest.mark.waits
def test_a_stuck_worker_is_seen_and_named(gateway, manager):
    daemon = gateway(workers=2, env=manager.env)
    by_name = threads(daemon.pid)
    assert {"worker-0", "worker-1"} <= set(by_name)
    assert manager.hears(seconds(5))
    with frozen(by_name["worker-1"]):
        eventually(lambda: daemon.admin("/healthz")[0] == 503, 10, "503")
        assert "worker-1" in daemon.admin("/healthz")[1]
        assert daemon.metric('roomcast_worker_lag_seconds{worker="1"}') >= 4.5
        daemon.wait_log(r"error hub: a worker is stuck.* worker=1 ")
        manager.forget()
        assert not manager.hears(4 * BEAT_US / 1e6)
    eventually(lambda: daemon.admin("/healthz")[0] == 200, 5, "200")
    daemon.wait_log(r"info hub: the worker answers again worker=1 ")
    assert manager.hears(seconds(5))
    assert len([x for x in daemon.lines if "is stuck" in x]) == 1


def test_the_only_thread_tells_the_manager_while_it_turns(gateway, manager):
    daemon = gateway(workers=1, env=manager.env)
    assert manager.hears(seconds(5))
    assert daemon.admin("/healthz")[0] == 200
    with frozen(daemon.pid):
        manager.forget()
        assert not manager.hears(4 * BEAT_US / 1e6)
    assert manager.hears(seconds(5))
    assert daemon.admin("/healthz")[0] == 200


def test_another_process_is_not_the_one_that_is_asked(gateway, manager):
    env = {**manager.env, "WATCHDOG_PID": str(os.getpid())}
    daemon = gateway(env=env)
    assert daemon.admin("/healthz")[0] == 200
    assert not manager.hears(4 * BEAT_US / 1e6)
