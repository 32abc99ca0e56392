"""A stream of messages that outlives its connections."""

from __future__ import annotations

import asyncio
import inspect
import logging
from types import TracebackType
from typing import (
    Any,
    AsyncIterator,
    Awaitable,
    Callable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
    Union,
    overload,
)
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import (
    ConnectionClosed,
    InvalidURI,
    WebSocketException,
)

from . import _codes
from ._codes import Then
from ._frames import Data, own_word, with_id
from ._returns import OnClosed, Returns
from ._socket import (
    close_code,
    close_reason,
    drop,
    is_over_max_size,
    open_socket,
    refused_reason,
    refused_status,
)
from ._token import NoToken, Token, carry, check_place, value_of, with_query
from .events import Closed, Gap, Message

OnGap = Callable[[Gap], Union[None, Awaitable[None]]]

FORMER = 4  # names that `was` may have
LARGEST = 2**20 + 65  # limits.payload of the gateway, and an id

log = logging.getLogger("roomcast")


def time() -> float:
    """By the clock of the loop that runs."""
    return asyncio.get_running_loop().time()


class Stream(AsyncIterator[Message]):
    """See connect(), which makes one. One task at a time iterates over it."""

    def __init__(
        self,
        url: str,
        *,
        since: Optional[str] = None,
        on_gap: Optional[OnGap] = None,
        token: Optional[Token] = None,
        token_in: str = "header.authorization",
        was: Sequence[str] = (),
        headers: Optional[Mapping[str, str]] = None,
        pause: Tuple[float, float] = (1.0, 30.0),
        closed: Optional[OnClosed] = None,
        silence: Optional[float] = 60.0,
        ping_interval: Optional[float] = 20.0,
        ping_timeout: Optional[float] = 20.0,
        open_timeout: float = 10.0,
        max_size: Optional[int] = LARGEST,
        max_queue: int = 32,
        **settings: Any,
    ) -> None:
        if since is not None and on_gap is None:
            raise TypeError("who goes by ids says what a gap does: on_gap")
        query = parse_qs(urlsplit(url).query, keep_blank_values=True)
        for name in {"since", "was"} & query.keys():
            raise ValueError(f"{name} is an argument, not a part of the URL")
        check_place(token_in)
        self.url = url
        self.since = since
        self.connection: Optional[str] = None  # its id, or the last one
        self._on_gap = on_gap
        self._token = token
        self._token_in = token_in
        self._was = list(was)
        self._ids: List[str] = []  # of its connections, the newest last
        self._headers = dict(headers or {})
        self._silence = silence
        self._settings = {
            "ping_interval": ping_interval,
            "ping_timeout": ping_timeout,
            "open_timeout": open_timeout,
            "close_timeout": 5.0,
            "max_size": max_size,
            "max_queue": max_queue,
            **settings,
        }
        self._is_open: Optional[bool] = None  # None: it never was
        self._socket: Any = None
        self._coming: Optional[asyncio.Task[None]] = None
        self._given: Optional[str] = None  # id of the message handed out last
        self._is_out = False  # something was handed out
        self._gap: Optional[Gap] = None  # to be told before all else
        self._returns = Returns(pause, closed, callable(token))
        self._is_first = True  # no frame of this connection was seen
        self._was_here = False
        self._is_silent = False
        # By the loop's clock:
        self._began: Optional[float] = None  # the connection, once we are in
        self._heard = 0.0
        self._not_before = 0.0

    # -- for who uses it

    async def __aenter__(self) -> Stream:
        self._is_open = True
        try:
            await self._come()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Message:
        while True:
            event = await self.event()
            if isinstance(event, Message):
                return event
            told = self._on_gap(event) if self._on_gap else None
            if inspect.isawaitable(told):
                await told
            self.gap_is_told()

    async def close(self) -> None:
        """End the connection, and the iteration over it in any task."""
        self._is_open = False
        coming, self._coming = self._coming, None
        socket, self._socket = self._socket, None
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        if socket is not None:
            await socket.close()

    async def event(self) -> Union[Message, Gap]:
        """What comes next; a gap again and again until gap_is_told()."""
        if self._is_open is None:
            raise RuntimeError("a stream begins with `async with`")
        self._settle()
        while self._gap is None:
            if not self._is_open:
                raise StopAsyncIteration
            if self._socket is None or self._coming is not None:
                await self._come()
                continue
            try:
                message = self._take(await self._hear())
            except ConnectionClosed as error:
                if self._is_open:
                    self._leave(error)
                continue
            if message is not None:
                self._given = message.id
                self._is_out = True
                return message
        self._is_out = True
        return self._gap

    def gap_is_told(self) -> None:
        if self._gap is not None:
            self._move(self._gap.id)
        self._gap = None

    # -- the cursor

    def _settle(self) -> None:
        """Who asks for more has dealt with what was handed out."""
        if self._given is not None:
            self._move(self._given)
        self._given = None
        if self._is_out:  # while that was dealt with nobody listened
            self._heard = time()
        self._is_out = False

    def _move(self, ident: str) -> None:
        if self.since is not None and ident:
            self.since = ident

    # -- what came

    async def _hear(self) -> Data:
        """The next frame. With ids each interval has one: a connection on
        which nothing comes is given up."""
        loop = asyncio.get_running_loop()
        watch = None
        if self._silence and self.since is not None:
            due = max(self._heard + self._silence, loop.time())
            watch = loop.call_at(due, self._give_up, self._socket)
        try:
            data: Data = await self._socket.recv()
        finally:
            if watch is not None:
                watch.cancel()
        self._heard = loop.time()
        return data

    def _give_up(self, socket: Any) -> None:
        self._is_silent = True
        drop(socket)

    def _take(self, data: Data) -> Optional[Message]:
        is_first, self._is_first = self._is_first, False
        if self.since is None:
            return self._take_plain(data, is_first)
        frame = with_id(data)
        if frame is None or (is_first and frame.word not in ("at", "gap")):
            raise Closed(1002, "no ids: has the route `resume`?")
        if frame.word is None:
            return Message(frame.id, frame.data)
        if frame.word == "gap":
            self._gap = Gap(frame.id)
        elif frame.word == "welcome":
            self._welcome(frame.data)
        else:
            self._move(frame.id)
        return None

    def _take_plain(self, data: Data, is_first: bool) -> Optional[Message]:
        """Only on routes with a welcome the gateway has words of its own."""
        if is_first and self._welcome(data):
            return None
        own = own_word(data) if self.connection is not None else None
        if own is not None and own.get("type") == "roomcast.gap":
            self._gap = Gap("") if self._on_gap else None
            return None
        return Message("", data)

    def _welcome(self, data: Data) -> bool:
        own = own_word(data) or {}
        ident = own.get("connection")
        if own.get("type") != "roomcast.welcome" or not isinstance(ident, str):
            return False
        self.connection = ident
        self._ids.append(ident)
        del self._ids[:-FORMER]
        return True

    # -- coming and going

    async def _come(self) -> None:
        """In a task of its own: who waits for it with a time-out, and gives
        up, does not begin anew with each attempt."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(self._try_until_in())
        coming = self._coming
        try:
            await asyncio.shield(coming)
        except asyncio.CancelledError:
            if self._is_open:
                raise
            raise StopAsyncIteration from None
        finally:
            if coming.done() and self._coming is coming:
                self._coming = None

    async def _try_until_in(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(self._not_before - loop.time(), 0))
            try:
                return await self._open()
            except ConnectionClosed as error:
                self._leave(error)
            except NoToken as error:
                self._fail("again", 1006, "no token", error.__cause__)
            except InvalidURI:
                raise
            except (OSError, asyncio.TimeoutError, WebSocketException) as error:
                self._refuse(error)

    async def _open(self) -> None:
        """One attempt. With ids the first frame says where we are, so who is
        in misses nothing from here on."""
        url = self._url()
        self._began = None
        self._is_silent = False
        token = await value_of(self._token)
        url, headers, subprotocols = carry(token, self._token_in, url)
        headers = {**self._headers, **headers}
        self._socket = await open_socket(
            url, headers, subprotocols, self._settings
        )
        self._heard = time()
        self._is_first = True
        if self.since is not None:
            self._take(await self._hear())
        elif self._was_here and self._on_gap:
            self._gap = Gap("")
        self._began = time()
        self._was_here = True

    def _url(self) -> str:
        """With the cursor, and what it was called: so `except` still means
        it."""
        url = self.url
        if self.since is not None:
            url = with_query(url, "since", self.since)
        names = [*self._was, *reversed(self._ids)][:FORMER]
        return with_query(url, "was", ",".join(names)) if names else url

    def _refuse(self, error: BaseException) -> None:
        status = refused_status(error)
        if status is None:
            self._fail("again", 1006, str(error))
        else:
            reason = refused_reason(error)
            self._fail(_codes.after_status(status), 4000 + status, reason)

    def _leave(self, error: ConnectionClosed) -> None:
        """The connection has ended."""
        self._socket = None
        if self._began is not None:
            self._returns.lasted(time() - self._began)
        if is_over_max_size(error):
            raise Closed(1009, close_reason(error))  # it would come again
        code = close_code(error)
        reason = "silence" if self._is_silent else close_reason(error)
        self._fail(_codes.after_close(code), code, reason)

    def _fail(
        self,
        usual: Then,
        code: int,
        reason: str,
        cause: Optional[BaseException] = None,
    ) -> None:
        """Say when to try again, or raise Closed."""
        is_quiet = self._returns.is_first and cause is None
        was_in = self._began is not None
        seconds = self._returns.pause(usual, code, reason, was_in)
        self._not_before = time() + seconds
        parts = urlsplit(self.url)
        log.log(
            logging.INFO if is_quiet else logging.WARNING,
            "%s%s: %s %s; again in %.1f s",
            *(parts.netloc.rpartition("@")[2], parts.path),
            *(code, reason, seconds),
            exc_info=cause,
        )


@overload
def connect(
    url: str, *, since: str, on_gap: OnGap, **options: Any
) -> Stream: ...


@overload
def connect(
    url: str,
    *,
    since: None = None,
    on_gap: Optional[OnGap] = None,
    **options: Any,
) -> Stream: ...


def connect(url: str, **options: Any) -> Stream:
    """A stream of the messages at this URL, for `async with`.

    It comes back by itself, after a random pause that grows, until the app
    says that this is of no use: then it raises Closed. Entering waits until
    it is in: what is published from then on comes.

    since: go by ids, from this cursor on; "" is from now on. The route needs
        `resume`. Nothing is missed then between two messages, unless on_gap
        was called between them. None: without ids, so that each return to the
        gateway may have missed something.
    on_gap: a function or coroutine function that is called with a Gap, in its
        place between two messages: fetch the state there. Needed with since.
    token: a text, or a function or coroutine function that is asked for one
        before each attempt. Closed, when it raises that, ends the iteration;
        any other exception is logged, and makes this an attempt in vain.
    token_in: where the gateway looks for it, in the words of its
        configuration: header.authorization, query.NAME, cookie.NAME or
        subprotocol.
    was: what else it calls itself to the app, for `except`; the
        ids of its last connections go along as well.
    headers: more of them for the handshake.
    pause: seconds, the shortest and the longest between two attempts; each is
        taken times 0.5 to 1.5.
    closed: a function of the code, the reason and what is usual then, "again",
        "later", "token" or "stop", that answers one of these, or None.
    silence: seconds in which nothing comes, with since, until the connection
        is given up: above twice the gateway's keepalive.ping_interval.
    ping_interval, ping_timeout: seconds; who does not answer is given up.
    open_timeout: seconds for one handshake.
    max_size: bytes of a message; a larger one ends the stream (1009).
    max_queue: messages that wait here. When it is full the gateway waits, and
        does with us as with all slow consumers.

    Anything else goes to websockets.connect: ssl, proxy, compression.
    """
    return Stream(url, **options)
