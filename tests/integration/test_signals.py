"""Signals: none kills by surprise, and the end is asked for twice to hurry."""

import re
import signal
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.ports import free_port
from rig.raw import Raw
from rig.waiting import eventually, seconds

WORKERS = (1, 2)
FOR_EVER = {"shutdown": {"drain": "1h"}}


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGTERM])
def test_quit_drains_as_term_does(gateway, connect, number):
    daemon = gateway()
    client = connect(daemon)
    daemon.signal(number)
    assert client.wait_closed().code == 1012
    assert daemon.wait_exit() == 0


def test_usr1_writes_the_state(gateway, connect):
    daemon = gateway()
    clients = connect.many([daemon.ws_url(f"/ws/{i % 2}") for i in range(4)])
    daemon.wait_metric("roomcast_connections", 4)
    daemon.signal(signal.SIGUSR1)
    pairs = daemon.wait_line(lambda x: x.event == "state").pairs
    assert pairs["connections"] == "4"
    assert int(pairs["rooms"]) >= 2
    assert pairs["backend"] == "up"
    assert pairs["queued_bytes"] == "0"
    assert pairs["phase"] == "serving" and pairs["kind"] == "embedded"
    assert int(pairs["workers"]) >= 1 and int(pairs["uptime_s"]) >= 0
    assert int(pairs["resident_bytes"]) > 1 << 20
    assert len(clients) == 4


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGALRM,
        signal.SIGHUP,
        signal.SIGPIPE,
    ],
)
def test_others_disturb_nobody(gateway, connect, number):
    daemon = gateway()
    client = connect(daemon)
    for _ in range(50):
        daemon.signal(number)
    daemon.publisher().publish("roomcast:room:lobby", "on")
    assert client.recv() == "on"
    assert daemon.admin("/healthz")[0] == 200


def test_a_signal_that_is_sent_twice_counts_once(gateway, raw):
    daemon = gateway(shutdown={"drain": "500ms"})
    s = raw.upgraded(daemon)
    daemon.signal(signal.SIGTERM)
    daemon.wait_log(r"info main: draining")
    daemon.signal(signal.SIGTERM)
    assert s.read_until_close().code == 1012
    s.close()
    assert daemon.wait_exit() == 0


@pytest.mark.workers(3)
def test_a_later_one_ends_it_at_once(gateway, raw):
    """Whatever its threads are at: one at least has nobody to wait for."""
    daemon = gateway(**FOR_EVER)
    sockets = [raw.upgraded(daemon) for _ in range(2)]
    daemon.signal(signal.SIGTERM)
    daemon.wait_log(r"info main: draining")

    def has_gone():
        daemon.signal(signal.SIGTERM)
        return daemon.process.poll() is not None

    eventually(has_gone, 5, "it has ended")
    assert daemon.wait_exit() == 1
    assert re.search("second signal: exiting at once", daemon.log())
    assert len(sockets) == 2


def test_a_broken_log_pipe_ends_nothing(tmp_path):
    """Notes are written to it before anything else is set up."""
    port = free_port()
    conf = merged(BASE, {"listen": [{"address": f"127.0.0.1:{port}"}]})
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    process = subprocess.Popen(
        [BINARY, "-c", str(path)], stderr=subprocess.PIPE
    )
    process.stderr.close()
    try:
        eventually(lambda: is_served(port), 10, "it serves")
        process.terminate()
        assert process.wait(seconds(10)) == 0
    finally:
        process.kill()
        process.wait()


def is_served(port):
    try:
        with Raw(("127.0.0.1", port)) as s:
            return s.handshake().status == 101
    except ConnectionRefusedError:
        return False
