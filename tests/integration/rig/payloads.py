"""The corpora of payloads that the unit tests and these tests share."""

import re
from typing import NamedTuple

from .gateway import ROOT

FOLDER = ROOT / "tests" / "payloads"
ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|\\)")


class Bad(NamedTuple):
    name: str
    reason: str
    payload: bytes


class Good(NamedTuple):
    name: str
    rooms: list
    content: object  # what a client gets: str or bytes
    payload: bytes


def _unescape(data):
    return ESCAPE.sub(
        lambda m: bytes.fromhex(m[1].decode()) if m[1] else b"\\", data
    )


def _rows(name):
    for line in (FOLDER / name).read_bytes().split(b"\n"):
        if line and not line.startswith(b"#"):
            yield line.split(b"\t")


def bad(name="bad.txt"):
    """Every row of bad.txt, or of another corpus of that form."""
    return [
        Bad(row.decode(), reason.decode(), _unescape(payload))
        for row, reason, _offset, payload in _rows(name)
    ]


def _received(kind, content):
    """Text where the kind is text, or any and it happens to be UTF-8."""
    if kind == b"binary":
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        assert kind == b"any"
        return content


def good():
    """Every row of good.txt."""
    return [
        Good(
            name.decode(),
            _unescape(rooms).decode().split(","),
            _received(kind, _unescape(content)),
            _unescape(payload),
        )
        for name, rooms, kind, content, payload in _rows("good.txt")
    ]
