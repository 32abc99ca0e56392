"""Ten thousand connections, each of which checks every frame it gets."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from rig.gateway import BINARY
from rig.sizes import sizes
from rig.waiting import seconds

WORKERS = (1, 2)

LOAD = Path(BINARY).resolve().parent / "bench" / "load"
IS_SANITIZED = "ROOMCAST_TIME_FACTOR" in os.environ


def load(daemon, *options):
    """Run the load client; its report. It fails on any loss or doubling."""
    done = subprocess.run(
        [
            LOAD,
            "--publish",
            f"redis://127.0.0.1:{daemon.publish_port}",
            "--server-pid",
            str(daemon.pid),
            "--patience",
            str(int(seconds(10) * 1000)),
            *options,
            daemon.ws_url("/ws/%d"),
        ],
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds(60),
        check=False,
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    return report


def assert_exact(report, deliveries):
    assert report["deliveries"] == report["expected"] == deliveries
    for kind in ("lost", "duplicated", "reordered", "foreign", "damaged"):
        assert report[kind] == 0, kind


@pytest.mark.waits
@pytest.mark.workers(2)
@sizes("rooms", 20, 100)
def test_members_of_many_rooms_get_their_messages_and_no_others(
    gateway, rooms
):
    daemon = gateway(log={"level": "info"}, shutdown={"drain": "0s"})
    members, messages = 100, 10 * rooms
    report = load(
        daemon,
        "--connections",
        str(rooms * members),
        "--rooms",
        str(rooms),
        "--messages",
        str(messages),
    )
    assert_exact(report, messages * members)
    if not IS_SANITIZED:
        before, after = report["memory_before"], report["memory_connected"]
        each = (after["anon"] - before["anon"]) / (rooms * members)
        assert each < 1024


@pytest.mark.waits
@pytest.mark.workers(2, long=[1])
def test_one_large_room_gets_every_message_once(gateway):
    daemon = gateway(log={"level": "info"}, shutdown={"drain": "0s"})
    report = load(
        daemon, "--connections", "2000", "--messages", "1000", "--size", "512"
    )
    assert_exact(report, 2000 * 1000)


def test_envelopes_reach_many_rooms(gateway):
    daemon = gateway(log={"level": "info"}, shutdown={"drain": "0s"})
    report = load(
        daemon,
        *("--connections", "1000", "--rooms", "500", "--messages", "5000"),
        *("--form", "envelope"),
    )
    assert_exact(report, 5000 * 2)
