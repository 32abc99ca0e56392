"""Connections that say one thing and then read and forget: subscribers of a
Redis, members of rooms. They share a process, which never keeps the other end
waiting for long."""

import multiprocessing
import select
import socket

from rig.servers import pin

TIMEOUT_S = 30
READ = 1 << 18


def _connected(port, greeting):
    peer = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
    peer.sendall(greeting)
    return peer


def _await(peer, answer):
    """As far as the answer; what follows it may have come along."""
    got = b""
    while answer not in got:
        more = peer.recv(READ)
        if not more:
            raise OSError(f"closed: {got!r}")
        got += more
    peer.setblocking(False)


def _read_all(ends, cpu, ready):
    pin(cpu)
    peers = [_connected(port, greeting) for port, greeting, _ in ends]
    for peer, (_, _, answer) in zip(peers, ends):
        _await(peer, answer)
    poll = select.epoll()
    by_number = {peer.fileno(): peer for peer in peers}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    ready.set()
    while by_number:
        for number, _ in poll.poll():
            if not by_number[number].recv(READ):
                by_number.pop(number).close()


class Readers:
    """Of `ends`, each (port, what it says, what it waits for), while the
    `with` block runs."""

    def __init__(self, ends, cpu):
        self.ready = multiprocessing.Event()
        self.process = multiprocessing.Process(
            target=_read_all, args=(list(ends), cpu, self.ready), daemon=True)

    def __enter__(self):
        self.process.start()
        while not self.ready.wait(0.1):
            if not self.process.is_alive():
                raise OSError("readers: a connection was refused")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()
