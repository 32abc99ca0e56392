"""TLS records that carry no data: one client's, and what others get meanwhile.

A TLS library goes through such records by itself, and answers some.
"""

import fcntl
import socket
import ssl
import termios
import threading

import pytest

from rig.raw import PING, PONG, close_frame, frame
from rig.records import (
    ALERT,
    CLIENT_HELLO,
    DATA,
    HANDSHAKE,
    NO_RENEGOTIATION,
    WARNING,
    message,
    plain_record,
    records,
)
from rig.tls import certificates, trusting
from rig.usage import cpu_seconds
from rig.waiting import TIME_FACTOR, eventually, seconds, work

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
RATE = 'roomcast_closed_total{reason="inbound_rate",code="1008"}'
ENDED_EARLY = [
    'roomcast_refused_total{status="400"}',
    "roomcast_handshakes_abandoned_total",
]
BY_PEER = 'roomcast_closed_total{reason="closed_by_peer",code="1000"}'
ENDED_OPEN = [
    RATE,
    'roomcast_closed_total{reason="connection_lost",code="1006"}',
]


def fragments(seal, content):
    """Each byte of a message in a record of its own."""
    parts = [content[i : i + 1] for i in range(len(content))]
    return b"".join(seal(HANDSHAKE, part) for part in parts)


def key_updates_to_answer(sealer, count):
    return b"".join(sealer.key_update() for _ in range(count))


def key_updates(sealer, count):
    return b"".join(sealer.key_update(False) for _ in range(count))


def renegotiations(sealer, count):
    hello = message(CLIENT_HELLO, b"")
    return b"".join(sealer.seal(HANDSHAKE, hello) for _ in range(count))


def renegotiations_in_bytes(sealer, count):
    hello = message(CLIENT_HELLO, b"")
    return b"".join(fragments(sealer.seal, hello) for _ in range(count // 4))


def empty_records(sealer, count):
    return b"".join(sealer.seal(DATA, b"") for _ in range(count))


def warnings(sealer, count):
    alert = bytes([WARNING, NO_RENEGOTIATION])
    return b"".join(sealer.seal(ALERT, alert) for _ in range(count))


def warnings_in_halves(sealer, count):
    alert = bytes([WARNING, NO_RENEGOTIATION])
    return b"".join(
        sealer.seal(ALERT, alert[i % 2 : i % 2 + 1]) for i in range(count)
    )


def empty_handshakes(sealer, count):
    return b"".join(sealer.seal(HANDSHAKE, b"") for _ in range(count))


def empty_between_key_updates(sealer, count):
    """Each kind alone has a bound in some libraries; in turns neither has."""
    return b"".join(
        sealer.seal(DATA, b"") + sealer.key_update(False)
        for _ in range(count // 2)
    )


FLOODS = [
    (TLS13, key_updates_to_answer),
    (TLS13, key_updates),
    (TLS13, empty_records),
    (TLS13, empty_between_key_updates),
    (TLS13, warnings),
    (TLS13, empty_handshakes),
    (TLS12, renegotiations),
    (TLS12, renegotiations_in_bytes),
    (TLS12, empty_records),
    (TLS12, warnings),
    (TLS12, warnings_in_halves),
    (TLS12, empty_handshakes),
]
# Those that a TLS library goes through without end: of 1.3, and of 1.2.
ENDLESS = [FLOODS[0], FLOODS[1], FLOODS[3], FLOODS[6], FLOODS[7]]


def named(floods):
    return [f"{v.name}-{make.__name__}" for v, make in floods]


def start(gateway, certificates, **sections):
    """One worker: all share its one thread."""
    return gateway(
        workers=1,
        listen=[
            {"address": "127.0.0.1:0", "tls": certificates.first.section},
            {"address": "127.0.0.1:0"},
        ],
        **sections,
    )


def send_all(client, data):
    """Until it is sent, or the peer has closed."""
    try:
        client.send_records(data)
    except (ConnectionError, TimeoutError):
        pass


def unsent_bytes(s):
    """Of a socket: what its peer's kernel has not taken yet."""
    answer = fcntl.ioctl(s, termios.TIOCOUTQ, b"\0" * 4)
    return int.from_bytes(answer, "little")


def send_until_full(daemon, client, data):
    """How much is sent until the daemon takes no more."""
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
    client.socket.setblocking(False)
    sent, waiting, same = 0, 0, 0
    while sent < len(data) and same < 20:
        try:
            sent += client.socket.send(data[sent : sent + 16384])
        except BlockingIOError:
            daemon.metrics()
        except ConnectionError:
            break
        before, waiting = waiting, unsent_bytes(client.socket)
        same = same + 1 if 0 < waiting == before else 0
    client.socket.settimeout(seconds(20))
    return sent


def wait_gone(client):
    """Whatever it still says, sealed or not."""
    try:
        while client.socket.recv(65536):
            pass
    except ConnectionError:
        pass


def open_client(daemon, records, certificates, version, is_upgraded, **more):
    client = records(daemon, certificates.first, version, **more)
    if is_upgraded:
        assert client.handshake().status == 101
    return client


@pytest.mark.parametrize("is_upgraded", [False, True], ids=["tls", "open"])
@pytest.mark.parametrize("version, flood", FLOODS, ids=named(FLOODS))
def test_a_flood_is_closed_and_costs_little(
    gateway, connect, certificates, records, version, flood, is_upgraded
):
    daemon = start(gateway, certificates)
    witness = connect(daemon.ws_url(index=1))
    client = open_client(daemon, records, certificates, version, is_upgraded)
    data = flood(client.sealer, 4_000)
    before = cpu_seconds(daemon.pid)
    send_all(client, data)
    wait_gone(client)
    assert cpu_seconds(daemon.pid) - before < work(0.3)
    daemon.publisher().publish("roomcast:room:lobby", "on time")
    assert witness.recv() == "on time"
    ended = ENDED_OPEN if is_upgraded else ENDED_EARLY
    eventually(
        lambda: sum(map(daemon.metrics().sum, ended)) == 1,
        5,
        "its end is counted",
    )


@pytest.mark.parametrize("version, flood", ENDLESS[:3], ids=named(ENDLESS[:3]))
def test_an_open_client_beyond_the_rate_hears_1008(
    gateway, certificates, records, version, flood
):
    daemon = start(gateway, certificates)
    client = open_client(daemon, records, certificates, version, True)
    send_all(client, flood(client.sealer, 400))
    assert client.read_until_close().code == 1008
    assert client.read_to_end() == b""
    daemon.wait_metric(RATE, 1)


def test_before_http_it_hears_400(gateway, certificates, records):
    daemon = start(gateway, certificates)
    client = open_client(daemon, records, certificates, TLS13, False)
    send_all(client, key_updates(client.sealer, 400))
    answer = client.read_refusal()
    assert (answer.status, b"TLS records" in answer.body) == (400, True)


@pytest.mark.waits
@pytest.mark.parametrize("version, flood", ENDLESS, ids=named(ENDLESS))
def test_without_a_rate_others_have_their_turns(
    gateway, raw, certificates, records, version, flood
):
    daemon = start(
        gateway,
        certificates,
        limits={"inbound_rate": 0},
    )
    witness = raw.upgraded(daemon.address(1))
    client = open_client(daemon, records, certificates, version, True)
    data = flood(client.sealer, 12_000)
    data += client.sealer.seal(DATA, close_frame(1000))
    flooding = threading.Thread(target=send_all, args=(client, data))
    listening = threading.Thread(target=wait_gone, args=(client,))
    flooding.start()
    listening.start()
    served = 0
    while listening.is_alive():
        witness.send(frame(PING))
        assert witness.read_frame().opcode == PONG
        served += 1
    flooding.join()
    assert served > 3
    # What stood behind the flood has been read, and was understood.
    daemon.wait_metric(BY_PEER, 1)


@pytest.mark.waits
def test_who_does_not_read_the_answers_is_not_read(
    gateway, connect, certificates, records
):
    """Until it does: then all goes on where it stood."""
    daemon = start(
        gateway,
        certificates,
        limits={"inbound_rate": 0},
        delivery={"socket_buffer": "4KiB"},
    )
    witness = connect(daemon.ws_url(index=1))
    client = open_client(
        daemon, records, certificates, TLS13, True, receive_buffer=4096
    )
    data = key_updates_to_answer(client.sealer, 12_000)
    data += client.sealer.seal(DATA, frame(PING, b"behind it"))
    sent = send_until_full(daemon, client, data)
    assert sent < len(data)
    flooding = threading.Thread(target=send_all, args=(client, data[sent:]))
    flooding.start()
    assert client.read_frame() == (PONG, b"behind it", True)
    flooding.join()
    witness.ping()


def test_who_goes_without_having_read_the_answers_holds_up_nobody(
    gateway, connect, certificates, records
):
    """The answers that wait for it cannot leave: it is gone at once."""
    daemon = start(
        gateway,
        certificates,
        limits={"inbound_rate": 0},
        delivery={"socket_buffer": "4KiB"},
    )
    witness = connect(daemon.ws_url(index=1))
    client = open_client(
        daemon, records, certificates, TLS13, True, receive_buffer=4096
    )
    data = key_updates_to_answer(client.sealer, 12_000)
    assert send_until_full(daemon, client, data) < len(data)
    client.reset()
    daemon.publisher().publish("roomcast:room:lobby", "on time")
    assert witness.recv() == "on time"
    daemon.wait_metric("roomcast_connections", 1)


def first_message(context):
    """A client's ClientHello, without its record's head; and its TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        session.do_handshake()
    return outgoing.read()[5:], session, incoming, outgoing


def test_a_first_message_in_some_pieces(gateway, certificates, raw):
    """Some clients do that on purpose, past those who look at names."""
    daemon = start(gateway, certificates)
    s = raw(daemon)
    hello, session, incoming, outgoing = first_message(
        trusting(certificates.first)
    )
    step = len(hello) // 40 + 1
    for i in range(0, len(hello), step):
        s.send(plain_record(HANDSHAKE, hello[i : i + step]))
    while True:
        incoming.write(s.socket.recv(65536))
        try:
            session.do_handshake()
            break
        except ssl.SSLWantReadError:
            pass
    s.send(outgoing.read())
    session.write(b"GET /nowhere HTTP/1.1\r\n\r\n")
    s.send(outgoing.read())
    wait_gone(s)
    refused = 'roomcast_refused_total{status="400"}'  # without a host
    daemon.wait_metric(refused, 1)


def test_a_first_message_in_endless_pieces(
    gateway, certificates, connect, raw
):
    daemon = start(gateway, certificates)
    witness = connect(daemon.ws_url(index=1))
    piece = plain_record(HANDSHAKE, b"\0")
    begin = plain_record(HANDSHAKE, b"\1\1\xff\xf0")
    before = cpu_seconds(daemon.pid)
    clients = [raw(daemon) for _ in range(20)]
    for client in clients:
        client.socket.setblocking(False)
        client.socket.send(begin + piece * 10_000)
        client.socket.settimeout(seconds(5))
    for client in clients:
        wait_gone(client)
    assert cpu_seconds(daemon.pid) - before < work(0.3)
    witness.ping()
    failed = 'roomcast_tls_handshakes_failed_total{reason="records"}'
    daemon.wait_metric(failed, 20)


@pytest.mark.waits
def test_no_records_hold_off_the_end_of_the_handshake(
    gateway, certificates, records
):
    """Few enough to be let through, and never one with a request."""
    timeout = f"{2 * TIME_FACTOR:g}s"
    daemon = start(
        gateway, certificates, limits={"handshake_timeout": timeout}
    )
    client = open_client(daemon, records, certificates, TLS13, False)
    send_all(client, key_updates(client.sealer, 30))
    assert client.read_refusal().status == 408


def test_who_reads_nothing_is_no_longer_pinged(gateway, certificates, records):
    daemon = start(
        gateway,
        certificates,
        limits={"inbound_rate": 0},
        delivery={"socket_buffer": "4KiB"},
        keepalive={"ping_interval": "1s", "pong_timeout": "1s"},
    )
    client = open_client(
        daemon, records, certificates, TLS13, True, receive_buffer=4096
    )
    data = key_updates_to_answer(client.sealer, 12_000)
    assert send_until_full(daemon, client, data) < len(data)
    daemon.wait_metric("roomcast_connections", 0)
    timed_out = 'roomcast_closed_total{reason="pong_timeout",code="1006"}'
    daemon.wait_metric(timed_out, 1)
