"""Commands to a Redis server, each answered before the next."""

import socket
import time

TIMEOUT_S = 10


def encoded(*parts):
    """A command as it goes over the wire."""
    parts = [p if isinstance(p, bytes) else str(p).encode() for p in parts]
    return b"*%d\r\n" % len(parts) + b"".join(
        b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class Redis:
    """A connection of ours."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.replies = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()

    def reply(self):
        """The next one: an integer, bytes, or a list of them."""
        kind, text = self.replies.read(1), self.replies.readline()[:-2]
        if kind == b":":
            return int(text)
        if kind == b"$":
            return self.replies.read(int(text) + 2)[:-2]
        if kind == b"*":
            return [self.reply() for _ in range(int(text))]
        if kind == b"+":
            return text
        raise OSError(f"redis: {(kind + text).decode() or 'closed'}")

    def send(self, data):
        self.socket.sendall(data)

    def command(self, *parts):
        self.send(encoded(*parts))
        return self.reply()

    def info(self, section, field):
        """A number that INFO has."""
        text = self.command("INFO", section).decode()
        return int(text.split(f"{field}:")[1].split()[0])


def paced(redis, command, rate, count):
    """Send it so often, at a rate, each when the one before is answered."""
    start = time.monotonic()
    for number in range(count):
        wait = start + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        redis.send(command)
        redis.reply()
