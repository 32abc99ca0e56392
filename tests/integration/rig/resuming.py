"""A client that goes by ids: each frame begins with a line."""

from .client import Client, Closed


class Frame:
    """What a frame said: its id, a note's word or None, and the rest."""

    def __init__(self, data):
        self.is_text = isinstance(data, str)
        raw = data.encode() if self.is_text else data
        line, mark, self.content = raw.partition(b"\n")
        assert mark == b"\n", data
        ident, space, word = line.decode().partition(" ")
        self.id = ident
        self.word = word if space else None
        assert self.word is None or self.is_text, data

    def __repr__(self):
        return f"Frame({self.id!r}, {self.word!r}, {self.content[:60]!r})"


def since(path, cursor=""):
    mark = "&" if "?" in path else "?"
    return f"{path}{mark}since={cursor}"


class Resuming:
    """One page that comes back with its cursor, and all that it was told."""

    def __init__(self, url_of, path="/ws/lobby", **options):
        self.url_of = url_of  # from a path to a URL
        self.path = path
        self.options = options
        self.cursor = ""
        self.contents = []
        self.gaps = 0
        self.first = None  # of the last connection
        self.client = None

    def come(self):
        url = self.url_of(since(self.path, self.cursor))
        self.client = Client.connect(url, **self.options)
        self.first = self.take()
        return self.first

    def take(self, timeout=10):
        """One more frame; it goes into the account."""
        item = self.client.next(timeout)
        if isinstance(item, Closed):
            return item
        frame = Frame(item)
        self.cursor = frame.id or self.cursor
        if frame.word == "gap":
            self.gaps += 1
        elif frame.word is None:
            self.contents.append(frame.content.decode())
        return frame

    def take_until(self, content, timeout=10):
        while not self.contents or self.contents[-1] != content:
            frame = self.take(timeout)
            assert not isinstance(frame, Closed), frame

    def leave(self):
        self.client.close()
