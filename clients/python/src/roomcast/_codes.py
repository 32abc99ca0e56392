"""What to do when a connection has ended, or none came about. It is said in
docs/clients.md, and in clients/returns.json for the tests of all clients.
"""

from __future__ import annotations

import random
from typing import Literal

Then = Literal["again", "later", "token", "stop"]

# On a route with `refuse: close` the gateway's codes are 4000 and a status; of
# those only these do not mean: stop.
_CLOSES: dict[int, Then] = {
    1000: "stop",
    1008: "token",
    4401: "token",
    4429: "later",
    4503: "later",
}
_STATUSES: dict[int, Then] = {401: "token", 408: "again", 429: "later"}

LATER = 10  # first pauses are as long as this many; Retry-After is never longer
PROVEN = 5  # first pauses that a connection lasts which has proved something


def after_status(status: int) -> Then:
    """A handshake was answered with this."""
    return _STATUSES.get(status, "later" if status >= 500 else "stop")


def after_close(code: int) -> Then:
    return _CLOSES.get(code, "again" if code < 4000 else "stop")


def pause(then: Then, tries: int, shortest: float, longest: float) -> float:
    """Seconds before the next attempt, when so many in a row were in vain."""
    first = shortest * LATER if then == "later" else shortest
    middle = min(longest, first * 2.0 ** min(tries, 64))
    return middle * (0.5 + random.random())


def first_pause(shortest: float) -> float:
    """The same for the first new token, which has not been in vain yet."""
    return shortest * random.random()
