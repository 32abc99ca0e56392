"""The versions of websockets: from 13 on its asyncio client, before that the
one that was all there was.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

_connect: Any
try:
    from websockets.asyncio.client import connect

    _connect = connect
    _HEADERS = "additional_headers"
except ImportError:  # before 13
    import websockets

    _connect = websockets.connect
    _HEADERS = "extra_headers"


async def open_socket(
    url: str,
    headers: Mapping[str, str],
    subprotocols: Optional[List[str]],
    settings: Dict[str, Any],
) -> Any:
    """A connection: recv() and close() are the same in all versions."""
    return await _connect(
        url,
        **{_HEADERS: dict(headers)},
        subprotocols=subprotocols,
        **settings,
    )


def drop(socket: Any) -> None:
    """Without a word more: recv() says then that the line is broken."""
    socket.transport.abort()


def refused_status(error: BaseException) -> Optional[int]:
    """The HTTP status in place of a connection, or None: it was not that."""
    answer = getattr(error, "response", error)
    status = getattr(answer, "status_code", None)
    return status if isinstance(status, int) else None


def refused_reason(error: BaseException) -> str:
    """The line of text that the gateway answers a refusal with."""
    body = getattr(getattr(error, "response", None), "body", None) or b""
    return bytes(body[:200]).decode("utf-8", "replace").strip()


def _theirs(error: ConnectionClosed) -> Optional[Close]:
    """The close frame of the other side, unless it only answers ours."""
    return None if error.rcvd_then_sent is False else error.rcvd


def is_over_max_size(error: ConnectionClosed) -> bool:
    """We have ended it, for the size of a message."""
    sent = error.sent
    return _theirs(error) is None and sent is not None and sent.code == 1009


def close_code(error: ConnectionClosed) -> int:
    """1006 when nobody has said why, which is a broken line."""
    theirs = _theirs(error)
    return int(theirs.code) if theirs is not None else 1006


def close_reason(error: ConnectionClosed) -> str:
    theirs = _theirs(error) or error.sent
    return theirs.reason if theirs is not None else ""
