"""Another malloc, preloaded: memory is given back in quiet, nothing more."""

import ctypes.util
import time
from pathlib import Path

import pytest

QUIET_S = 6.2  # the gateway gives memory back after 5 to 6 s
MALLOCS = ["jemalloc", "mimalloc", "tcmalloc_minimal"]


def find(name):
    library = ctypes.util.find_library(name)
    for folder in Path("/usr/lib").glob("*-linux-*"):
        if library and (folder / library).exists():
            return str(folder / library)
    return None


def is_sanitized(daemon):
    maps = Path(f"/proc/{daemon.pid}/maps").read_text()
    return "libasan" in maps or "libtsan" in maps


def burst(daemon, clients):
    pipe = daemon.publisher().pipeline(transaction=False)
    for i in range(50):
        pipe.publish("roomcast:room:lobby", f"{i}" * 1000)
    pipe.execute()
    for client in clients:
        assert len(client.recv_many(50)) == 50


@pytest.mark.waits
def test_quiet_and_a_burst_again(gateway, connect):
    libraries = [find(name) for name in MALLOCS]
    if not any(libraries):
        pytest.skip("no other malloc is installed")
    daemons = [gateway(workers=4)]
    if not is_sanitized(daemons[0]):
        daemons += [
            gateway(workers=4, env={"LD_PRELOAD": library})
            for library in libraries
            if library
        ]
    sessions = [
        (daemon, connect.many([daemon.ws_url()] * 40)) for daemon in daemons
    ]
    for daemon, clients in sessions:
        burst(daemon, clients)
    time.sleep(QUIET_S)
    for daemon, clients in sessions:
        burst(daemon, clients)
        assert daemon.process.poll() is None
