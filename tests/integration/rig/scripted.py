"""Nodes of a cluster that answer as a test says, in place of Redis."""

import socket
import socketserver
import threading
import time

from redis.crc import key_slot

from .ports import free_port


def encode(value):
    """A reply, as RESP2. A str is a status, or with a '-' an error."""
    if value is None:
        return b"$-1\r\n"
    if isinstance(value, list):
        head = f"*{len(value)}\r\n".encode()
        return head + b"".join(encode(v) for v in value)
    if isinstance(value, int):
        return f":{value}\r\n".encode()
    if isinstance(value, bytes):
        return f"${len(value)}\r\n".encode() + value + b"\r\n"
    sign = "" if value.startswith("-") else "+"
    return f"{sign}{value}\r\n".encode()


def read_command(file):
    count = int(file.readline()[1:] or 0)
    words = []
    for _ in range(count):
        size = int(file.readline()[1:])
        words.append(file.read(size + 2)[:-2].decode())
    return words


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        node = self.server.node
        node.note("connect")
        while words := read_command(self.rfile):
            for reply in node.answer(self, words):
                self.wfile.write(encode(reply))

    def finish(self):
        self.server.node.files.pop(self.wfile, None)


class ScriptedNode:
    """A master of all slots from its `slots`; `refuse` may answer before it:
    a function of the words, which returns an error, all replies or None."""

    def __init__(self, slots=(0, 16383)):
        self.port = free_port()
        self.slots = slots
        self.others = []
        self.refuse = lambda words: None
        self.is_listed = True  # among those that have slots
        self.sockets = {}  # by command: the last one on which it came
        self.files = {}  # of those that have subscribed: connections
        self.noted = []
        self.server = socketserver.ThreadingTCPServer(
            ("127.0.0.1", self.port), Handler, bind_and_activate=False
        )
        self.server.allow_reuse_address = True
        self.server.daemon_threads = True
        self.server.node = self
        self.server.server_bind()
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def note(self, what):
        self.noted.append((time.monotonic(), what))

    @staticmethod
    def slot_of(key):
        return key_slot(key.encode())

    def has(self, key):
        return self.slots[0] <= self.slot_of(key) <= self.slots[1]

    def answer(self, peer, words):
        name = words[0].upper()
        self.note(" ".join([name, *words[1:2]]) if name == "CLUSTER" else name)
        self.sockets[name] = peer.connection
        refusal = self.refuse(words)
        if refusal or isinstance(refusal, list):
            return refusal if isinstance(refusal, list) else [refusal]
        if name in ("SUBSCRIBE", "SSUBSCRIBE"):
            self.files[peer.wfile] = peer.connection
        if name in ("SUBSCRIBE", "SSUBSCRIBE", "SUNSUBSCRIBE", "UNSUBSCRIBE"):
            kind = name.lower().encode()
            return [
                [kind, word.encode(), number]
                for number, word in enumerate(words[1:], 1)
            ] or [[kind, None, 0]]
        if name == "PUBLISH":
            return [self.publish(words[1], words[2])]
        if name == "CLUSTER" and words[1].upper() == "SLOTS":
            listed = [n for n in [self, *self.others] if n.is_listed]
            return [[n.range() for n in listed]]
        if name == "CLUSTER":
            return [b"cluster_state:ok\r\ncluster_known_nodes:2\r\n"]
        if name == "ROLE":
            return [[b"master", 0, []]]
        if name == "PING":
            return [[b"pong", b""]]
        return ["OK"]

    def range(self):
        host = [b"127.0.0.1", self.port, b"id-%d" % self.port]
        return [*self.slots, host]

    def publish(self, channel, payload):
        message = [b"message", channel.encode(), payload.encode()]
        for node in [self, *self.others]:
            for file in list(node.files):
                try:
                    file.write(encode(message))
                except OSError:
                    pass
        return 1

    def hang_up(self):
        """End the connections that have subscribed to something."""
        for connection in list(self.files.values()):
            connection.shutdown(socket.SHUT_RDWR)

    def finish(self):
        self.server.shutdown()
        self.server.server_close()
