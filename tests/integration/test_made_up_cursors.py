"""Cursors that nobody has given out, by the thousand: cheap, and harmless."""

import random
import time

import pytest

from rig.client import Client
from rig.resuming import Frame, Resuming, since
from rig.sizes import sizes

WORKERS = (1, 2)

ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}]
AT_ONCE = 200
MARK = "roomcast:mark"


@pytest.fixture
def daemon(gateway, redis_server):
    daemon = gateway(
        redis_server,
        routes=ROUTES,
        history={"warmup": "0", "max_age": "1h"},  # on a slow machine
        redis={"heartbeat": "2s"},
        limits={"connections_per_address": 0, "handshakes_per_address": 0},
    )
    daemon.wait_ready()
    return daemon


def made_up(rng):
    """What looks like a cursor of another instance, or of nobody."""
    mark = "".join(rng.choices("0123456789abcdef", k=16))
    return rng.choice((f"{mark}~{rng.randrange(100)}", f"{mark}", mark[:3]))


@sizes("many", 400, 4000)
def test_made_up_cursors_push_out_no_real_one(daemon, redis_server, many):
    publisher = redis_server.client()
    marks = publisher.pubsub()
    marks.subscribe(MARK)
    page = Resuming(daemon.ws_url)
    page.come()
    publisher.publish("roomcast:room:lobby", "1")
    page.take_until("1")
    page.leave()
    publisher.publish("roomcast:room:lobby", "2")
    rng = random.Random(20261126)
    begin = time.monotonic()
    for _ in range(many // AT_ONCE):
        cursors = [made_up(rng) for _ in range(AT_ONCE)]
        clients = Client.connect_all(
            [daemon.ws_url(since("/ws/lobby", c)) for c in cursors]
        )
        for client, cursor in zip(clients, cursors):
            frame = Frame(client.next(10))
            assert frame.word == "gap"
            assert frame.id not in ("", cursor)
        for client in clients:
            client.close()
    took = time.monotonic() - begin
    heard = 0
    while item := marks.get_message(timeout=0.1):
        heard += item["type"] == "message"
    # Four a second are asked for, and the heartbeats come on top.
    assert heard < 20 + 5 * took
    page.come()
    assert page.first.word == "at"
    page.take_until("2")
    page.leave()
    assert page.gaps == 0
    daemon.wait_metric("roomcast_resumes_parked", 0)
