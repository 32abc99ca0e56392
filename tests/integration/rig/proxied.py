"""What a proxy puts before a connection: PROXY headers of both versions."""

import socket
import struct

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
UNSPEC, TCP4, TCP6, UNIX = 0x00, 0x11, 0x21, 0x31


def v1(source, port=4711, destination=None):
    """A line of text."""
    is_v6 = ":" in source
    destination = destination or ("2001:db8::1" if is_v6 else "192.0.2.1")
    family = "TCP6" if is_v6 else "TCP4"
    return f"PROXY {family} {source} {destination} {port} 443\r\n".encode()


def tlv(kind, value):
    return struct.pack(">BH", kind, len(value)) + value


def v2_bytes(command, family, body, length=None):
    """A binary header; length, when given, lies about the body's."""
    size = len(body) if length is None else length
    return SIGNATURE + struct.pack(">BBH", command, family, size) + body


def v2(source, port=4711, extensions=b""):
    is_v6 = ":" in source
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    body = (
        socket.inet_pton(family, source)
        + socket.inet_pton(family, "::1" if is_v6 else "192.0.2.1")
        + struct.pack(">HH", port, 443)
        + extensions
    )
    return v2_bytes(PROXY, TCP6 if is_v6 else TCP4, body)
