"""The keys of TLS 1.3: of each cipher suite, and those that come after."""

import hashlib
import os
import ssl
import subprocess
import sys

import pytest

from rig.raw import PING, PONG, TEXT, frame
from rig.records import DATA, records
from rig.tls import certificates, listen, wss
from rig.waiting import seconds

SUITES = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
SMALL, BIG = "s" * 100, "0123456789abcdef" * (300 * 64)  # 300 KiB

# Python's ssl takes these suites from OpenSSL's configuration only, which a
# process reads once.
CONFIGURATION = """
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = ours
[ours]
Ciphersuites = %s
"""
CLIENT = """
import asyncio, hashlib, ssl, sys
from websockets.legacy.client import connect

async def main(url, file, count):
    context = ssl.create_default_context(cafile=file)
    async with connect(url, ssl=context, max_size=None) as ws:
        print(ws.transport.get_extra_info("cipher")[0])
        for _ in range(int(count)):
            message = (await ws.recv()).encode()
            print(len(message), hashlib.sha256(message).hexdigest())

asyncio.run(main(*sys.argv[1:]))
"""


def start_client(folder, url, pair, suite, count):
    """A websockets client that tells its suite and what it has got."""
    configuration = folder / "openssl.cnf"
    configuration.write_text(CONFIGURATION % suite)
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, url, str(pair.certificate), str(count)],
        env={**os.environ, "OPENSSL_CONF": str(configuration)},
        stdout=subprocess.PIPE,
        text=True,
    )


def told(message):
    return f"{len(message)} {hashlib.sha256(message.encode()).hexdigest()}"


@pytest.mark.parametrize("suite", SUITES)
def test_messages_under_another_cipher_suite(
    gateway, certificates, tmp_path, suite
):
    daemon = gateway(listen=listen(certificates.first))
    messages = [SMALL, BIG, SMALL]
    client = start_client(
        tmp_path, wss(daemon), certificates.first, suite, len(messages)
    )
    try:
        daemon.wait_metric("roomcast_connections", 1, 20)
        for message in messages:
            daemon.publisher().publish("roomcast:room:lobby", message)
        said, _ = client.communicate(timeout=seconds(20))
    finally:
        client.kill()
        client.wait()
    assert client.returncode == 0
    assert said.splitlines() == [suite, *map(told, messages)]


def test_a_client_that_renews_its_keys_gets_all(
    gateway, certificates, records
):
    """It asks for ours as well, in turns, and sends under its new ones."""
    daemon = gateway(
        listen=listen(certificates.first), limits={"inbound_rate": 0}
    )
    client = records(daemon, certificates.first, ssl.TLSVersion.TLSv1_3)
    assert client.handshake().status == 101
    publisher = daemon.publisher()
    for i in range(20):
        message = f"{i} {SMALL if i % 4 else BIG}"
        client.send_records(
            client.sealer.key_update(i % 2 == 0)
            + client.sealer.seal(DATA, frame(PING, b"%d" % i))
        )
        assert client.read_frame() == (PONG, b"%d" % i, True)
        publisher.publish("roomcast:room:lobby", message)
        assert client.read_frame() == (TEXT, message.encode(), True)
