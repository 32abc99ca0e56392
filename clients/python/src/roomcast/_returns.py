"""Whether a stream comes back, and when."""

from __future__ import annotations

from typing import Callable, Optional, Tuple

from . import _codes
from ._codes import Then
from .events import Closed

OnClosed = Callable[[int, str, Then], Optional[Then]]


class Returns:
    """Counts what was in vain. Times are seconds."""

    def __init__(
        self,
        pause: Tuple[float, float],
        closed: Optional[OnClosed],
        can_renew: bool,
    ) -> None:
        self._pause = pause
        self._closed = closed
        self._can_renew = can_renew  # the token: or it is the same for ever
        self._begin()

    def _begin(self) -> None:
        self._tries = 0  # in vain, in a row
        self._is_refused = False  # what lets us in, since it last did

    @property
    def is_first(self) -> bool:
        """Nothing was in vain before."""
        return not self._tries and not self._is_refused

    def lasted(self, seconds: float) -> None:
        """A connection did. One that ends at once has proved nothing."""
        if seconds > _codes.PROVEN * self._pause[0]:
            self._begin()

    def pause(
        self, usual: Then, code: int, reason: str, was_in: bool
    ) -> float:
        """Before the next attempt; or raise Closed."""
        if usual == "token" and not self._can_renew:
            if self._is_refused or not was_in:
                usual = "stop"
        then = self._closed(code, reason, usual) if self._closed else None
        then = then or usual
        if then == "stop":
            self._begin()
            raise Closed(code, reason)
        is_renewed = then == "token" and not self._is_refused
        self._is_refused = self._is_refused or then == "token"
        if is_renewed:
            return _codes.first_pause(self._pause[0])
        self._tries += 1
        return _codes.pause(then, self._tries - 1, *self._pause)
