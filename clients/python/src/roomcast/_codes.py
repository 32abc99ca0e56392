"""What to do when a connection has ended, by its code.

4400 to 4499 and 4503 are the gateway's where a route says `refuse: close`:
the HTTP status that an answer would have had, and 4000. The rest of 4000 to
4999, and 1000, are the app's word, and final.
"""

from __future__ import annotations

import random
from enum import Enum


class Then(Enum):
    SOON = 0  # others do the same in this moment, or a token is fetched
    AGAIN = 1
    LATER = 3  # it is full, or there was too much of us
    TOKEN = -1
    STOP = -2


_CLOSES = {
    1000: Then.STOP,  # the app's
    1008: Then.SOON,  # credentials that expired, as a rule
    1009: Then.STOP,  # a message over max_size would come again
    1012: Then.SOON,
    1013: Then.SOON,
    4503: Then.LATER,
}

_STATUSES = {401: Then.TOKEN, 408: Then.AGAIN, 429: Then.LATER}


def after_status(status: int) -> Then:
    """A handshake was answered with this."""
    later = Then.LATER if status >= 500 else Then.STOP
    return _STATUSES.get(status, later)


def after_close(code: int) -> Then:
    if code in _CLOSES:
        return _CLOSES[code]
    if 4400 <= code < 4500:
        return after_status(code - 4000)
    return Then.STOP if 4000 <= code < 5000 else Then.AGAIN


def pause(kind: Then, tries: int, shortest: float, longest: float) -> float:
    """Seconds before the next attempt, when so many in a row were in vain."""
    doublings = min(tries + max(kind.value, 0), 30)
    return min(longest, shortest * 2.0**doublings) * random.uniform(0.5, 1.5)
