"""What names may be: the gateway's rules. A Redis does not tell a publisher
that a payload was dropped, so what cannot be right does not leave.
"""

from __future__ import annotations

import re
from typing import Callable, Iterable, List, Union

Name = Union[str, int]
Names = Union[Name, Iterable[Name]]

_CONTROL = re.compile("[\0-\x1f\x7f-\x9f]")
_PRINTABLE = re.compile("[ -~]{1,64}")
_IDENT = re.compile("[A-Za-z0-9._~-]{1,64}")


def user(name: Name) -> Name:
    """The name, or ValueError. A number is the name that it is spelt as."""
    text = str(name)
    size = len(text.encode())
    if not 1 <= size <= 255 or _CONTROL.search(text):
        raise ValueError(f"no name is called {text!r}")
    return text if isinstance(name, str) else int(name)


def room(name: Name) -> Name:
    if "," in str(name):
        raise ValueError(f"no room is called {name!r}: it has a comma")
    return user(name)


def connection(ident: Name) -> str:
    if not isinstance(ident, str) or not _PRINTABLE.fullmatch(ident):
        raise ValueError(f"no connection has the id {ident!r}")
    return ident


def message(ident: Name) -> str:
    if not isinstance(ident, str) or not _IDENT.fullmatch(ident):
        raise ValueError(f"no message has the id {ident!r}")
    return ident


def several(names: Names, check: Callable[[Name], Name]) -> List[Name]:
    """One name, or many, each of which is one."""
    if isinstance(names, (str, int)):
        names = [names]
    return [check(name) for name in names]
