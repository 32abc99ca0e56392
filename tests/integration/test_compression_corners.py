"""permessage-deflate byte by byte: offers, frames, and what may not be."""

import os

import pytest

from rig.deflate import (
    HEADER,
    KEPT,
    NAME,
    bits_of,
    compression,
    content_of,
    deflate,
    inflate,
    noise,
    offer,
    some_json,
)
from rig.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_frame,
    frame,
    request,
)
from rig.waiting import eventually

WORKERS = (1, 2)

RSV1, RSV2 = 4, 2  # as rig.raw.frame takes them
MARK = "{}"


@pytest.fixture
def daemon(gateway):
    return gateway(delivery=compression())


def publish(daemon, content):
    daemon.publisher().publish("roomcast:room:lobby", content)


# -- the offer


@pytest.mark.parametrize(
    "value, bits",
    [
        (NAME, 12),
        (f"{NAME}; client_max_window_bits", 12),
        (f"{NAME};server_max_window_bits=15", 12),
        (f"{NAME}; server_max_window_bits=12", 12),
        (f'{NAME}; server_max_window_bits="13"; client_max_window_bits=8', 12),
        # Declined, each of these.
        (f"{NAME}; server_max_window_bits=11", None),
        (f"{NAME}; server_max_window_bits=9", None),
        (f"{NAME}; server_max_window_bits=8", None),
        (f"{NAME}; server_max_window_bits=16", None),
        (f"{NAME}; server_max_window_bits=09", None),
        (f"{NAME}; server_max_window_bits", None),
        (f"{NAME}; client_max_window_bits=7", None),
        (f"{NAME}; server_no_context_takeover=1", None),
        (f"{NAME}; client_max_window_bits; client_max_window_bits", None),
        (f"{NAME}; unknown", None),
        ("x-webkit-deflate-frame", None),
        # One that can be accepted is enough.
        (f"{NAME}; server_max_window_bits=10, {NAME}", 12),
        (f"{NAME}; unknown=1, {NAME}; server_max_window_bits=13, {NAME}", 12),
        (f"{NAME}; server_max_window_bits=9, x-other", None),
        (f"x-webkit-deflate-frame, ,{NAME}", 12),
    ],
)
def test_offers(daemon, raw, value, bits):
    s = raw(daemon)
    answer = s.handshake(headers={HEADER: value})
    assert answer.status == 101
    assert bits_of(answer) == bits
    text = some_json(3000)
    publish(daemon, text)
    got = s.read_frame()
    assert got.opcode == TEXT
    assert got.is_deflated == (bits is not None)
    assert content_of(got, bits or 15) == text.encode()


def test_several_headers_are_one_list(daemon, raw):
    head = request(headers={HEADER: f"{NAME}; future"})
    more = f"\r\n{HEADER.upper()}: {NAME}; server_max_window_bits=15\r\n\r\n"
    s = raw(daemon)
    s.send(head[:-4] + more.encode())
    answer = s.read_response()
    assert answer.status == 101 and bits_of(answer) == 12


@pytest.mark.parametrize(
    "value", [f"{NAME};", f"{NAME}; a=", f'{NAME}; a="b', f"{NAME} {NAME}", "="]
)
def test_a_header_that_is_no_list_fails_the_handshake(daemon, raw, value):
    s = raw(daemon)
    s.send(request(headers={HEADER: value}))
    assert s.read_refusal().status == 400


@pytest.mark.parametrize("value", [f"{NAME}; a=", NAME])
def test_off_looks_at_no_offer(gateway, raw, value):
    daemon = gateway()
    answer = raw(daemon).handshake(headers={HEADER: value})
    assert answer.status == 101 and bits_of(answer) is None


@pytest.mark.parametrize(
    "ours, asked", [(9, None), (9, 9), (9, 15), (12, 13), (15, None), (15, 15)]
)
def test_the_window_holds_in_the_data(gateway, raw, ours, asked):
    """Repetitions lie 300 to 60,000 bytes apart: an inflater with a smaller
    window than the deflater's would fail."""
    daemon = gateway(delivery=compression(window_bits=ours, level=9))
    s = raw(daemon)
    bits = bits_of(s.handshake(headers=offer(asked)))
    assert bits == ours
    blocks = [noise(300, n % 200) for n in range(400)]
    content = b"".join(bytes([b // 8 + 48 for b in x]) for x in blocks)
    publish(daemon, content)
    got = s.read_frame()
    assert got.is_deflated and inflate(got.payload, bits) == content


# -- which messages


def test_small_and_incompressible_messages_go_as_they_are(daemon, raw):
    s = raw.upgraded(daemon, headers=offer())
    for content, is_deflated in (
        ("x" * 255, False),
        ("x" * 256, True),
        (noise(2000), False),
        ("", False),
        ("x" * 300_000, True),
    ):
        publish(daemon, content)
        got = s.read_frame()
        data = content if isinstance(content, bytes) else content.encode()
        assert got.is_deflated == is_deflated
        assert got.opcode == (BINARY if isinstance(content, bytes) else TEXT)
        assert content_of(got) == data


def test_min_size_zero_and_an_empty_message(gateway, raw):
    daemon = gateway(delivery=compression(min_size=0))
    s = raw.upgraded(daemon, headers=offer())
    publish(daemon, "")
    got = s.read_frame()
    assert got == (TEXT, b"", True) and not got.is_deflated
    publish(daemon, "aaaaaaaaaaaaaaaa")
    assert s.read_frame().is_deflated


def test_each_message_stands_for_itself(daemon, raw):
    """No context: the same message is the same frame, whoever came when."""
    first = raw.upgraded(daemon, headers=offer())
    text = some_json(2000)
    publish(daemon, text)
    frames = [first.read_frame()]
    second = raw.upgraded(daemon, headers=offer())
    publish(daemon, text)
    frames += [first.read_frame(), second.read_frame()]
    assert frames[0] == frames[1] == frames[2]


def test_the_welcome_and_the_goodbye_are_plain(gateway, raw):
    daemon = gateway(
        routes=[{"path": "/w", "rooms": ["lobby"], "welcome": True}],
        delivery=compression(min_size=0),
    )
    s = raw.upgraded(daemon, "/w", headers=offer())
    assert not s.read_frame().is_deflated
    daemon.signal()
    got = s.read_frame()
    assert (got.opcode, got.code, got.is_deflated) == (CLOSE, 1012, False)
    assert daemon.wait_exit() == 0


def test_the_log_names_the_window(daemon, raw):
    raw.upgraded(daemon, headers=offer())
    raw.upgraded(daemon)
    for bits in 12, 0:
        daemon.wait_log(f"connection accepted .*deflate_window_bits={bits} ")


# -- slow readers


def slow(gateway, raw, policy):
    daemon = gateway(
        delivery={
            "queue": "64KiB",
            "socket_buffer": "16KiB",
            "slow_consumer": policy,
            **compression(),
        }
    )
    return daemon, raw.upgraded(daemon, headers=offer(), receive_buffer=4096)


def numbered(i):
    """About 8 KiB on the wire, deflated."""
    return f"{i}:" + noise(8000, i).hex()


def number_of(got):
    assert got.is_deflated
    content = content_of(got).decode()
    number = int(content.split(":")[0])
    assert content == numbered(number)
    return number


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_a_slow_reader_loses_whole_messages(gateway, raw, connect, policy):
    daemon, s = slow(gateway, raw, policy)
    fast = connect(daemon, compression="deflate")
    for i in range(100):
        publish(daemon, numbered(i))
        assert fast.recv() == numbered(i)
    daemon.wait_deliveries(200)
    dropped = daemon.metric(
        f'roomcast_deliveries_dropped_total{{policy="{policy}"}}'
    )
    assert dropped > 0
    numbers = [number_of(s.read_frame()) for _ in range(100 - int(dropped))]
    assert numbers == sorted(set(numbers))
    assert (99 in numbers) == (policy == "drop_oldest")
    daemon.wait_metric("roomcast_queued_bytes", 0)


def test_a_slow_reader_is_closed_with_1013(gateway, raw, connect):
    daemon, s = slow(gateway, raw, "disconnect")
    fast = connect(daemon, compression="deflate")
    for i in range(100):
        publish(daemon, numbered(i))
        assert fast.recv() == numbered(i)
    daemon.wait_metric(
        'roomcast_closed_total{reason="slow_consumer",code="1013"}', 1
    )
    numbers = []
    for got in s.frames_to_the_end():
        if got.opcode == CLOSE:
            assert got.code == 1013
            break
        numbers.append(number_of(got))
    assert numbers == list(range(len(numbers))) and len(numbers) < 100


# -- what clients send


def deflated(data=b"hello", opcode=TEXT, **options):
    return frame(opcode, deflate(data), rsv=RSV1, **options)


def assert_ignored(daemon, s):
    """It lives: a ping is answered, and a message arrives."""
    s.send(frame(PING, b"alive"))
    assert s.read_frame().payload == b"alive"
    publish(daemon, MARK)
    assert s.read_frame().payload == MARK.encode()


def first_byte(data):
    """Names a case: what follows has a random mask."""
    return f"{data[0]:02x}"


@pytest.mark.parametrize(
    "sent",
    [
        deflated(),
        deflated(opcode=BINARY),
        deflated(b""),
        frame(TEXT, noise(300), rsv=RSV1),  # inflates to nothing sensible
        frame(TEXT, b"", rsv=RSV1),
        deflated(fin=False) + frame(CONTINUATION, b"\xff\xff"),
        deflated(fin=False)
        + frame(CONTINUATION, b"", fin=False)
        + frame(CONTINUATION),
        deflated() + frame(TEXT, b"plain") + deflated(opcode=BINARY),
    ],
    ids=first_byte,
)
def test_deflated_data_is_ignored(daemon, raw, sent):
    s = raw.upgraded(daemon, headers=offer())
    s.send(sent)
    assert_ignored(daemon, s)
    s.send_bytewise(sent)
    assert_ignored(daemon, s)


@pytest.mark.parametrize(
    "sent",
    [
        frame(PING, b"", rsv=RSV1),
        frame(PONG, b"", rsv=RSV1),
        frame(CLOSE, b"\x03\xe8", rsv=RSV1),
        frame(TEXT, b"x", rsv=RSV2),
        frame(TEXT, b"x", rsv=1),
        frame(TEXT, b"x", rsv=RSV1 | 1),
        frame(3, b"x", rsv=RSV1),
        deflated(fin=False) + frame(CONTINUATION, b"x", rsv=RSV1),
        frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x", rsv=RSV1),
        deflated(masked=False),
    ],
    ids=first_byte,
)
def test_a_reserved_bit_in_the_wrong_place_gets_1002(daemon, raw, sent):
    s = raw.upgraded(daemon, headers=offer())
    s.send(sent)
    assert s.read_until_close().code == 1002


@pytest.mark.parametrize("headers", [{}, {HEADER: f"{NAME}; unknown"}])
def test_without_negotiation_rsv1_gets_1002(daemon, raw, headers):
    s = raw.upgraded(daemon, headers=headers)
    s.send(deflated())
    assert s.read_until_close().code == 1002


def test_text_that_is_not_deflated_is_still_checked(daemon, raw):
    s = raw.upgraded(daemon, headers=offer())
    s.send(deflated() + frame(TEXT, b"\xff"))
    assert s.read_until_close().code == 1007


def test_the_limit_counts_bytes_as_they_come(gateway, raw):
    daemon = gateway(
        limits={"inbound_message": "1KiB"}, delivery=compression()
    )
    s = raw.upgraded(daemon, headers=offer())
    s.send(deflated(b"x" * 100_000))  # about 130 bytes
    assert_ignored(daemon, s)
    s.send(frame(TEXT, noise(1025), rsv=RSV1))
    assert s.read_until_close().code == 1009


def resident(daemon):
    """Its memory in bytes."""
    with open(f"/proc/{daemon.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_flood_of_bombs_costs_no_memory(gateway, raw):
    """Each of 2,000 messages would inflate to 4 MB."""
    daemon = gateway(limits={"inbound_rate": 0}, delivery=compression())
    bomb = frame(BINARY, deflate(bytes(4_000_000)), rsv=RSV1)
    assert len(bomb) < 4096
    s = raw.upgraded(daemon, headers=offer())
    s.send(bomb * 10)
    assert_ignored(daemon, s)
    before = resident(daemon)
    for _ in range(20):
        s.send(bomb * 100)
    assert_ignored(daemon, s)
    assert daemon.metric("roomcast_inbound_frames_total") >= 2010
    if not os.environ.get("ROOMCAST_TIME_FACTOR"):  # a sanitizer keeps more
        assert resident(daemon) - before < 1 << 20


def test_messages_of_the_largest_size(gateway, raw):
    daemon = gateway(delivery={"queue": "8MiB", **compression()})
    s = raw.upgraded(daemon, headers=offer())
    for seed in range(3):
        text = some_json(1_000_000, seed)
        publish(daemon, text)
        assert content_of(s.read_frame()).decode() == text
    eventually(lambda: daemon.metric(KEPT) == 3)
