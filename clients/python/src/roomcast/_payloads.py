"""Payloads as the gateway takes them, in bytes."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, Optional

from . import _names
from ._names import Names

MISSING: Any = object()
FORGOTTEN = 1000  # names in one command, at most
_MOVES = "join", "leave"
_CHECKS = {
    "rooms": _names.room,
    "users": _names.user,
    "connections": _names.connection,
    "except": _names.connection,
    "ids": _names.message,
}


def _json(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def _named(names: Dict[str, Names]) -> Dict[str, Any]:
    """Those keys that name somebody."""
    lists = {k: _names.several(v, _CHECKS[k]) for k, v in names.items()}
    return {key: value for key, value in lists.items() if value}


def _one_of(message: Any, text: Optional[str], data: Optional[bytes]) -> None:
    given = [message is not MISSING, text is not None, data is not None]
    if sum(given) != 1:
        raise TypeError("one of message, text and data is to be sent")


def envelope(
    names: Dict[str, Names],
    message: Any,
    text: Optional[str],
    data: Optional[bytes],
    keep: bool,
) -> bytes:
    _one_of(message, text, data)
    whom = _named(names)
    if not whom.keys() - {"except"}:
        raise ValueError("neither rooms nor users nor connections are named")
    if data is not None:
        whom["binary"] = base64.b64encode(data).decode()
    elif text is not None:
        whom["text"] = text
    else:
        whom["message"] = message
    if not keep:
        whom["keep"] = False
    return _json(whom).encode()


def content(message: Any, text: Optional[str], data: Optional[bytes]) -> bytes:
    """Of a channel whose payload is the message."""
    _one_of(message, text, data)
    if data is not None:
        return bytes(data)
    return (text if text is not None else _json(message)).encode()


def command(word: str, names: Dict[str, Names], **more: Any) -> bytes:
    whom = _named(names)
    if not whom:
        raise ValueError(f"{word} names nobody")
    if word in _MOVES and not ("rooms" in whom and len(whom) > 1):
        raise ValueError(f"{word} names no rooms, or nobody")
    if word == "forget" and sum(map(len, whom.values())) > FORGOTTEN:
        raise ValueError(f"forget names more than {FORGOTTEN}")
    return _json({"command": word, **whom, **more}).encode()
