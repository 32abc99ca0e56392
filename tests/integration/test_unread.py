"""Peers that hold something open: a message, a queue, their own end."""

import threading
import time

import pytest

from rig.raw import CLOSE, CONTINUATION, PING, PONG, TEXT, close_frame, frame
from rig.tls import certificates, secure, trusting
from rig.waiting import TIME_FACTOR, seconds

WORKERS = (1, 2)

# What who answers, or ends a message, has time for on a busy machine.
PATIENCE_S = 1 + TIME_FACTOR
KEEPALIVE = {"ping_interval": "1s", "pong_timeout": f"{PATIENCE_S:g}s"}
UNFINISHED = 'roomcast_closed_total{reason="unfinished_message",code="1008"}'
PONG_TIMEOUT = 'roomcast_closed_total{reason="pong_timeout",code="1006"}'
SLOW = 'roomcast_closed_total{reason="slow_consumer",code="1013"}'


class Pongs:
    """Sends a pong now and then, whether it was pinged or not."""

    def __init__(self, peer):
        self.peer = peer
        self.has_ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.has_ended.wait(0.1):
                self.peer.send(frame(PONG, b""))
        except OSError:
            pass

    def stop(self):
        self.has_ended.set()
        self.thread.join()


@pytest.fixture
def ponging():
    running = []

    def start(peer):
        running.append(Pongs(peer))
        return peer

    yield start
    for pongs in running:
        pongs.stop()


@pytest.mark.parametrize(
    "begun",
    [
        frame(TEXT, b"", fin=False),
        frame(TEXT, b"abc")[:3],
        frame(TEXT, b"", fin=False) + frame(PING, b"x"),
        frame(TEXT, b"whole") + frame(TEXT, b"x" * 200)[:100],
    ],
    ids=["fragment", "head", "ping inside", "behind a whole one"],
)
@pytest.mark.waits
def test_a_message_that_never_ends_has_a_deadline(
    gateway, raw, connect, ponging, begun
):
    daemon = gateway(keepalive=KEEPALIVE, limits={"inbound_rate": 0})
    witness = connect(daemon)
    bad = raw.upgraded(daemon)
    bad.send(begun)
    if begun.startswith(frame(TEXT, b"", fin=False)[:1]):
        ponging(bad)  # control frames may stand in between
    got = bad.read_until_close()
    assert got.code == 1008
    daemon.wait_metric(UNFINISHED, 1)
    daemon.publisher().publish("roomcast:room:lobby", "calm")
    assert witness.recv() == "calm"


@pytest.mark.waits
@pytest.mark.workers(2)
def test_messages_in_pieces_are_no_offence(gateway, raw):
    """Each ends in time, and the next one begins in the same bytes."""
    daemon = gateway(keepalive=KEEPALIVE, limits={"inbound_rate": 0})
    s = raw.upgraded(daemon)
    piece = frame(TEXT, b"a", fin=False)
    rest = frame(CONTINUATION, b"b")
    s.send(piece)
    begin = time.monotonic()
    while time.monotonic() - begin < PATIENCE_S + 0.5:
        s.send(rest + piece)
        time.sleep(0.05)
    s.send(rest)
    assert daemon.metric(UNFINISHED) == 0
    daemon.wait_metric("roomcast_connections", 1)


@pytest.fixture(params=["plain", "tls"])
def reader(request, raw, secure, certificates):
    """A gateway with small buffers that drops, and ways to connect."""

    class Connect:
        listen = [
            {"address": "127.0.0.1:0"},
            {"address": "127.0.0.1:0", "tls": certificates.first.section},
        ]

        def __call__(self, daemon, **options):
            if request.param == "plain":
                return raw.upgraded(daemon, **options)
            context = trusting(certificates.first)
            return secure(daemon, context, index=1, **options).upgrade()

    return Connect()


@pytest.mark.waits
@pytest.mark.workers(2)
@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_who_never_reads_but_sends_pongs_is_closed(
    gateway, reader, ponging, policy
):
    daemon = gateway(
        listen=reader.listen,
        keepalive=KEEPALIVE,
        limits={"inbound_rate": 0},
        delivery={
            "queue": "64KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": policy,
        },
    )
    stuck = ponging(reader(daemon, receive_buffer=4096))
    healthy = reader(daemon)
    publisher = daemon.publisher()
    deadline = time.monotonic() + seconds(15)
    sent = read = 0
    while daemon.metric(PONG_TIMEOUT) == 0:
        assert time.monotonic() < deadline, "it is still there"
        time.sleep(0.01)  # it asks again as eventually() does
        publisher.publish("roomcast:room:lobby", b"x" * 8192)
        sent += 1
        while read < sent:
            got = healthy.read_frame()
            read += got.opcode == TEXT
            if got.opcode == PING:
                healthy.send(frame(PONG, got.payload))
    daemon.wait_metric("roomcast_connections", 1)
    assert stuck.socket is not None
    daemon.wait_metric("roomcast_queued_bytes", 0)


@pytest.mark.waits
@pytest.mark.workers(2)
def test_a_slow_reader_gets_to_the_code(gateway, reader):
    """Steadily, for longer than any single deadline, which is 5 s, and with no
    torn frame."""
    daemon = gateway(
        listen=reader.listen,
        delivery={"queue": "64KiB", "socket_buffer": "128KiB"},
    )
    slow = reader(daemon, receive_buffer=4096)
    publisher = daemon.publisher()
    for _ in range(4):
        publisher.publish("roomcast:room:lobby", b"x" * 900_000)
    daemon.wait_metric(SLOW, 1)
    begin = time.monotonic()
    while time.monotonic() - begin < 5.5:
        slow.buffer += slow.socket.recv(2000)
        time.sleep(0.02)
    got = slow.read_frame()
    while got.opcode != CLOSE:
        assert got.opcode == TEXT and len(got.payload) == 900_000
        got = slow.read_frame()
    assert got.code == 1013
    slow.send(close_frame(1013))
    assert slow.read_to_end() == b""


def drained(peer):
    """How many bytes its socket held."""
    size = 0
    peer.socket.setblocking(False)
    try:
        while data := peer.socket.recv(1 << 16):
            size += len(data)
    except BlockingIOError:
        pass
    peer.socket.settimeout(seconds(5))
    return size


@pytest.mark.waits
@pytest.mark.workers(2)
@pytest.mark.parametrize("kind", ["tcp", "unix"])
def test_who_reads_now_and_then_stays(gateway, raw, tmp_path, kind):
    """Its socket is as full at each look; in between it was empty."""
    path = str(tmp_path / "ws")
    where = "unix:" + path if kind == "unix" else "127.0.0.1:0"
    daemon = gateway(
        listen=[{"address": where}],
        keepalive=KEEPALIVE,
        limits={"inbound_rate": 0},
        delivery={
            "queue": "64KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": "drop_newest",
        },
    )
    slow = raw.upgraded(path if kind == "unix" else daemon)
    publisher = daemon.publisher()
    pings = daemon.metric("roomcast_pings_total")
    deadline = time.monotonic() + seconds(15)
    read = 0
    # Pings come while it is looked at, and for longer than it may be stuck.
    begin = time.monotonic()
    while (
        daemon.metric("roomcast_pings_total") < pings + 3
        or time.monotonic() - begin < PATIENCE_S + 2
    ):
        assert time.monotonic() < deadline
        pipe = publisher.pipeline(transaction=False)
        for _ in range(64):
            pipe.publish("roomcast:room:lobby", b"x" * 8192)
        pipe.execute()
        slow.send(frame(PONG))
        time.sleep(0.15)
        read += drained(slow)
    assert read > 1 << 20
    assert daemon.metric(PONG_TIMEOUT) == 0
    assert daemon.metric("roomcast_connections") == 1
