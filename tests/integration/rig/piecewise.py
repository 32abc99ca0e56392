"""A relay that hands a server one command after the other, each when the one
before is answered, and lets the test change the server in between."""

import re
import threading

from .relay import Relay
from .waiting import seconds

COMMAND = re.compile(rb"(?=^\*\d+\r\n\$\d+\r\n([A-Za-z]+)\r\n)", re.M)


class Piecewise(Relay):
    def __init__(self, port, names, before, after):
        """before and after get a name among names, and the how manieth of
        them it is."""
        self.names, self.before, self.after = names, before, after
        self.seen = dict.fromkeys(names, 0)
        self.answered = threading.Semaphore(0)
        super().__init__(port)

    def _pass(self, data, sink):
        if sink.getpeername() != self.target:
            sink.sendall(data)
            self.answered.release()
            return
        found = [m.start() for m in COMMAND.finditer(data)]
        for begin, end in zip(found, [*found[1:], len(data)]):
            self._pass_one(data[begin:end], sink)

    def _pass_one(self, piece, sink):
        name = COMMAND.match(piece).group(1).decode().upper()
        if name not in self.names:
            sink.sendall(piece)
            return
        self.seen[name] += 1
        which = (name, self.seen[name])
        self.before(*which)
        while self.answered.acquire(blocking=False):
            pass  # what was answered before
        sink.sendall(piece)
        assert self.answered.acquire(timeout=seconds(20)), which
        self.after(*which)
