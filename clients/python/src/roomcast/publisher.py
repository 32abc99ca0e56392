"""Publish through Redis, or through the embedded port of a gateway."""

from __future__ import annotations

from types import TracebackType
from typing import (
    Any,
    Awaitable,
    Generic,
    NamedTuple,
    Optional,
    Type,
    TypeVar,
    Union,
)

from . import _payloads
from ._names import Name, Names, room as room_name
from ._payloads import MISSING

R = TypeVar("R")


class Channels(NamedTuple):
    """`channels` of the gateway's configuration."""

    send: str = "roomcast:send"
    broadcast: str = "roomcast:broadcast"
    control: str = "roomcast:control"
    room_prefix: str = "roomcast:room:"


class Sent(NamedTuple):
    """What Redis has answered."""

    id: str = ""  # XADD: of the message, and a cursor
    receivers: int = 0  # PUBLISH: of gateways, as a rule


class _Publisher(Generic[R]):
    """What a payload is; how it is sent is for those below."""

    def __init__(
        self,
        client: Any,
        *,
        stream: Optional[str] = None,
        maxlen: Optional[int] = 100_000,
        channels: Channels = Channels(),
    ) -> None:
        self.client = client
        self._stream = stream
        self._maxlen = maxlen
        self._channels = channels

    def _deliver(self, channel: str, payload: bytes) -> R:
        raise NotImplementedError

    def send(
        self,
        *,
        rooms: Names = (),
        users: Names = (),
        connections: Names = (),
        except_: Names = (),
        message: Any = MISSING,
        text: Optional[str] = None,
        data: Optional[bytes] = None,
        keep: bool = True,
    ) -> R:
        """To all whom rooms, users and connections name, each once, but not
        to the connections in except_: one of message, which is sent as JSON,
        text, and data, which is bytes. keep=False: not kept for clients that
        come back."""
        names = {
            "rooms": rooms,
            "users": users,
            "connections": connections,
            "except": except_,
        }
        payload = _payloads.envelope(names, message, text, data, keep)
        return self._deliver(self._channels.send, payload)

    def to_room(
        self,
        room: Name,
        message: Any = MISSING,
        *,
        text: Optional[str] = None,
        data: Optional[bytes] = None,
    ) -> R:
        """To one room, by its channel: a gateway without a member of it does
        not hear of it. data that is UTF-8 comes as a text."""
        channel = f"{self._channels.room_prefix}{room_name(room)}"
        payload = _payloads.content(message, text, data)
        return self._deliver(channel, payload)

    def broadcast(
        self,
        message: Any = MISSING,
        *,
        text: Optional[str] = None,
        data: Optional[bytes] = None,
    ) -> R:
        """To every connection. data that is UTF-8 comes as a text."""
        payload = _payloads.content(message, text, data)
        return self._deliver(self._channels.broadcast, payload)

    def _command(self, word: str, names: Any, **more: Any) -> R:
        payload = _payloads.command(word, names, **more)
        return self._deliver(self._channels.control, payload)

    def _move(
        self, word: str, rooms: Names, users: Names, connections: Names
    ) -> R:
        names = {"rooms": rooms, "users": users, "connections": connections}
        return self._command(word, names)

    def join(
        self, *, rooms: Names, users: Names = (), connections: Names = ()
    ) -> R:
        """Make these connections members of these rooms from here on."""
        return self._move("join", rooms, users, connections)

    def leave(
        self, *, rooms: Names, users: Names = (), connections: Names = ()
    ) -> R:
        """And here no more."""
        return self._move("leave", rooms, users, connections)

    def disconnect(
        self,
        *,
        rooms: Names = (),
        users: Names = (),
        connections: Names = (),
        code: int = 4000,
        reason: str = "",
    ) -> R:
        """Close these connections, behind what was sent before; code is 1000
        or 4000 to 4999, reason has up to 123 bytes."""
        if code != 1000 and not 4000 <= code <= 4999:
            raise ValueError(f"an app does not close with {code}")
        if len(reason.encode()) > 123:
            raise ValueError("the reason has more than 123 bytes")
        names = {"rooms": rooms, "users": users, "connections": connections}
        return self._command("disconnect", names, code=code, reason=reason)

    def forget(self, *, ids: Names = (), rooms: Names = ()) -> R:
        """Keep these messages, and all that is for these rooms, no more: up
        to 1,000 names."""
        return self._command("forget", {"ids": ids, "rooms": rooms})

    def _words(self, channel: str, payload: bytes) -> Any:
        """What the client of Redis is asked."""
        if self._stream is None:
            return self.client.publish(channel, payload)
        return self.client.xadd(
            self._stream,
            {channel: payload},
            maxlen=self._maxlen,
            approximate=True,
        )

    def _sent(self, answer: Any) -> Sent:
        if self._stream is None:
            return Sent(receivers=int(answer))
        is_bytes = isinstance(answer, bytes)
        return Sent(id=answer.decode() if is_bytes else str(answer))


class Publisher(_Publisher[Sent]):
    """Publish by a redis.Redis, or the URL of one: `Publisher(url)`.

    stream: history.stream of the gateway: what is sent is XADDed to it, in
    place of PUBLISHed, and trimmed to about maxlen entries (None: not at
    all).
    """

    def __init__(self, client: Any, **options: Any) -> None:
        self._is_own = isinstance(client, str)
        if self._is_own:
            import redis

            client = redis.Redis.from_url(client)
        super().__init__(client, **options)

    def _deliver(self, channel: str, payload: bytes) -> Sent:
        return self._sent(self._words(channel, payload))

    def close(self) -> None:
        """Its own connections; a client that it was given stays as it is."""
        if self._is_own:
            self.client.close()
            self.client.connection_pool.disconnect()  # redis-py 4 leaves it

    def __enter__(self) -> Publisher:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


class AsyncPublisher(_Publisher[Awaitable[Sent]]):
    """The same by a redis.asyncio.Redis, or the URL of one: each method is
    to be awaited."""

    def __init__(self, client: Union[str, Any], **options: Any) -> None:
        self._is_own = isinstance(client, str)
        if self._is_own:
            import redis.asyncio

            client = redis.asyncio.Redis.from_url(client)
        super().__init__(client, **options)

    async def _send(self, channel: str, payload: bytes) -> Sent:
        return self._sent(await self._words(channel, payload))

    def _deliver(self, channel: str, payload: bytes) -> Awaitable[Sent]:
        return self._send(channel, payload)

    async def close(self) -> None:
        if self._is_own:
            # Of redis-py 4 it is close().
            close = getattr(self.client, "aclose", None) or self.client.close
            await close()
            await self.client.connection_pool.disconnect()

    async def __aenter__(self) -> AsyncPublisher:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()
