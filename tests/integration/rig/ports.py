"""Ports that a test chooses itself, because somebody must find them again."""

import itertools
import random
import socket
from pathlib import Path

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 10000  # below stand those that the documents name

# As long as this process lives, each of its ports is its own: whoever asks for
# one, in whatever process, binds this name first.
_claims = []


def _claim(port):
    """False where it is somebody else's."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0roomcast-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("", port))
        except OSError:
            return False
    return True


def _count():
    """From anywhere on, round and round, where the kernel gives none out: a
    port of its range can be a client's by the time that the server which has
    left it comes back. Where that range is nearly all, any."""
    end = int(RANGE.read_text().split()[0])
    ports = range(LOWEST, end) or range(LOWEST, 65536)
    begin = random.SystemRandom().randrange(len(ports))
    return itertools.cycle([*ports[begin:], *ports[:begin]])


_numbers = _count()


def free_port():
    """A TCP port that is nobody else's until the tests are over."""
    return next(p for p in _numbers if _is_free(p) and _claim(p))


def free_ports(count):
    """As many that follow each other; the first of them."""
    while True:
        first = free_port()
        rest = range(first + 1, first + count)
        if all(_is_free(p) and _claim(p) for p in rest):
            return first
