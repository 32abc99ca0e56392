"""What a stream hands out, and how it ends."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Union


class Message(NamedTuple):
    """One that was published: text as str, else bytes, as it came."""

    id: str  # a cursor; "" without ids, and for what is not kept
    data: Union[str, bytes]

    def json(self) -> Any:
        return json.loads(self.data)


class Gap(NamedTuple):
    """Messages may be missing between those before it and those behind it."""

    id: str  # the cursor from here on; "" without ids


class Closed(Exception):
    """The gateway has said that coming back is of no use.

    code is that of the close frame, or 4000 and the HTTP status where the
    handshake was answered with one: 4403 for a 403.
    """

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.code} {self.reason}".rstrip()
