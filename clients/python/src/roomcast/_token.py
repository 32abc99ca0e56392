"""Where a token comes from, and where the gateway looks for it."""

from __future__ import annotations

import inspect
from typing import Awaitable, Callable, Dict, List, Optional, Tuple, Union
from urllib.parse import quote, urlsplit, urlunsplit

from .events import Closed

Token = Union[str, Callable[[], Union[str, Awaitable[str]]]]


def check_place(place: str) -> None:
    kind, _, name = place.partition(".")
    if place == "subprotocol" or place == "header.authorization":
        return
    if kind not in ("query", "cookie") or not name:
        raise ValueError(f"token_in is none of the gateway's words: {place!r}")


class NoToken(Exception):
    """The function that gives it has failed; the cause says how."""


async def value_of(token: Optional[Token]) -> Optional[str]:
    if not callable(token):
        return token
    try:
        value = token()
        return await value if inspect.isawaitable(value) else value
    except Closed:
        raise
    except Exception as error:
        raise NoToken from error


def with_query(url: str, name: str, value: str) -> str:
    """The URL with one more parameter."""
    parts = urlsplit(url)
    more = f"{quote(name)}={quote(value, safe='~')}"
    query = f"{parts.query}&{more}" if parts.query else more
    return urlunsplit(parts._replace(query=query))


def carry(
    token: Optional[str], place: str, url: str
) -> Tuple[str, Dict[str, str], Optional[List[str]]]:
    """The URL, the headers and the subprotocols that bring it."""
    if token is None:
        return url, {}, None
    kind, _, name = place.partition(".")
    if kind == "query":
        return with_query(url, name, token), {}, None
    if kind == "cookie":
        return url, {"Cookie": f"{name}={token}"}, None
    if kind == "subprotocol":
        return url, {}, ["roomcast.jwt", token]
    return url, {"Authorization": f"Bearer {token}"}, None
