"""What arrives is the same whatever of each send a kernel takes: in plain,
through TLS 1.2, which OpenSSL writes, and through TLS 1.3."""

import random
import ssl

import pytest

from rig.deflate import HEADER, NAME, content_of
from rig.raw import TEXT, Raw
from rig.shortsend import short_sends
from rig.tls import certificates, secure, trusting

BLOCKED = "roomcast_writes_blocked_total"
SIZES = [  # around what is looked at: frames, records, runs, single writes
    *(1, 125, 126, 4000, 4096, 600_000),
    *(n + more for n in (1 << 14, 1 << 16) for more in (-10, 0, 10)),
    *(n + more for n in (1 << 17, 1 << 18) for more in (-10, 0, 10)),
]
SMALL = 5  # messages between any two of those
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def messages(seed):
    """Of all sizes, in an order of its own, and each other than all others."""
    chance = random.Random(seed)
    sizes = [
        size
        for one in chance.sample(SIZES, len(SIZES))
        for size in (one, *(chance.randrange(5, 300) for _ in range(SMALL)))
    ]
    return [
        chance.randbytes(size // 2 + 1).hex()[:size].encode() for size in sizes
    ]


def publish_and_read(daemon, members, batch):
    publisher = daemon.publisher()
    for message in batch:
        publisher.publish("roomcast:room:lobby", message)
    for s in members:
        for message in batch:
            got = s.read_frame()
            assert (got.opcode, content_of(got)) == (TEXT, message)


@pytest.mark.parametrize("conf", [{}, {"compression": {}}])
def test_all_arrives_at_once_and_one_by_one(
    gateway, secure, certificates, tmp_path, conf
):
    daemon = gateway(
        listen=[
            {"address": "127.0.0.1:0"},
            {"address": "127.0.0.1:0", "tls": certificates.first.section},
        ],
        delivery={"socket_buffer": "16KiB", "queue": "64MiB", **conf},
        env=short_sends(tmp_path),
    )
    headers = [(HEADER, NAME)] if conf else []
    members = [
        s
        for receive_buffer in (None, 4096)
        for s in (
            Raw(daemon.address(), receive_buffer=receive_buffer),
            *(
                secure(
                    daemon,
                    trusting(certificates.first, version=version),
                    index=1,
                    receive_buffer=receive_buffer,
                )
                for version in VERSIONS
            ),
        )
    ]
    for s in members:
        assert s.handshake(headers=headers).status == 101
    everything = messages(len(conf))
    publish_and_read(daemon, members, everything)
    for message in everything:
        publish_and_read(daemon, members, [message])
    assert daemon.metric(BLOCKED) > 0
    daemon.wait_metric("roomcast_queued_bytes", 0)
    daemon.wait_metric("roomcast_queued_memory_bytes", 0)
    for s in members:
        s.close()
    daemon.wait_metric("roomcast_connections", 0)
