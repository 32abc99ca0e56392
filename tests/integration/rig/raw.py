"""A socket on which a test decides about every byte."""

import base64
import os
import socket
import struct
from typing import NamedTuple

from .waiting import seconds

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # of RFC 6455, section 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


class Response(NamedTuple):
    status: int
    headers: dict  # names in lower case
    body: bytes


class Frame(NamedTuple):
    opcode: int
    payload: bytes
    fin: bool = True
    is_deflated = False

    @property
    def code(self):
        """Of a close frame; None when it has no payload."""
        if not self.payload:
            return None
        return struct.unpack(">H", self.payload[:2])[0]


class DeflatedFrame(Frame):
    """One whose payload is deflated, as it came."""

    is_deflated = True


def request(path="/ws/lobby", headers=(), without=(), method="GET"):
    """The head of a handshake: headers replace or add, without leaves out."""
    fields = {
        "Host": "example.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        **dict(headers),
    }
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{k}: {v}" for k, v in fields.items() if k not in without]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")


def frame(opcode, payload=b"", fin=True, masked=True, rsv=0, length=None):
    """A client's frame; length, when given, lies about the payload's."""
    size = len(payload) if length is None else length
    head = bytes([fin << 7 | rsv << 4 | opcode])
    mask_bit = masked << 7
    if size < 126:
        head += bytes([mask_bit | size])
    elif size < 65536:
        head += bytes([mask_bit | 126]) + struct.pack(">H", size)
    else:
        head += bytes([mask_bit | 127]) + struct.pack(">Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


def close_frame(code, reason=b""):
    return frame(CLOSE, struct.pack(">H", code) + reason)


class Raw:
    """A connected stream socket with a buffer for what was read."""

    def __init__(
        self, address, receive_buffer=None, timeout=5, source=None
    ):
        if isinstance(address, str):
            family, target = socket.AF_UNIX, address
        else:
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            target = address
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(seconds(timeout))
        if receive_buffer:
            self.socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer
            )
        if source:
            self.socket.bind((source, 0))
        self.socket.connect(target)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.may_deflate = False  # the handshake agreed on it

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    @classmethod
    def upgraded(cls, address, path="/ws/lobby", headers=(), **options):
        """Connected, and through the handshake."""
        raw = cls(address, **options)
        answer = raw.handshake(path, headers)
        assert answer.status == 101, answer
        return raw

    def send(self, data):
        self.socket.sendall(data)

    def send_bytewise(self, data):
        for i in range(len(data)):
            self.socket.sendall(data[i : i + 1])

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        """Close with a reset instead of an orderly end."""
        self.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.socket.close()

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"end of stream; unread: {self.buffer!r}")
        self.buffer += data

    def read(self, count):
        while len(self.buffer) < count:
            self._fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_until(self, mark):
        while mark not in self.buffer:
            self._fill()
        at = self.buffer.index(mark) + len(mark)
        return self.read(at)

    def read_to_end(self):
        """All that still comes; a reset fails the test."""
        try:
            while True:
                self._fill()
        except EOFError:
            data, self.buffer = self.buffer, b""
            return data

    def wait_gone(self):
        """Until the peer closes or resets the connection."""
        try:
            self.read_to_end()
        except ConnectionResetError:
            pass

    # -- HTTP

    def handshake(self, path="/ws/lobby", headers=()):
        self.send(request(path, headers))
        return self.read_response()

    def read_response(self):
        head = self.read_until(b"\r\n\r\n").decode()
        status_line, *lines = head[:-4].split("\r\n")
        version, status, _ = status_line.split(" ", 2)
        assert version == "HTTP/1.1"
        headers = {}
        for line in lines:
            name, _, value = line.partition(": ")
            name = name.lower()
            if name == "connection" and name in headers:
                value = f"{headers.pop(name)}, {value}"
            assert name not in headers, f"{name} comes twice"
            headers[name] = value
        self.may_deflate = "sec-websocket-extensions" in headers
        body = self.read(int(headers.get("content-length", 0)))
        return Response(int(status), headers, body)

    def read_refusal(self):
        """An answer that ends the connection; a reset would lose it."""
        answer = self.read_response()
        assert "close" in answer.headers["connection"].split(", ")
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.body.endswith(b"\n") and answer.body.count(b"\n") == 1
        assert self.read_to_end() == b""
        return answer

    # -- frames

    def read_frame(self):
        """The next frame of the server, which never masks."""
        first, second = self.read(2)
        allowed = 0x40 if self.may_deflate else 0
        assert first & 0x70 & ~allowed == 0, "a reserved bit is set"
        assert second & 0x80 == 0, "a server's frame is masked"
        size = second
        if size == 126:
            (size,) = struct.unpack(">H", self.read(2))
            assert size >= 126, "the length is not in its shortest form"
        elif size == 127:
            (size,) = struct.unpack(">Q", self.read(8))
            assert size >= 65536, "the length is not in its shortest form"
        kind = DeflatedFrame if first & 0x40 else Frame
        return kind(first & 15, self.read(size), bool(first & 0x80))

    def frames_to_the_end(self):
        """The frames that are whole; a reset is an end, too."""
        while True:
            try:
                yield self.read_frame()
            except (EOFError, ConnectionResetError):
                return

    def read_until_close(self):
        """Skip to the close frame, after which the stream must end."""
        while True:
            got = self.read_frame()
            if got.opcode == CLOSE:
                return got


def new_key():
    return base64.b64encode(os.urandom(16)).decode()
