"""`slow_consumer: catch_up`: a slow reader gets what waited, from history."""

import pytest

from rig.deflate import compression, content_of, offer
from rig.people import send
from rig.raw import CLOSE, TEXT
from rig.resuming import Frame, since
from rig.tls import certificates, listen, secure, trusting
from rig.waiting import eventually

WORKERS = [1, 2]

ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}]
FELL = "roomcast_fell_behind_total"
DROPPED = 'roomcast_deliveries_dropped_total{policy="catch_up"}'
SMALL = 4096  # the reader's buffer in the kernel
COUNT = 400


def numbered(n):
    """4 kB that hardly deflate."""
    return f"{n} {''.join(str(n * i * 7919 % 999983) for i in range(1, 700))}"


@pytest.fixture
def slow(gateway, raw, secure, certificates):
    """A gateway with small queues, and a reader that does not read yet."""

    def start(kind="plain", path="/ws/lobby", memory="64MiB", policy="catch_up"):
        sections, headers = {}, ()
        delivery = {
            "queue": "64KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": policy,
        }
        if kind == "tls":
            sections["listen"] = listen(certificates.first)
        if kind == "deflate":
            delivery.update(compression(min_size="1B"))
            headers = offer()
        daemon = gateway(
            delivery=delivery,
            history={"memory": memory},
            routes=ROUTES,
            **sections,
        )
        if kind == "tls":
            context = trusting(certificates.first)
            s = secure(daemon, context, receive_buffer=SMALL).upgrade(path)
        else:
            s = raw.upgraded(daemon, path, headers, receive_buffer=SMALL)
        return daemon, s

    return start


def publish(daemon, count, first=0):
    publisher = daemon.publisher()
    for n in range(first, first + count):
        publisher.publish("roomcast:room:lobby", numbered(n))
    return publisher


def content(frame):
    assert frame.opcode == TEXT, frame
    return content_of(frame) if frame.is_deflated else frame.payload


def number_of(text):
    n = int(text.split()[0])
    assert text == numbered(n)
    return n


@pytest.mark.parametrize("kind", ["plain", "tls", "deflate"])
def test_without_ids_nothing_is_lost(slow, kind):
    daemon, s = slow(kind)
    publish(daemon, COUNT)
    eventually(lambda: daemon.metric(FELL) >= 1, 5, "it falls behind")
    for n in range(COUNT):
        assert number_of(content(s.read_frame()).decode()) == n
    publish(daemon, 1, first=COUNT)
    assert number_of(content(s.read_frame()).decode()) == COUNT
    assert daemon.metric(DROPPED) == 0
    assert daemon.metric("roomcast_connections") == 1


@pytest.mark.workers(2, long=[1])
@pytest.mark.parametrize("kind", ["plain", "tls", "deflate"])
@pytest.mark.parametrize("policy", ["catch_up", "drop_oldest", "drop_newest"])
def test_with_ids_nothing_is_lost_nor_told(slow, kind, policy):
    daemon, s = slow(kind, since("/ws/lobby"), policy=policy)
    assert Frame(content(s.read_frame()).decode()).word == "at"
    publish(daemon, COUNT)
    eventually(lambda: daemon.metric(FELL) >= 1, 5, "it falls behind")
    numbers = []
    while not numbers or numbers[-1] < COUNT - 1:
        frame = Frame(content(s.read_frame()).decode())
        assert frame.word in (None, "at")
        if frame.word is None:
            numbers.append(number_of(frame.content.decode()))
            assert frame.id
    assert numbers == [*range(COUNT)]


def test_with_ids_what_has_left_the_ring_is_a_gap(slow):
    daemon, s = slow(path=since("/ws/lobby"), memory="1MiB")
    publish(daemon, COUNT)
    numbers, gaps = [], 0
    while not gaps or not numbers or numbers[-1] != 999:
        frame = Frame(s.read_frame().payload.decode())
        if frame.word == "gap":
            gaps += 1
            publish(daemon, 1, first=999)
        elif frame.word is None:
            n = number_of(frame.content.decode())
            assert gaps or n == len(numbers)
            numbers.append(n)
    assert numbers == sorted(set(numbers))


def test_without_ids_it_is_1013(slow):
    daemon, s = slow(memory="1MiB")
    publish(daemon, COUNT)
    frame = s.read_frame()
    n = 0
    while frame.opcode != CLOSE:
        assert number_of(frame.payload.decode()) == n
        n += 1
        frame = s.read_frame()
    assert frame.code == 1013 and n < COUNT
    daemon.wait_metric(
        'roomcast_closed_total{reason="slow_consumer",code="1013"}', 1
    )


def test_what_is_not_kept_counts_as_dropped(slow):
    daemon, s = slow()
    publisher = publish(daemon, 5)
    big = "x" * 4000
    for _ in range(COUNT):
        send(publisher, big, rooms=["lobby"], keep=False)
    publish(daemon, COUNT, first=5)
    numbers, typing = [], 0
    while not numbers or numbers[-1] < COUNT + 4:
        text = s.read_frame().payload.decode()
        if text == big:
            typing += 1
        else:
            numbers.append(number_of(text))
    assert numbers == [*range(COUNT + 5)]
    assert daemon.metric(DROPPED) == COUNT - typing
    assert daemon.metric(DROPPED) > 0


def test_others_are_not_held_up(slow, connect):
    daemon, _stuck = slow()
    client = connect(daemon, "/ws/lobby")
    publish(daemon, COUNT)
    for n in range(COUNT):
        assert number_of(client.recv()) == n


@pytest.mark.waits
def test_one_that_never_reads_again_is_closed(gateway, raw):
    daemon = gateway(
        delivery={
            "queue": "64KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": "catch_up",
        },
        keepalive={"ping_interval": "1s", "pong_timeout": "1s"},
        history={},
        routes=ROUTES,
    )
    raw.upgraded(daemon, "/ws/lobby", receive_buffer=SMALL)
    publish(daemon, COUNT)
    daemon.wait_metric("roomcast_connections", 0, timeout=20)
