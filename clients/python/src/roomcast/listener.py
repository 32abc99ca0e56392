"""The same stream for programs without asyncio: a thread runs it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import weakref
from concurrent.futures import Future
from types import TracebackType
from typing import (
    Any,
    Callable,
    Coroutine,
    Iterator,
    Optional,
    Type,
    TypeVar,
    Union,
    overload,
)

from .events import Gap, Message
from .stream import Stream

T = TypeVar("T")
OnGap = Callable[[Gap], object]


class _Loop:
    """A loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.next: Optional[Future[Union[Message, Gap]]] = None
        self.thread = threading.Thread(
            target=self.loop.run_forever, name="roomcast", daemon=True
        )
        self.thread.start()

    def begin(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def end(self, stream: Stream) -> None:
        if threading.current_thread() is self.thread:  # as a collector may
            closing = self.loop.create_task(stream.close())
            closing.add_done_callback(lambda _: self.loop.stop())
            return
        try:
            self.begin(stream.close()).result()
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.loop.close()


def _get(future: Future[T], timeout: Optional[float]) -> T:
    """Its result. When time is over it goes on, for somebody to ask again."""
    try:
        return future.result(timeout)
    except concurrent.futures.TimeoutError:
        if future.done():
            return future.result()
        raise TimeoutError(f"nothing came within {timeout} s") from None


class Listener:
    """See listen(), which makes one. One thread at a time uses it.

    A thread of its own answers the gateway's pings however long a message
    takes; messages, and on_gap, come in the thread that asks for them.
    """

    def __init__(
        self, url: str, *, on_gap: Optional[OnGap] = None, **options: Any
    ) -> None:
        told: Any = on_gap  # called here, never by the stream
        self._stream = Stream(url, on_gap=told, **options)
        self._on_gap = on_gap
        self._loop: Optional[_Loop] = None
        self._close: Callable[[], Any] = lambda: None

    @property
    def since(self) -> Optional[str]:
        """The cursor behind all messages that have been dealt with."""
        return self._stream.since

    @property
    def connection(self) -> Optional[str]:
        """Its id, or the last one, on a route with a welcome."""
        return self._stream.connection

    def open(self) -> None:
        """Be in: what is published from now on comes."""
        if self._loop is not None:
            return
        loop = self._loop = _Loop()
        # Also when it is forgotten, or the program ends.
        self._close = weakref.finalize(self, loop.end, self._stream)
        try:
            loop.begin(self._stream.__aenter__()).result()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._close()
        self._loop = None

    def next(self, timeout: Optional[float] = None) -> Message:
        """The next message, or TimeoutError after so many seconds: then it
        is still to come."""
        self.open()
        while True:
            event = self._event(timeout)
            if isinstance(event, Message):
                return event
            if self._on_gap is not None:
                self._on_gap(event)
            self._stream.gap_is_told()

    def _event(self, timeout: Optional[float]) -> Union[Message, Gap]:
        loop = self._loop
        assert loop is not None
        if loop.next is None:
            loop.next = loop.begin(self._stream.event())
        try:
            return _get(loop.next, timeout)
        finally:
            if loop.next.done():
                loop.next = None

    def __iter__(self) -> Iterator[Message]:
        try:
            while True:
                yield self.next()
        except StopAsyncIteration:  # another thread has closed it
            return
        finally:
            self.close()

    def __enter__(self) -> Listener:
        self.open()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


@overload
def listen(
    url: str, *, since: str, on_gap: OnGap, **options: Any
) -> Listener: ...


@overload
def listen(
    url: str,
    *,
    since: None = None,
    on_gap: Optional[OnGap] = None,
    **options: Any,
) -> Listener: ...


def listen(url: str, **options: Any) -> Listener:
    """The messages at this URL, one after the other: for a `for`, which ends
    the connection when it ends, or for `with` and next(timeout).

    The arguments are those of connect(); on_gap is a plain function, and is
    called in the thread that iterates. token and closed are called in
    another one.
    """
    return Listener(url, **options)
