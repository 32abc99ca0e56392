"""A client that pings and never reads: its pongs wait, nobody else does."""

import pytest

from rig.raw import Raw, frame
from rig.tls import TlsRaw, make_pair, trusting

PING = 9


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def flooded(request, gateway, tmp_path):
    """A daemon and a raw client that the daemon can write little to."""
    secure = request.param
    pair = make_pair(tmp_path, "flood") if secure else None
    tls = {"tls": pair.section} if secure else {}
    daemon = gateway(
        workers=1,
        listen=[
            {"address": "127.0.0.1:0"},
            {"address": "127.0.0.1:0", **tls},
        ],
        delivery={"socket_buffer": "4KiB"},
        limits={"inbound_rate": 0},
    )
    options = {"receive_buffer": 4096}
    client = (
        TlsRaw(daemon.address(1), trusting(pair), **options)
        if secure
        else Raw(daemon.address(1), **options)
    )
    client.handshake()
    yield daemon, client
    client.close()


def assert_serves(daemon, witness, text):
    daemon.publisher().publish("roomcast:room:lobby", text)
    assert witness.recv() == text


def test_pongs_that_nobody_reads_hold_nobody_up(flooded, connect):
    daemon, client = flooded
    witness = connect(daemon)
    for i in range(100):
        assert_serves(daemon, witness, str(i))
        try:
            client.send(frame(PING, b"x" * 125) * 50)
        except OSError:
            break  # closed for it: that is fine, too


def test_pongs_that_wait_go_out_when_they_are_read(flooded, connect):
    daemon, client = flooded
    witness = connect(daemon, "/ws/elsewhere")
    blocked = "roomcast_writes_blocked_total"
    pings = 0
    while daemon.metric(blocked) == 0:
        client.send(frame(PING, b"%0125d" % pings))
        pings += 1
        witness.ping()  # the daemon has seen ours as well, then
    for i in range(pings):
        assert client.read_frame().payload == b"%0125d" % i
    witness.ping()
