"""Slow readers: what each policy does, and that nobody else notices."""


import pytest

from rig.raw import CLOSE, PING, TEXT, close_frame, frame
from rig.usage import cpu_seconds
from rig.waiting import eventually, work

WORKERS = (1, 2)

SLOW_CLOSED = 'roomcast_closed_total{reason="slow_consumer",code="1013"}'
SIZE = 8192


def start(gateway, policy, **more):
    """A daemon in which few messages fill what a slow reader may have."""
    return gateway(
        delivery={
            "queue": "64KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": policy,
        },
        **more,
    )


def slow_reader(raw, daemon):
    return raw.upgraded(daemon, receive_buffer=4096)


def numbered(i):
    return f"{i}:".ljust(SIZE, "x")


def publish(daemon, first, count, fast=None):
    """So many messages, each only when a fast reader has the one before."""
    publisher = daemon.publisher()
    for i in range(first, first + count):
        publisher.publish("roomcast:room:lobby", numbered(i))
        if fast:
            assert fast.recv() == numbered(i)


def number_of(got):
    return int(got.payload.split(b":")[0])


def test_disconnect_closes_the_slow_reader_with_1013(gateway, raw, connect):
    daemon = start(gateway, "disconnect")
    slow, fast = slow_reader(raw, daemon), connect(daemon)
    publish(daemon, 0, 100, fast)
    daemon.wait_metric(SLOW_CLOSED, 1)
    daemon.wait_metric("roomcast_connections", 1)
    # What it reads up to its end are whole frames in order, then the code.
    numbers = []
    for got in slow.frames_to_the_end():
        if got.opcode == CLOSE:
            assert got.code == 1013
            break
        numbers.append(number_of(got))
    assert numbers == list(range(len(numbers)))
    assert len(numbers) < 100


def test_drop_oldest_keeps_the_newest(gateway, raw, connect):
    daemon = start(gateway, "drop_oldest")
    slow, fast = slow_reader(raw, daemon), connect(daemon)
    publish(daemon, 0, 100, fast)
    daemon.wait_deliveries(200)
    dropped = daemon.metric(
        'roomcast_deliveries_dropped_total{policy="drop_oldest"}'
    )
    assert dropped > 0
    numbers = []
    while not numbers or numbers[-1] < 99:
        numbers.append(number_of(slow.read_frame()))
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 100 - dropped
    assert daemon.metric(SLOW_CLOSED) == 0
    publish(daemon, 100, 1)
    assert number_of(slow.read_frame()) == 100


def test_drop_newest_keeps_the_oldest(gateway, raw, connect):
    daemon = start(gateway, "drop_newest")
    slow, fast = slow_reader(raw, daemon), connect(daemon)
    publish(daemon, 0, 100, fast)
    daemon.wait_deliveries(200)
    dropped = int(
        daemon.metric(
            'roomcast_deliveries_dropped_total{policy="drop_newest"}'
        )
    )
    assert dropped > 0
    numbers = [number_of(slow.read_frame()) for _ in range(100 - dropped)]
    assert numbers == list(range(100 - dropped))
    daemon.wait_metric("roomcast_queued_bytes", 0)
    publish(daemon, 100, 1)
    assert number_of(slow.read_frame()) == 100
    assert daemon.metric(SLOW_CLOSED) == 0


@pytest.mark.parametrize("policy", ["disconnect", "drop_oldest", "drop_newest"])
def test_slow_readers_delay_nobody(gateway, raw, connect, policy):
    daemon = start(gateway, policy, workers=1)
    slow = [slow_reader(raw, daemon) for _ in range(30)]
    fast = connect(daemon)
    publisher = daemon.publisher()
    before = cpu_seconds(daemon.pid)
    for i in range(60):
        publisher.publish("roomcast:room:lobby", numbered(i))
        assert fast.recv() == numbered(i)
    assert cpu_seconds(daemon.pid) - before < work(1)
    assert len(slow) == 30


def test_queued_bytes_go_back_to_nothing(gateway, raw):
    daemon = start(gateway, "drop_newest")
    slow = slow_reader(raw, daemon)
    publish(daemon, 0, 40)
    eventually(lambda: daemon.metric("roomcast_queued_bytes") > 0)
    slow.reset()
    daemon.wait_metric("roomcast_queued_bytes", 0)
    daemon.wait_metric("roomcast_connections", 0)


def test_a_slow_reader_that_closes_gets_its_echo(gateway, raw):
    """The echo may come before what was queued, never inside a frame."""
    daemon = start(gateway, "drop_newest")
    slow = slow_reader(raw, daemon)
    publish(daemon, 0, 40)
    eventually(lambda: daemon.metric("roomcast_queued_bytes") > 0)
    slow.send(close_frame(1000))
    assert slow.read_until_close().code == 1000
    slow.wait_gone()


def test_a_reader_in_bursts_loses_nothing_within_its_queue(gateway, raw):
    daemon = gateway(
        delivery={"queue": "4MiB", "socket_buffer": "16KiB"},
    )
    s = slow_reader(raw, daemon)
    for burst in range(5):
        publish(daemon, burst * 50, 50)
        got = [number_of(s.read_frame()) for _ in range(50)]
        assert got == list(range(burst * 50, burst * 50 + 50))
    assert daemon.metric("roomcast_writes_blocked_total") > 0


def test_a_message_larger_than_the_queue_reaches_an_idle_reader_or_ends_it(
    gateway, raw
):
    """Never half a message: all of it, or the close of a slow reader."""
    daemon = start(gateway, "disconnect")
    s = raw.upgraded(daemon)
    daemon.publisher().publish("roomcast:room:lobby", "x" * 500_000)
    got = s.read_frame()
    if got.opcode == TEXT:
        assert len(got.payload) == 500_000
    else:
        assert got.code == 1013


def test_pings_reach_a_reader_with_a_full_queue(gateway, raw):
    """Keeping alive does not wait behind queued messages."""
    daemon = start(
        gateway,
        "drop_newest",
        keepalive={"ping_interval": "1s", "pong_timeout": "30s"},
    )
    slow = slow_reader(raw, daemon)
    publish(daemon, 0, 40)
    daemon.wait_deliveries(40)
    eventually(lambda: daemon.metric("roomcast_pings_total") >= 1)
    kept = 40 - daemon.metric(
        'roomcast_deliveries_dropped_total{policy="drop_newest"}'
    )
    opcodes = []
    while PING not in opcodes:
        opcodes.append(slow.read_frame().opcode)
    assert opcodes.count(TEXT) < kept


def test_a_flood_of_pings_from_one_that_never_reads(gateway, raw, connect):
    daemon = gateway(
        limits={"inbound_rate": 1000}, delivery={"socket_buffer": "4KiB"}
    )
    witness = connect(daemon)
    bad = slow_reader(raw, daemon)
    try:
        for _ in range(40):
            bad.send(frame(PING, b"p" * 125) * 100)
    except (ConnectionError, TimeoutError):
        pass
    daemon.publisher().publish("roomcast:room:lobby", "calm")
    assert witness.recv() == "calm"
    assert daemon.metric("roomcast_queued_bytes") < 1 << 20
