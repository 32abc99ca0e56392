"""Listen to a roomcast gateway, and publish through it.

    async with roomcast.connect(url, since="", on_gap=refetch) as stream:
        async for message in stream:
            handle(message.json())

connect is for asyncio, listen the same without it; Publisher and
AsyncPublisher send through a client of Redis. roomcast.types has what goes
over the wire as TypedDicts.
"""

from .events import Closed, Gap, Message
from .listener import Listener, listen
from .publisher import AsyncPublisher, Channels, Publisher, Sent
from .stream import Stream, connect

__all__ = [
    "AsyncPublisher",
    "Channels",
    "Closed",
    "Gap",
    "Listener",
    "Message",
    "Publisher",
    "Sent",
    "Stream",
    "connect",
    "listen",
]
