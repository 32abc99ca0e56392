"""What a frame is: a message, or the gateway's own word."""

from __future__ import annotations

import json
from typing import NamedTuple, Optional, Union

Data = Union[str, bytes]
LARGEST_OWN = 1024  # bytes: a welcome or a gap is far below


class Frame(NamedTuple):
    id: str
    word: Optional[str]  # of a note
    data: Data


def with_id(data: Data) -> Optional[Frame]:
    """Of a client that goes by ids; None when it has no first line."""
    if isinstance(data, str):
        line, mark, rest = data.partition("\n")
        if not mark:
            return None
        ident, blank, word = line.partition(" ")
        return Frame(ident, word if blank else None, rest)
    first, end, content = data.partition(b"\n")
    if not end:
        return None
    ident, blank, word = first.decode("ascii", "replace").partition(" ")
    return Frame(ident, word if blank else None, content)


def own_word(data: Data) -> Optional[dict[str, object]]:
    """Of a client without ids: what the gateway itself may have said."""
    mark = '"roomcast.' if isinstance(data, str) else b'"roomcast.'
    if len(data) > LARGEST_OWN or mark not in data:  # type: ignore[operator]
        return None
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
