"""Event streams: a reader written from the standard (WHATWG HTML, section
9.2) and from nothing else, and a client that comes back as EventSource does."""

from typing import NamedTuple

from .raw import Raw
from .tls import TlsRaw

ACCEPT = {"Accept": "text/event-stream"}


class Event(NamedTuple):
    data: str
    type: str = "message"
    id: str = ""  # what the client goes by from here on


class Reader:
    """Bytes in, events out; what else a client knows besides."""

    def __init__(self):
        self.events = []
        self.comments = 0
        self.retry = None
        self.retries = []
        self.last_id = ""
        self._id = ""
        self._rest = b""
        self._after_cr = False
        self._begin()

    def _begin(self):
        self._type, self._data = "", ""

    def feed(self, data):
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        self._rest += data
        while True:
            ends = [self._rest.find(end) for end in (b"\r", b"\n")]
            at = min((end for end in ends if end >= 0), default=-1)
            if at < 0:
                return
            line, self._rest = self._rest[:at], self._rest[at:]
            if self._rest == b"\r":
                self._rest, self._after_cr = b"", True
            elif self._rest.startswith(b"\r\n"):
                self._rest = self._rest[2:]
            else:
                self._rest = self._rest[1:]
            self._line(line.decode())

    def _line(self, line):
        if not line:
            self._dispatch()
            return
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not name:
            self.comments += 1
        elif name == "event":
            self._type = value
        elif name == "data":
            self._data += value + "\n"
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)
            self.retries.append(self.retry)

    def _dispatch(self):
        self.last_id = self._id
        if self._data:
            self.events.append(
                Event(self._data[:-1], self._type or "message", self.last_id)
            )
        self._begin()


class Refused(Exception):
    def __init__(self, response):
        super().__init__(str(response))
        self.status = response.status
        self.response = response


def request(path, headers=(), host="example.test"):
    fields = {"Host": host, **ACCEPT, **dict(headers)}
    lines = [f"GET {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


class Stream:
    """One answer, read event by event."""

    def __init__(self, raw, path="/ws/lobby", headers=()):
        self.raw = raw
        raw.send(request(path, headers))
        self.response = raw.read_response()
        if self.response.status != 200:
            raise Refused(self.response)
        self.reader = Reader()
        self.has_ended = False

    @classmethod
    def open(
        cls, daemon, path="/ws/lobby", headers=(), context=None, **options
    ):
        if context:
            raw = TlsRaw(daemon, context, **options)
        else:
            raw = Raw(daemon.address(), **options)
        return cls(raw, path, headers)

    def read_some(self):
        """Feed what comes next; False at the end of the stream."""
        try:
            if not self.raw.buffer:
                self.raw._fill()
        except EOFError:
            self.has_ended = True
            return False
        data, self.raw.buffer = self.raw.buffer, b""
        self.reader.feed(data)
        return True

    def next(self):
        while not self.reader.events:
            assert self.read_some(), "the stream has ended"
        return self.reader.events.pop(0)

    def read_until(self, condition):
        while not condition():
            assert self.read_some(), "the stream has ended"

    def read_to_end(self):
        """All events that still come."""
        while self.read_some():
            pass
        events, self.reader.events = self.reader.events, []
        return events

    @property
    def last_id(self):
        return self.reader.last_id

    def close(self):
        self.raw.close()


class Source:
    """One page's EventSource: it comes back with what it has kept."""

    def __init__(self, daemon, path="/ws/lobby", headers=(), **options):
        self.daemon = daemon
        self.path = path
        self.headers = dict(headers)
        self.options = options
        self.cursor = ""
        self.contents = []
        self.gaps = 0
        self.stream = None

    def come(self):
        headers = dict(self.headers)
        if self.cursor:
            headers["Last-Event-ID"] = self.cursor
        self.stream = Stream.open(
            self.daemon, self.path, headers, **self.options
        )

    def take(self):
        event = self.stream.next()
        self._account(event)
        return event

    def _account(self, event):
        self.cursor = event.id or self.cursor
        if event.type == "gap":
            self.gaps += 1
        elif event.type == "message":
            self.contents.append(event.data)

    def take_until(self, content):
        while not self.contents or self.contents[-1] != content:
            self.take()

    def leave(self):
        """What lies whole in memory counts, as in a browser."""
        for event in self.stream.reader.events:
            self._account(event)
        self.cursor = self.stream.last_id or self.cursor
        self.stream.close()
