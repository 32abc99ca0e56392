"""A page that counts, under a gateway and a Redis that are killed."""

import itertools

import pytest

from .ports import free_port
from .redisserver import RedisServer

STREAM = {"stream": "roomcast:stream"}
ADDED = 130  # by through_kills


@pytest.fixture
def kept(tmp_path):
    """A Redis that keeps what it has acknowledged."""
    folder = tmp_path / "kept"
    folder.mkdir()
    options = "--appendonly", "yes", "--appendfsync", "always"
    server = RedisServer(folder, *options)
    yield server.start()
    server.finish()


def through_kills(gateway, kept, route, start):
    """The page that start() opens at a daemon, when 1 to ADDED were added to
    the lobby: before, while and after each of the two was away, the page being
    frozen for a third of it."""
    # A page waits for three heartbeats, and then there is a gap.
    daemon = gateway(
        server=kept,
        history=STREAM,
        routes=[route],
        listen=[{"address": f"127.0.0.1:{free_port()}"}],
        redis={"heartbeat": "20s"},
    )
    daemon.wait_ready()
    page = start(daemon)
    sent = itertools.count(1)

    def add(count):
        for number in itertools.islice(sent, count):
            entry = {"roomcast:room:lobby": str(number)}
            kept.client().xadd(STREAM["stream"], entry)

    add(ADDED // 13)
    # A page that has no cursor yet would come back from there on, untold.
    page.wait("got.length", ADDED // 13, 30)
    for is_frozen in False, True, False:
        add(ADDED // 13)
        page.freeze(is_frozen)
        daemon.kill()
        add(ADDED // 13)
        daemon.start()
        add(ADDED // 13)
        kept.kill()
        kept.start()
        add(ADDED // 13)
    return page
