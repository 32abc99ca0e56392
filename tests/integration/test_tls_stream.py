"""What a TLS stream carries when its reader is slow: all of it, in order."""

import functools

import pytest

from rig.raw import CLOSE, PING, PONG, TEXT, close_frame, frame
from rig.tls import certificates, secure, trusting
from rig.waiting import eventually

WORKERS = (1, 2)

MIB = 1 << 20
WRITES = "roomcast_writes_total"
BLOCKED = "roomcast_writes_blocked_total"
SLOW = 'roomcast_closed_total{reason="slow_consumer",code="1013"}'
SMALL = 16384  # buffers in the kernel that big messages do not fit into


@functools.cache
def numbered(number, size):
    """Content in which each place tells whose it is and where."""
    words = b"".join(
        b"%05d@%07d " % (number, at) for at in range(0, size + 14, 14)
    )
    return words[:size]


def number_of(content):
    number = int(content[:5])
    assert content == numbered(number, len(content))
    return number


@pytest.fixture
def slow(gateway, secure, certificates):
    """A gateway with small buffers, and a reader that does not read yet."""

    def start(**delivery):
        daemon = gateway(
            listen=[
                {
                    "address": "127.0.0.1:0",
                    "tls": certificates.first.section,
                }
            ],
            limits={"inbound_rate": 0},
            delivery={"socket_buffer": "16KiB", **delivery},
            log={"level": "info"},
        )
        context = trusting(certificates.first)
        s = secure(daemon, context, receive_buffer=SMALL).upgrade()
        return daemon, s

    return start


def publish(daemon, count, size, first=0):
    publisher = daemon.publisher()
    for i in range(first, first + count):
        publisher.publish("roomcast:room:lobby", numbered(i, size))


def wait_blocked(daemon):
    eventually(lambda: daemon.metric(BLOCKED) > 0, 5, "a write is blocked")


def test_a_message_of_four_records_is_one_write(
    gateway, secure, certificates
):
    """Who can take it waits for nothing in the middle of it."""
    daemon = gateway(
        listen=[
            {"address": "127.0.0.1:0", "tls": certificates.first.section}
        ],
    )
    context = trusting(certificates.first)
    members = [secure(daemon, context).upgrade() for _ in range(3)]
    daemon.wait_metric(WRITES, 3)  # each is counted behind its write
    publish(daemon, 1, 65536)
    for s in members:
        assert len(s.read_frame().payload) == 65536
    daemon.wait_metric(WRITES, 3 + 3)
    assert daemon.metric(BLOCKED) == 0


def test_messages_of_a_mebibyte(slow):
    daemon, s = slow(queue="32MiB", socket_buffer="256KiB")
    publish(daemon, 8, MIB)
    for i in range(8):
        got = s.read_frame()
        assert (got.opcode, number_of(got.payload)) == (TEXT, i)
        assert len(got.payload) == MIB


def test_pongs_stand_between_messages_that_wait(slow):
    daemon, s = slow(queue="32MiB")
    publish(daemon, 6, MIB)
    wait_blocked(daemon)
    for i in range(40):
        s.send(frame(PING, b"%d" % i))
        s.read_some(100_000)
    frames = [s.read_frame() for _ in range(6 + 40)]
    messages = [f for f in frames if f.opcode == TEXT]
    pongs = [f.payload for f in frames if f.opcode == PONG]
    assert [number_of(m.payload) for m in messages] == list(range(6))
    assert pongs == [b"%d" % i for i in range(40)]
    # The first pong waits for the message that is half written, no longer.
    assert frames[0].opcode == TEXT and frames[1].opcode == PONG


def test_small_messages_behind_and_between_big_ones(slow):
    daemon, s = slow(queue="32MiB")
    sizes = [1, MIB, 125, 126, 65535, 65536, 16384, 16380, 3, 500_000] * 3
    publisher = daemon.publisher()
    for size in sizes:
        publisher.publish("roomcast:room:lobby", numbered(0, size))
    wait_blocked(daemon)
    for size in sizes:
        got = s.read_frame()
        assert got.payload == numbered(0, size)


def test_a_reader_of_single_bytes_at_first(slow):
    daemon, s = slow(queue="8MiB")
    publish(daemon, 3, 300_000)
    wait_blocked(daemon)
    for _ in range(2000):
        s.buffer += s.socket.recv(1)
    for i in range(3):
        assert number_of(s.read_frame().payload) == i


def test_disconnect_ends_on_a_whole_frame_with_1013(slow):
    daemon, s = slow(queue="256KiB")
    publish(daemon, 60, 32768)
    daemon.wait_metric(SLOW, 1)
    got, numbers = s.read_frame(), []
    while got.opcode != CLOSE:
        numbers.append(number_of(got.payload))
        got = s.read_frame()
    assert got.code == 1013
    assert numbers == list(range(len(numbers))) and len(numbers) < 60
    s.send(close_frame(1013))
    assert s.read_to_end() == b""  # with a close_notify
    daemon.wait_metric("roomcast_queued_bytes", 0)


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_what_is_dropped_is_dropped_whole(slow, policy):
    daemon, s = slow(queue="256KiB", slow_consumer=policy)
    publish(daemon, 60, 32768)
    dropped = f'roomcast_deliveries_dropped_total{{policy="{policy}"}}'
    daemon.wait_deliveries(60)
    lost = int(daemon.metric(dropped))
    numbers = [number_of(s.read_frame().payload) for _ in range(60 - lost)]
    assert numbers == sorted(set(numbers)) and lost > 0
    # Which are lost in between depends on when the kernel took some more.
    if policy == "drop_oldest":
        assert numbers[-1] == 59
    else:
        assert numbers[0] == 0
    publish(daemon, 1, 10, first=99)
    assert number_of(s.read_frame().payload) == 99


def test_a_reader_that_never_reads_holds_nobody_up(slow, secure, certificates):
    daemon, _stuck = slow(queue="64MiB")
    quick = secure(daemon, trusting(certificates.first)).upgrade()
    publish(daemon, 10, MIB)
    for i in range(10):
        assert number_of(quick.read_frame().payload) == i
    wait_blocked(daemon)


def test_keepalive_goes_on_while_data_waits(gateway, secure, certificates):
    """The reader answers pings, which stand between its messages."""
    daemon = gateway(
        listen=[
            {"address": "127.0.0.1:0", "tls": certificates.first.section}
        ],
        # The time is the reader's, which a sanitizer's machine may not give.
        keepalive={"ping_interval": "1s", "pong_timeout": "10s"},
        delivery={"queue": "32MiB", "socket_buffer": "16KiB"},
    )
    s = secure(
        daemon, trusting(certificates.first), receive_buffer=SMALL
    ).upgrade()
    publish(daemon, 4, MIB)
    numbers, pings = [], 0
    while len(numbers) < 4 or pings < 2:
        got = s.read_frame()
        if got.opcode == PING:
            pings += 1
            s.send(frame(PONG, got.payload, masked=True))
        else:
            numbers.append(number_of(got.payload))
    assert numbers == [0, 1, 2, 3]
