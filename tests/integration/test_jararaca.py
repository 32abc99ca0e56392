"""An unmodified Jararaca publishes through conf/jararaca.yaml's channels."""

import os
import subprocess

import pytest

from rig.gateway import ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside

VENV = ROOT / "build" / "jararaca"

# What an app does: the class that its docs name, on a Redis of its own.
PUBLISH = """
import asyncio, sys
from redis.asyncio import Redis
from jararaca.presentation.websocket.redis import RedisWebSocketConnectionBackend

async def main(url):
    backend = RedisWebSocketConnectionBackend(
        conn=Redis.from_url(url),
        send_pubsub_channel="jararaca:websocket:send",
        broadcast_pubsub_channel="jararaca:websocket:broadcast",
    )
    for i in range(100):
        await backend.send(["chat-1", "chat-2"], b'{"n": %d, "big": 12345678901234567890}' % i)
    await backend.broadcast(b"\\x00\\xff raw")
    await backend.redis.aclose()

asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture(scope="session")
def jararaca():
    """A python that has Jararaca, from PyPI: fetched in CI, or on request."""
    python = VENV / "bin" / "python"
    probe = [str(python), "-c", "import jararaca, redis"]
    if python.exists() and subprocess.run(probe, check=False).returncode == 0:
        return python
    if os.environ.get("CI") != "true":
        pytest.skip("CI=true makes this test fetch Jararaca from PyPI")
    subprocess.run(["/usr/bin/python3", "-m", "venv", VENV], check=True)
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "jararaca", "redis"],
        check=True,
        timeout=1200,  # a machine that does much else, a slow registry
    )
    return python


def test_its_publishers_work_unchanged(
    gateway, connect, redis_server, jararaca
):
    """Two instances, three workers each, members of one room on all."""
    sections = {
        "channels": {
            "send": "jararaca:websocket:send",
            "broadcast": "jararaca:websocket:broadcast",
        },
        "routes": [
            {"path": "/ws", "rooms": ["{query.rooms}"], "frames": "binary"}
        ],
        "workers": 3,
    }
    daemons = [gateway(redis_server, **sections) for _ in range(2)]
    clients = []
    for daemon in daemons:
        daemon.wait_ready()
        for _ in range(6):
            clients.append(connect(daemon, "/ws?rooms=chat-1,chat-2"))
            clients.append(connect(daemon, "/ws?rooms=chat-2"))
    subprocess.run(
        [jararaca, "-c", PUBLISH, redis_server.url],
        check=True,
        timeout=seconds(60),
    )
    expected = [
        b'{"n": %d, "big": 12345678901234567890}' % i for i in range(100)
    ] + [b"\x00\xff raw"]
    for client in clients:
        assert client.recv_many(len(expected)) == expected
