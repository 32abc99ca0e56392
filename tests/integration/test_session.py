"""An open connection: control frames, one-way rules, the ways it ends."""

import contextlib
import json
import random
import socket

import pytest

from rig.people import command
from rig.raw import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_frame,
    frame,
)

WORKERS = (1, 2)


def closed_metric(reason, code):
    return f'roomcast_closed_total{{reason="{reason}",code="{code}"}}'


def publish(daemon, message, room="lobby"):
    daemon.publisher().publish("roomcast:room:" + room, message)


@pytest.mark.parametrize("payload", [b"", b"x", b"\xff\x00", b"y" * 125])
def test_a_ping_is_answered_with_its_payload(gateway, raw, payload):
    s = raw.upgraded(gateway())
    s.send(frame(PING, payload))
    assert s.read_frame() == (PONG, payload, True)


def test_a_ping_byte_by_byte(gateway, raw):
    s = raw.upgraded(gateway())
    s.send_bytewise(frame(PING, b"slowly"))
    assert s.read_frame() == (PONG, b"slowly", True)


def test_data_from_clients_is_ignored(gateway, raw):
    daemon = gateway()
    s = raw.upgraded(daemon)
    s.send(frame(TEXT, b"hello") + frame(BINARY, b"\x00\xff"))
    s.send(frame(TEXT, b""))
    daemon.wait_metric("roomcast_inbound_frames_total", 3)
    publish(daemon, "still here")
    assert s.read_frame() == (TEXT, b"still here", True)


def test_a_fragmented_message_with_a_ping_inside(gateway, raw):
    s = raw.upgraded(gateway())
    s.send(frame(TEXT, b"caf\xc3", fin=False))  # cut inside a character
    s.send(frame(PING, b"between"))
    assert s.read_frame() == (PONG, b"between", True)
    s.send(frame(CONTINUATION, b"", fin=False))
    s.send(frame(CONTINUATION, b"\xa9"))
    s.send(frame(PING, b"after"))
    assert s.read_frame() == (PONG, b"after", True)


def test_unasked_pongs_are_fine(gateway, raw):
    s = raw.upgraded(gateway())
    s.send(frame(PONG, b"nobody asked") + frame(PING, b"p"))
    assert s.read_frame() == (PONG, b"p", True)


def closing(raw, daemon, data):
    """Send data; the code of the close frame that ends the connection."""
    s = raw.upgraded(daemon)
    s.send(data)
    code = s.read_until_close().code
    s.send(close_frame(code))
    assert s.read_to_end() == b""
    return code


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(TEXT, b"x", masked=False), id="not masked"),
        pytest.param(frame(TEXT, b"x", rsv=4), id="RSV1"),
        pytest.param(frame(TEXT, b"x", rsv=2), id="RSV2"),
        pytest.param(frame(TEXT, b"x", rsv=1), id="RSV3"),
        pytest.param(frame(3, b"x"), id="reserved data opcode"),
        pytest.param(frame(11, b"x"), id="reserved control opcode"),
        pytest.param(frame(CONTINUATION, b"x"), id="nothing to continue"),
        pytest.param(
            frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
            id="a message inside a message",
        ),
        pytest.param(frame(PING, b"x", fin=False), id="fragmented ping"),
        pytest.param(frame(PING, b"x" * 126), id="long ping"),
        pytest.param(frame(CLOSE, b"x"), id="close of one byte"),
        pytest.param(close_frame(999), id="code 999"),
        pytest.param(close_frame(1004), id="code 1004"),
        pytest.param(close_frame(1005), id="code 1005"),
        pytest.param(close_frame(1006), id="code 1006"),
        pytest.param(close_frame(1015), id="code 1015"),
        pytest.param(close_frame(2999), id="code 2999"),
        pytest.param(close_frame(5000), id="code 5000"),
    ],
)
def test_protocol_errors_close_with_1002(gateway, raw, data):
    daemon = gateway()
    assert closing(raw, daemon, data) == 1002
    daemon.wait_metric(closed_metric("protocol_error", 1002), 1)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(TEXT, b"\xff"), id="no UTF-8"),
        pytest.param(frame(TEXT, b"\xed\xa0\x80"), id="surrogate"),
        pytest.param(frame(TEXT, b"\xc0\xaf"), id="overlong"),
        pytest.param(frame(TEXT, b"caf\xc3"), id="cut short"),
        pytest.param(
            frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"\xff"),
            id="in the second fragment",
        ),
        pytest.param(close_frame(1000, b"\xff"), id="in a close reason"),
    ],
)
def test_invalid_utf8_closes_with_1007(gateway, raw, data):
    daemon = gateway()
    assert closing(raw, daemon, data) == 1007
    daemon.wait_metric(closed_metric("invalid_utf8", 1007), 1)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(frame(BINARY, b"x" * 1025), id="one frame"),
        pytest.param(
            frame(BINARY, b"x" * 600, fin=False)
            + frame(CONTINUATION, b"x" * 600),
            id="two fragments",
        ),
        pytest.param(frame(BINARY, b"", length=2**40), id="announced only"),
        pytest.param(frame(BINARY, b"", length=2**63 - 1), id="huge"),
    ],
)
def test_a_message_over_the_limit_closes_with_1009(gateway, raw, data):
    daemon = gateway(limits={"inbound_message": "1KiB"})
    assert closing(raw, daemon, data) == 1009
    daemon.wait_metric(closed_metric("inbound_too_big", 1009), 1)


def test_a_message_of_just_the_limit_is_fine(gateway, raw):
    s = raw.upgraded(gateway(limits={"inbound_message": "1KiB"}))
    s.send(frame(BINARY, b"x" * 1024) + frame(PING, b"ok"))
    assert s.read_frame() == (PONG, b"ok", True)


@pytest.mark.parametrize("closed_by", ["its rate", "the app"])
def test_who_is_being_closed_has_a_rate_as_before(gateway, raw, closed_by):
    """What comes beyond it is thrown away as it is."""
    daemon = gateway(limits={"inbound_rate": 5})
    s = raw.upgraded(daemon)
    if closed_by == "the app":
        command(daemon.publisher(), "disconnect", rooms=["lobby"])
    else:
        s.send(frame(PING) * 50)
    while s.read_frame().opcode != CLOSE:
        pass
    pings = frame(PING) * 10000
    with contextlib.suppress(OSError):  # its end may come
        for _ in range(30):
            s.send(pings)
        s.socket.shutdown(socket.SHUT_WR)
        s.read_to_end()
    assert daemon.metric("roomcast_inbound_frames_total") < 60000


def test_too_many_frames_close_with_1008(gateway, raw):
    daemon = gateway(limits={"inbound_rate": 5})
    assert closing(raw, daemon, frame(TEXT, b"x") * 50) == 1008
    daemon.wait_metric(closed_metric("inbound_rate", 1008), 1)


def test_pings_count_against_the_rate(gateway, raw):
    daemon = gateway(limits={"inbound_rate": 5})
    assert closing(raw, daemon, frame(PING, b"x") * 50) == 1008


@pytest.mark.parametrize("code", [1000, 1003, 1012, 1014, 3000, 4999])
def test_a_close_is_echoed_and_ends_the_connection(gateway, raw, code):
    daemon = gateway()
    s = raw.upgraded(daemon)
    s.send(close_frame(code, "auf Wiedersehen".encode()))
    got = s.read_frame()
    assert (got.opcode, got.code) == (CLOSE, code)
    assert s.read_to_end() == b""
    daemon.wait_metric("roomcast_connections", 0)
    label = code if code < 3000 else f"{code // 1000}xxx"
    daemon.wait_metric(closed_metric("closed_by_peer", label), 1)
    daemon.wait_metric("roomcast_closed_total", 1)
    daemon.wait_log(rf"connection closed code={code} ")


@pytest.mark.parametrize("code", [999, 1004, 1005, 1006, 1015, 2999])
def test_a_code_that_may_not_be_sent_is_a_mistake(gateway, raw, code):
    daemon = gateway()
    assert closing(raw, daemon, close_frame(code)) == 1002
    daemon.wait_metric(closed_metric("protocol_error", 1002), 1)
    daemon.wait_log(r"connection closed code=1002 ")


def test_a_close_without_a_code(gateway, raw):
    daemon = gateway()
    s = raw.upgraded(daemon)
    s.send(frame(CLOSE))
    got = s.read_frame()
    assert got.opcode == CLOSE and got.code in (None, 1000)
    assert s.read_to_end() == b""
    daemon.wait_metric(closed_metric("closed_by_peer", 1005), 1)
    daemon.wait_log(r"connection closed code=1005 ")


def test_what_follows_a_close_is_ignored(gateway, raw):
    s = raw.upgraded(gateway())
    s.send(close_frame(1000) + frame(PING, b"late") + b"\xff" * 100)
    assert s.read_frame().code == 1000
    assert s.read_to_end() == b""


def test_a_lost_connection_leaves_its_room(gateway, raw):
    daemon = gateway()
    orderly, abrupt = raw.upgraded(daemon), raw.upgraded(daemon)
    daemon.wait_metric("roomcast_connections", 2)
    orderly.close()
    abrupt.reset()
    daemon.wait_metric("roomcast_connections", 0)
    daemon.wait_metric("roomcast_rooms", 0)
    daemon.wait_metric("roomcast_memberships", 0)
    daemon.wait_metric(closed_metric("connection_lost", 1006), 2)


@pytest.mark.waits
def test_who_does_not_answer_pings_is_closed(gateway, raw, connect):
    daemon = gateway(keepalive={"ping_interval": "1s", "pong_timeout": "3s"})
    answering = connect(daemon)
    silent = raw.upgraded(daemon)
    got = silent.read_frame()
    assert got.opcode == PING
    silent.wait_gone()
    daemon.wait_metric(closed_metric("pong_timeout", 1006), 1)
    assert daemon.metric("roomcast_pings_total") >= 2
    publish(daemon, "still here")
    assert answering.recv() == "still here"


def test_pings_come_at_the_interval_even_when_pongs_may_take_longer(
    gateway, raw
):
    daemon = gateway(keepalive={"ping_interval": "1s", "pong_timeout": "1h"})
    client = raw.upgraded(daemon)
    for _ in range(2):
        assert client.read_frame().opcode == PING
        client.send(frame(PONG))


def test_a_ping_never_lands_inside_a_frame(gateway, raw):
    """A pong waits until the frame that is half written is whole."""
    daemon = gateway(
        delivery={"socket_buffer": "4KiB", "queue": "4MiB"},
        limits={"inbound_rate": 1000},
    )
    s = raw.upgraded(daemon, receive_buffer=4096)
    message = b"m" * 300_000
    for _ in range(3):
        publish(daemon, message)
    daemon.wait_metric("roomcast_deliveries_total", 3)
    s.send(frame(PING, b"amid"))
    got = [s.read_frame() for _ in range(4)]
    assert got.count((PONG, b"amid", True)) == 1
    assert [f.payload for f in got if f.opcode == TEXT] == [message] * 3
    assert got[-1].opcode == TEXT, "the pong waited behind queued messages"


def test_welcome_is_the_first_frame_and_names_the_connection(
    gateway, connect
):
    daemon = gateway(
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]
    )
    names = set()
    for _ in range(10):
        welcome = json.loads(connect(daemon).recv())
        assert welcome.keys() == {"type", "connection"}
        assert welcome["type"] == "roomcast.welcome"
        names.add(welcome["connection"])
    assert len(names) == 10


def test_no_welcome_by_default(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    publish(daemon, "first")
    assert client.recv() == "first"


@pytest.mark.parametrize(
    "frames, content, expected",
    [
        ("text", "grün".encode(), "grün"),
        ("text", b"", ""),
        ("text", b"\xff\xfe", b"\xff\xfe"),
        ("binary", "grün".encode(), "grün".encode()),
        ("binary", b"\xff\xfe", b"\xff\xfe"),
    ],
)
def test_the_route_chooses_the_frames(
    gateway, connect, frames, content, expected
):
    daemon = gateway(
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"], "frames": frames}]
    )
    client = connect(daemon)
    publish(daemon, content)
    assert client.recv() == expected


def test_two_routes_frame_the_same_message_differently(gateway, connect):
    daemon = gateway(
        routes=[
            {"path": "/text/{room}", "rooms": ["{room}"]},
            {"path": "/bin/{room}", "rooms": ["{room}"], "frames": "binary"},
        ]
    )
    text, binary = connect(daemon, "/text/r"), connect(daemon, "/bin/r")
    publish(daemon, "both", "r")
    assert (text.recv(), binary.recv()) == ("both", b"both")


def test_frames_carry_every_length_form(gateway, raw):
    daemon = gateway()
    s = raw.upgraded(daemon)
    for size in 0, 1, 125, 126, 127, 65535, 65536, 1_000_000:
        publish(daemon, "x" * size)
        got = s.read_frame()
        assert (got.opcode, len(got.payload), got.fin) == (TEXT, size, True)


def test_a_mutated_stream_never_disturbs_another(gateway, raw, connect):
    """Each of many broken streams ends only its own connection."""
    daemon = gateway()
    witness = connect(daemon)
    random.seed(7)
    good = frame(TEXT, b"abc") + frame(PING, b"x") + close_frame(1000)
    for _ in range(60):
        data = bytearray(good)
        for _ in range(random.randint(1, 4)):
            data[random.randrange(len(data))] = random.randrange(256)
        s = raw.upgraded(daemon, "/ws/other")
        s.send(bytes(data))
        s.finish_sending()
        s.wait_gone()
        s.close()
    publish(daemon, "unharmed")
    assert witness.recv() == "unharmed"
    daemon.wait_metric("roomcast_connections", 1)
