"""A client and a publisher by docs/protocol.md alone: sockets, and nothing of
the rest of the rig. What they take for granted stands on that page."""

import base64
import hashlib
import os
import socket
import struct
import zlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Refused(Exception):
    def __init__(self, status, headers, why):
        super().__init__(f"{status}: {why}")
        self.status, self.headers, self.why = status, headers, why


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"{code} {reason}")
        self.code, self.reason = code, reason


class Wire:
    """A connection, its bytes and lines."""

    def __init__(self, address, timeout):
        self.socket = socket.create_connection(address, timeout)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def read(self, count):
        data = self.file.read(count)
        if len(data) < count:
            raise Closed(1006, "")
        return data

    def line(self, end=b"\n"):
        line = self.file.readline()
        if not line.endswith(end):
            raise Closed(1006, "")
        return line[: -len(end)]

    def ask(self, path, headers):
        """A GET; its status and headers, or Refused."""
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers)
        head = f"GET {path} HTTP/1.1\r\nHost: push.example\r\n{fields}\r\n"
        self.send(head.encode())
        status = int(self.line(b"\r\n").split()[1])
        answer = {}
        while line := self.line(b"\r\n").decode():
            name, _, value = line.partition(": ")
            answer[name.lower()] = value
        if "content-length" in answer:
            why = self.read(int(answer["content-length"])).decode()
            raise Refused(status, answer, why.rstrip("\n"))
        return status, answer

    def close(self):
        self.file.close()
        self.socket.close()


class WebSocket(Wire):
    """Its messages; what a ping wants and a close frame is done here."""

    def __init__(self, address, path, timeout, headers=(), deflate=False):
        super().__init__(address, timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        offer = [("Sec-WebSocket-Extensions", "permessage-deflate")]
        status, self.answer = self.ask(
            path,
            [
                ("Connection", "Upgrade"),
                ("Upgrade", "websocket"),
                ("Sec-WebSocket-Version", "13"),
                ("Sec-WebSocket-Key", key),
                *(offer if deflate else []),
                *headers,
            ],
        )
        digest = hashlib.sha1((key + GUID).encode()).digest()
        accept = base64.b64encode(digest).decode()
        assert status == 101 and self.answer["sec-websocket-accept"] == accept

    def put(self, opcode, payload=b"", mask=b"\1\2\3\4"):
        """A frame of the client; one without a mask is a mistake."""
        size, flag = len(payload), 0x80 if mask else 0
        head = bytes([0x80 | opcode, flag | min(size, 126)])
        head += struct.pack(">H", size) if size >= 126 else b""
        mask = mask or b"\0\0\0\0"
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.send(head + (mask if flag else b"") + masked)

    def frame(self):
        """Of the gateway: never masked, always whole."""
        first, size = self.read(2)
        assert first & 0x80 and not size & 0x80
        if size >= 126:
            form = ">H" if size == 126 else ">Q"
            (size,) = struct.unpack(form, self.read(struct.calcsize(form)))
        payload = self.read(size)
        if first & 0x40:
            payload = zlib.decompressobj(-15).decompress(
                payload + b"\0\0\xff\xff"
            )
        return first & 0xF, payload

    def next(self):
        """The next message: str, or bytes; Closed at the end."""
        while True:
            opcode, payload = self.frame()
            if opcode == PING:
                self.put(PONG, payload)
            elif opcode == CLOSE:
                self.put(CLOSE, payload[:2])
                code = struct.unpack(">H", payload[:2])[0] if payload else 1005
                raise Closed(code, payload[2:].decode())
            elif opcode != PONG:
                return payload.decode() if opcode == TEXT else payload

    def next_with_id(self):
        """(id, word of a note or None, what is behind the line)."""
        message = self.next()
        is_text = isinstance(message, str)
        lf = "\n" if is_text else b"\n"
        line, _, rest = message.partition(lf)
        line = line if is_text else line.decode()
        cursor, blank, word = line.partition(" ")
        assert is_text or not blank, "notes are text"
        return cursor, word if blank else None, rest


class Events(Wire):
    """(event, id or None, data) of a stream; the id may come alone."""

    def __init__(self, address, path, timeout, headers=()):
        super().__init__(address, timeout)
        self.retry = None
        status, answer = self.ask(
            path, [("Accept", "text/event-stream"), *headers]
        )
        assert status == 200
        assert answer["content-type"] == "text/event-stream"

    def next(self):
        event, cursor, data = None, None, []
        while True:
            name, _, value = self.line().decode().partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value
            elif name == "id":
                cursor = value
            elif name == "data":
                data.append(value)
            elif name == "retry":
                self.retry = int(value)
            elif not name and not value and (event or cursor or data):
                text = "\n".join(data) if data else None
                return event or "message", cursor, text


class Publisher(Wire):
    """RESP, as much as PUBLISH, XADD and their answers take."""

    def ask(self, *words):
        words = [w.encode() if isinstance(w, str) else w for w in words]
        parts = [b"$%d\r\n%s\r\n" % (len(word), word) for word in words]
        self.send(b"*%d\r\n" % len(words) + b"".join(parts))
        line = self.line(b"\r\n").decode()
        kind, rest = line[0], line[1:]
        if kind == "$":
            text = self.read(int(rest) + 2)[:-2].decode()
            return text
        return int(rest) if kind == ":" else line
