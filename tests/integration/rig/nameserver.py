"""A name server that knows every name: it is 127.0.0.1."""

import socket
import struct
import threading

A = 1


def answer(query):
    """Its question is all that is read of a query (RFC 1035, section 4.1)."""
    end = query.index(b"\0", 12) + 5
    question = query[12:end]
    is_a = struct.unpack("!H", question[-4:-2])[0] == A
    head = query[:2] + struct.pack("!5H", 0x8180, 1, is_a, 0, 0)
    record = struct.pack("!3HIH4B", 0xC00C, A, 1, 60, 4, 127, 0, 0, 1)
    return head + question + (record if is_a else b"")


class Nameserver(threading.Thread):
    """In a network of its own, where nobody else is at its port."""

    def __init__(self, network):
        super().__init__(daemon=True)
        self.socket = network.call(lambda: socket.socket(type=socket.SOCK_DGRAM))
        self.socket.bind(("127.0.0.1", 53))
        self.start()

    def run(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            if not query:
                return
            self.socket.sendto(answer(query), peer)

    def end(self):
        self.socket.sendto(b"", self.socket.getsockname())
        self.join()
        self.socket.close()
