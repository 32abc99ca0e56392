"""What goes over the wire, from clients/schema/*.json by `make docs`.

Where a group of keys is named behind "One of", at least one of them is there.
"""

from typing import Any, List, Literal, TypedDict, Union

# The id of a connection, or in except also what a client says that it was
# called: 1 to 64 of printable ASCII.
ConnectionId = str

# 1 to 255 bytes without control characters; a whole number is the name that
# it is spelt as.
UserName = Union[str, int]

# 1 to 255 bytes without control characters and commas; a whole number is the
# name that it is spelt as.
RoomName = Union[str, int]

# The id of a message, as clients see it or as XADD has answered it, and a
# cursor: 1 to 64 of A-Z a-z 0-9 . _ ~ -
MessageId = str

# What is kept for these rooms, and the messages of these ids, are kept no
# more.
# One of: ids, rooms.
class _Forget(TypedDict):
    command: Literal["forget"]


class Forget(_Forget, total=False):
    ids: List[MessageId]
    rooms: List[RoomName]


# These connections are closed, behind what was published before.
# One of: users, connections, rooms.
class _Disconnect(TypedDict):
    command: Literal["disconnect"]


class Disconnect(_Disconnect, total=False):
    users: List[UserName]
    connections: List[ConnectionId]
    rooms: List[RoomName]
    # The code of the close frame.
    code: int
    # The reason in the close frame: up to 123 bytes.
    reason: str


# These connections are no members of these rooms from here on.
# One of: users, connections.
class _Leave(TypedDict):
    command: Literal["leave"]
    rooms: List[RoomName]


class Leave(_Leave, total=False):
    users: List[UserName]
    connections: List[ConnectionId]


# These connections are members of these rooms from here on.
# One of: users, connections.
class _Join(TypedDict):
    command: Literal["join"]
    rooms: List[RoomName]


class Join(_Join, total=False):
    users: List[UserName]
    connections: List[ConnectionId]


# What a connection is told first on a route with welcome: true. Members may
# be added.
class Welcome(TypedDict):
    type: Literal["roomcast.welcome"]
    connection: ConnectionId


# Without ids, where redis.on_gap is notify and the route has a welcome:
# messages may be missing. Members may be added.
class GapNote(TypedDict):
    type: Literal["roomcast.gap"]


# at: nothing was missed up to here; gap: messages up to here may be missing;
# welcome: the JSON of the welcome is behind the line.
NoteWord = Literal["at", "gap", "welcome"]

# The first line of each frame of a client that goes by ids, without its line
# feed: the id of a message, or nothing for one that is not kept; or the id, a
# blank and the word of a note. Clients ignore words that they do not know.
FirstLine = str

# A payload of channels.send as JSON: whom a message is for, and what it is. A
# payload that this schema refuses is dropped by the gateway, and one that it
# takes is delivered, but for what no schema can say: names count in bytes of
# UTF-8 and numbers in their digits, 255 at most; a whole number is spelt as
# one, not 1.0 or 1e3; no key stands twice; brackets in message nest up to 128
# deep; names and text hold no lone surrogate; the payload has up to
# limits.payload bytes.
# One of: rooms, users, connections.
_Envelope = TypedDict(
    "_Envelope",
    {
        # Members of these rooms get it.
        "rooms": List[RoomName],
        # All connections of these users get it.
        "users": List[UserName],
        # These connections get it.
        "connections": List[ConnectionId],
        # These connections do not get it, whatever names them.
        "except": List[ConnectionId],
        # false: it is not kept for clients that come back, and has no id.
        "keep": bool,
    },
    total=False,
)


class EnvelopeMessage(_Envelope):
    # Any JSON value: it arrives as a text, in the very bytes that it has
    # here.
    message: Any


class EnvelopeText(_Envelope):
    # It arrives as a text, its escapes decoded.
    text: str


class EnvelopeBinary(_Envelope):
    # Base64 of what arrives as bytes. Its padding may be left out, and one
    # line end may stand behind it.
    binary: str


Envelope = Union[EnvelopeMessage, EnvelopeText, EnvelopeBinary]

# A payload of channels.control: what is to be done with live connections, or
# with what is kept. A payload that this schema refuses is dropped by the
# gateway, and one that it takes is carried out, but for what no schema can
# say: names count in bytes of UTF-8 and numbers in their digits, 255 at most,
# and a reason in bytes, 123 at most; a whole number is spelt as one, not
# 4000.0 or 4e3; no key stands twice; names and reason hold no lone surrogate;
# a forget has up to 1,000 ids and rooms together; the payload has up to
# limits.payload bytes.
Command = Union[Join, Leave, Disconnect, Forget]
