"""A TLS client whose records a test makes itself, byte by byte.

The handshake is ssl's. Its key log tells the client's keys, and from then on
every record is sealed here: also those that no TLS library would ever send.
What the server sends is still read by ssl.
"""

import hmac
import ssl

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .gateway import Gateway
from .raw import Raw
from .tls import trusting

CHANGE_CIPHER, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
CLIENT_HELLO, KEY_UPDATE = 1, 24
WARNING, USER_CANCELED, NO_RENEGOTIATION = 1, 90, 100


def plain_record(kind, content):
    """A record as it is before there are keys."""
    return bytes([kind, 3, 3]) + len(content).to_bytes(2, "big") + content


def message(kind, body):
    """A message of the TLS handshake."""
    return bytes([kind]) + len(body).to_bytes(3, "big") + body


class Sealer13:
    """TLS 1.3 with TLS_AES_128_GCM_SHA256 (RFC 8446, sections 5.2, 7)."""

    def __init__(self, secrets, _server_hello):
        self._use(secrets["CLIENT_TRAFFIC_SECRET_0"])

    def _use(self, secret):
        self.secret, self.count = secret, 0
        self.cipher = AESGCM(self._expand(b"key", 16))
        self.iv = int.from_bytes(self._expand(b"iv", 12), "big")

    def _expand(self, label, size):
        label = b"tls13 " + label
        info = size.to_bytes(2, "big") + bytes([len(label)]) + label + b"\0\1"
        return hmac.digest(self.secret, info, "sha256")[:size]

    def seal(self, kind, content):
        head = b"\x17\3\3" + (len(content) + 17).to_bytes(2, "big")
        nonce = (self.iv ^ self.count).to_bytes(12, "big")
        self.count += 1
        inner = content + bytes([kind])
        return head + self.cipher.encrypt(nonce, inner, head)

    def key_update(self, is_requested=True):
        body = message(KEY_UPDATE, bytes([is_requested]))
        record = self.seal(HANDSHAKE, body)
        self._use(self._expand(b"traffic upd", 32))
        return record


class Sealer12:
    """TLS 1.2 with AES128-GCM-SHA256 (RFC 5246, section 6.3; RFC 5288)."""

    def __init__(self, secrets, server_hello):
        client_random, master = secrets["CLIENT_RANDOM"]
        seed = b"key expansion" + server_hello[11:43] + client_random
        block, a = b"", seed
        while len(block) < 40:
            a = hmac.digest(master, a, "sha256")
            block += hmac.digest(master, a + seed, "sha256")
        self.cipher, self.iv = AESGCM(block[:16]), block[32:36]
        self.count = 1  # Finished was the first one

    def seal(self, kind, content):
        number = self.count.to_bytes(8, "big")
        self.count += 1
        about = plain_record(kind, content)[:5]
        sealed = self.cipher.encrypt(self.iv + number, content, number + about)
        return plain_record(kind, number + sealed)


def read_key_log(path):
    secrets = {}
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            continue
        name, client_random, secret = line.split(" ")
        secret = bytes.fromhex(secret)
        if name == "CLIENT_RANDOM":
            secret = (bytes.fromhex(client_random), secret)
        secrets[name] = secret
    return secrets


class RecordsRaw(Raw):
    """A Raw inside TLS that it writes itself; sealer makes its records."""

    def __init__(self, target, pair, key_log, version, **options):
        super().__init__(target, **options)
        context = trusting(pair, version=version)
        context.keylog_filename = str(key_log)
        if version == ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        self._incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming, outgoing, server_hostname="localhost"
        )
        first = self._shake_hands(outgoing)
        is_old = version == ssl.TLSVersion.TLSv1_2
        made_by = Sealer12 if is_old else Sealer13
        self.sealer = made_by(read_key_log(key_log), first)

    def _shake_hands(self, outgoing):
        """Returns the server's first bytes."""
        first = b""
        while True:
            try:
                self._tls.do_handshake()
                self.socket.sendall(outgoing.read())
                return first
            except ssl.SSLWantReadError:
                self.socket.sendall(outgoing.read())
                got = self.socket.recv(65536)
                first = first or got
                self._incoming.write(got)

    def send(self, data):
        self.send_records(self.sealer.seal(DATA, data))

    def send_records(self, records):
        self.socket.sendall(records)

    def _fill(self):
        while True:
            try:
                data = self._tls.read(65536)
                break
            except ssl.SSLWantReadError:
                got = self.socket.recv(65536)
                if not got:
                    raise EOFError("the end, without close_notify") from None
                self._incoming.write(got)
            except ssl.SSLZeroReturnError:
                data = b""
        if not data:
            raise EOFError(f"end of stream; unread: {self.buffer!r}")
        self.buffer += data


@pytest.fixture
def records(tmp_path):
    """records(gateway, pair, version): through the TLS handshake."""
    sockets = []

    def open_records(target, pair, version, index=0, **options):
        if isinstance(target, Gateway):
            target = target.address(index)
        key_log = tmp_path / f"keys-{len(sockets)}"
        sockets.append(RecordsRaw(target, pair, key_log, version, **options))
        return sockets[-1]

    yield open_records
    for s in sockets:
        s.close()
