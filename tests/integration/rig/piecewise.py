"""A relay that hands a server one command after the other, and lets the test
change the server around each: the answer is passed on behind the change."""

import re
import threading

from .relay import Relay
from .waiting import seconds

COUNT = re.compile(rb"\*(\d+)\r\n")
LENGTH = re.compile(rb"\$(\d+)\r\n")


def cut(data):
    """The words of the first command, and its end; None while it is not whole."""
    count = COUNT.match(data)
    words, end = [], count.end() if count else 0
    for _ in range(int(count[1]) if count else 0):
        length = LENGTH.match(data, end)
        if not length:
            return None
        begin, end = length.end(), length.end() + int(length[1]) + 2
        words.append(data[begin : end - 2])
    return (words, end) if words and end <= len(data) else None


class Connection:
    def __init__(self):
        self.rest = b""  # of a command
        self.answered = threading.Event()
        self.goes_on = threading.Event()  # what is answered
        self.goes_on.set()


class Piecewise(Relay):
    def __init__(self, port, names, before, after):
        """before and after get a name among names, and the how manieth of
        them it is."""
        self.names, self.before, self.after = names, before, after
        self.seen = dict.fromkeys(names, 0)
        self.connections = {}  # by the socket to the server
        super().__init__(port)

    def _pass(self, data, source, sink):
        to_server = sink.getpeername() == self.target
        far = sink if to_server else source
        c = self.connections.setdefault(far, Connection())
        if not to_server:
            c.answered.set()
            c.goes_on.wait()
            sink.sendall(data)
            return
        c.rest += data
        while found := cut(c.rest):
            words, end = found
            piece, c.rest = c.rest[:end], c.rest[end:]
            self._pass_one(words[0].decode().upper(), piece, c, sink)

    def _pass_one(self, name, piece, c, sink):
        if name not in self.names:
            sink.sendall(piece)
            return
        self.seen[name] += 1
        which = (name, self.seen[name])
        self.before(*which)
        c.answered.clear()
        c.goes_on.clear()
        sink.sendall(piece)
        assert c.answered.wait(seconds(20)), which
        self.after(*which)
        c.goes_on.set()
