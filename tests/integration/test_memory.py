"""delivery.memory: many stalled readers, and who of them goes."""

import re
import time
from pathlib import Path

import pytest

from rig.cgroup import bounded
from rig.gateway import BINARY
from rig.raw import CLOSE
from rig.waiting import eventually

WORKERS = (1, 2)

MIB = 1 << 20
SANITIZED = "asan" in BINARY or "tsan" in BINARY  # they keep what is freed
DELIVERIES = "roomcast_deliveries_total"
QUEUED = "roomcast_queued_memory_bytes"
CLOSED = 'roomcast_closed_total{reason="queue_memory",code="1013"}'
SLOW = 'roomcast_closed_total{reason="slow_consumer",code="1013"}'
LINE = "too much is queued: closing the clients that hold most"


def peak(daemon, key="VmHWM"):
    status = Path(f"/proc/{daemon.pid}/status").read_text()
    return int(re.search(rf"{key}:\s+(\d+) kB", status)[1]) * 1024


def stalled(raw, daemon, count):
    """So many readers that never read, each in a room of its own."""
    return [
        raw.upgraded(daemon, f"/ws/stalled-{i}", receive_buffer=4096)
        for i in range(count)
    ]


def publish(daemon, rooms, size, first=0):
    """One message of this size to each of the rooms."""
    pipe = daemon.publisher().pipeline(transaction=False)
    for i in range(first, first + rooms):
        pipe.publish(f"roomcast:room:stalled-{i}", b"x" * size)
    return sum(pipe.execute())


def is_quiet(daemon):
    """Everything that was published has been queued, or let go."""
    before = daemon.metrics()
    time.sleep(0.5)  # a worker with something to do is not idle for so long
    after = daemon.metrics()
    return all(before[key] == after[key] for key in (DELIVERIES, QUEUED))


def grow_until_one_goes(daemon, room):
    """Slowly: each worker weighs its own before the memory is full."""
    count = daemon.metric(DELIVERIES)
    for _ in range(30):
        count += publish(daemon, 1, 250_000, first=room)
        eventually(
            lambda: daemon.metric(DELIVERIES) == count or daemon.metric(CLOSED),
            what="it is queued, or one has gone",
        )
        if daemon.metric(CLOSED):
            break
    daemon.wait_metric(CLOSED, 1)


@pytest.mark.workers(2, long=[1])
@pytest.mark.parametrize("size", [20_000, 500_000])
def test_400_stalled_readers_in_256_mib(bounded, gateway, raw, connect, size):
    """At the defaults; what is sent is three times delivery.memory."""
    group = None if SANITIZED else bounded(256 * MIB)
    daemon = gateway(preexec=group and group.join, log={"level": "info"})
    began = time.monotonic()
    witness = connect(daemon)
    readers = stalled(raw, daemon, 400)
    for _ in range(1 + 400 * MIB // size // 400):
        publish(daemon, 400, size)
    assert len(readers) == 400
    eventually(lambda: is_quiet(daemon), 10, "all is queued or let go")
    daemon.publisher().publish("roomcast:room:lobby", "calm")
    assert witness.recv() == "calm"
    metrics = daemon.metrics()
    assert metrics[CLOSED] > 0
    assert metrics[QUEUED] <= 129 * MIB
    if size < 100_000:
        # Of large messages the half-written ones are most of what waits, and
        # they go when those who were closed are cut off, after 5 s.
        assert metrics[QUEUED] >= 64 * MIB, "no more go than must"
    lines = daemon.log().count(LINE)
    assert 1 <= lines <= 1 + (time.monotonic() - began) / 10
    if not SANITIZED:
        assert peak(daemon) < 256 * MIB
    if group:
        assert group.is_within(), "with the kernel's socket buffers"


def test_small_messages_count_as_what_they_take(gateway, raw):
    """Of one byte each, in rooms of one, nearly all is what is around it."""
    daemon = gateway(
        delivery={"memory": "16MiB", "queue": "1MiB", "socket_buffer": "4KiB"},
        log={"level": "info"},
    )
    readers = stalled(raw, daemon, 2)
    before = peak(daemon, "VmRSS")
    for _ in range(20):
        pipe = daemon.publisher().pipeline(transaction=False)
        for i in range(2000):
            pipe.publish(f"roomcast:room:stalled-{i % 2}", "x")
        pipe.execute()
    daemon.wait_metric(SLOW, len(readers))
    if not SANITIZED:
        # Two queues of 1 MiB, each over it by as much for a moment.
        assert peak(daemon) - before < 8 * MIB


def test_the_heaviest_goes_first(gateway, raw):
    daemon = gateway(
        delivery={
            "memory": "8MiB",
            "queue": "16MiB",
            "socket_buffer": "4KiB",
        },
        log={"level": "info"},
    )
    readers = stalled(raw, daemon, 41)
    heavy = readers.pop(20)
    for _ in range(4):
        publish(daemon, 20, 30_000)
        publish(daemon, 20, 30_000, first=21)
    daemon.wait_metric(DELIVERIES, 160)
    assert daemon.metric(CLOSED) == 0
    grow_until_one_goes(daemon, 20)
    eventually(lambda: is_quiet(daemon), 5)
    daemon.wait_metric(CLOSED, 1)
    assert heavy.read_until_close().code == 1013
    assert readers[0].read_frame().opcode != CLOSE


def test_what_many_wait_for_is_nobodys_burden(gateway, raw):
    """A room's members share what they wait for; one alone holds its own."""
    daemon = gateway(
        delivery={
            "memory": "8MiB",
            "queue": "16MiB",
            "socket_buffer": "4KiB",
        },
        log={"level": "info"},
    )
    many = [raw.upgraded(daemon, receive_buffer=4096) for _ in range(50)]
    alone = stalled(raw, daemon, 1)[0]
    for _ in range(5):
        daemon.publisher().publish("roomcast:room:lobby", b"x" * 1_000_000)
    daemon.wait_metric(DELIVERIES, 5 * len(many))
    assert daemon.metric(QUEUED) < 8 * MIB
    grow_until_one_goes(daemon, 0)
    assert alone.read_until_close().code == 1013
    daemon.wait_metric("roomcast_connections", len(many))


def test_it_is_all_given_back(gateway, raw):
    daemon = gateway(delivery={"slow_consumer": "drop_oldest"})
    readers = stalled(raw, daemon, 20)
    for _ in range(20):
        publish(daemon, 20, 100_000)
    eventually(lambda: daemon.metric(QUEUED) > 20 * MIB)
    for reader in readers:
        reader.reset()
    daemon.wait_metric("roomcast_connections", 0)
    daemon.wait_metric(QUEUED, 0)
