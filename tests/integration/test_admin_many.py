"""A list of thousands of connections is made while messages flow."""

import subprocess
import sys
import time

import pytest

from rig.raw import Raw, request
from rig.waiting import seconds

pytestmark = pytest.mark.long

WORKERS = (1, 2)
MANY = 15000
MESSAGES = 1000

# In a process of its own: what it computes holds up nobody here. A line for
# each list, by its pages: how many were in it, how many of them once.
LISTER = """
import itertools, json, sys, urllib.request
for sort in itertools.cycle(["", "&sort=queue"]):
    ids, following = [], ""
    while following is not None:
        url = f"{sys.argv[1]}/api/connections?limit=1000{sort}{following}"
        with urllib.request.urlopen(url, timeout=600) as got:
            body = json.load(got)
        ids += [c["id"] for c in body["connections"]]
        following = body["next"] and "&next=" + body["next"]
    print(len(ids), len(set(ids)), flush=True)
"""


def crowd(daemon, count):
    """So many who only listen, each in a room of its own."""
    clients = []
    for at in range(0, count, 100):
        some = [Raw(daemon.address(), timeout=60) for _ in range(100)]
        for number, client in enumerate(some):
            client.send(request(f"/ws/r{at + number}"))
        for client in some:
            assert client.read_response().status == 101
        clients += some
    return clients


def latencies(publisher, client, count):
    """How long each of so many messages took, one behind the other."""
    took = []
    for number in range(count):
        begin = time.perf_counter()
        publisher.publish("roomcast:room:live", str(number))
        assert client.recv() == str(number)
        took.append(time.perf_counter() - begin)
    return sorted(took)


def told(took):
    p50, p99 = (took[len(took) * part // 100] for part in (50, 99))
    return f"p50 {p50 * 1e6:.0f} us, p99 {p99 * 1e6:.0f}, most {took[-1] * 1e6:.0f}"


def test_it_holds_up_no_message(gateway, connect, workers):
    daemon = gateway(
        workers=workers,
        limits={"connections": MANY + 100},
        keepalive={"ping_interval": "1h"},
        log={"level": "info"},
    )
    everybody = crowd(daemon, MANY)
    client, publisher = connect(daemon, "/ws/live"), daemon.publisher()
    latencies(publisher, client, MESSAGES)
    alone = latencies(publisher, client, MESSAGES)
    lister = subprocess.Popen(
        [sys.executable, "-c", LISTER, daemon.admin_url],
        stdout=subprocess.PIPE, text=True,
    )
    try:
        listed = [lister.stdout.readline()]
        beside = latencies(publisher, client, MESSAGES)
        listed += [lister.stdout.readline() for _ in range(2)]
    finally:
        lister.kill()
        lister.wait()
        for one in everybody:
            one.close()
    print("alone: ", told(alone), "\nbeside:", told(beside))
    assert listed[0] == f"{MANY + 1} {MANY + 1}\n"
    assert set(listed) == set(listed[:1])
    # What it costs is a matter of the machine; that it waits for no list is not.
    assert beside[len(beside) * 99 // 100] < seconds(1)
