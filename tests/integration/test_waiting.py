"""A client whose answer waits until Redis watches its room's own channel."""

import json

import pytest

from rig.raw import PING, PONG, frame, request
from rig.relay import Relay
from rig.waiting import eventually

WORKERS = (1, 2)


@pytest.fixture
def relay(redis_server):
    relay = Relay(redis_server.port)
    yield relay
    relay.finish()


@pytest.fixture
def daemon(gateway, relay):
    daemon = gateway(
        relay.url,
        redis={"heartbeat": "5s"},
        routes=[{"path": "/ws/{room}", "rooms": ["{room}", "all"]}],
    )
    eventually(lambda: daemon.metric("roomcast_backend_up") == 1)
    return daemon


@pytest.fixture
def waiting(daemon, relay, raw):
    """A client that has asked, and a gateway that cannot subscribe."""
    relay.hold()
    client = raw(daemon)
    client.send(request("/ws/lobby"))
    eventually(lambda: daemon.metric("roomcast_rooms") == 2)
    return client


def send(redis, text, **targets):
    redis.publish("roomcast:send", json.dumps({"message": text, **targets}))


def test_what_comes_meanwhile_waits_behind_the_answer(
    waiting, relay, redis_server
):
    redis = redis_server.client()
    send(redis, "1", rooms=["lobby"])
    send(redis, "2", rooms=["all"])
    relay.release()
    assert waiting.read_response().status == 101
    assert [waiting.read_frame().payload for _ in range(2)] == [b'"1"', b'"2"']


@pytest.mark.parametrize("count", [1, 2, 40])
def test_sent_away_while_waiting_it_reads_403_and_no_frame(
    waiting, daemon, redis_server, count
):
    """The command comes right behind the messages, in one read of Redis."""
    pipe = redis_server.client().pipeline(transaction=True)
    for i in range(count):
        send(pipe, f"{i}", rooms=["lobby"])
    pipe.publish(
        "roomcast:control",
        json.dumps({"command": "disconnect", "rooms": ["lobby"]}),
    )
    pipe.execute()
    assert waiting.read_response().status == 403
    assert waiting.read_to_end() == b""
    assert daemon.metric("roomcast_writes_total") == 0


def test_what_it_sends_meanwhile_is_read_behind_the_answer(waiting, relay):
    for number in range(3):
        waiting.send(frame(PING, b"%d" % number))
    relay.release()
    assert waiting.read_response().status == 101
    for number in range(3):
        assert waiting.read_frame() == (PONG, b"%d" % number, True)


@pytest.mark.parametrize("early", [b"", frame(PING, b"early")],
                         ids=["without a word", "behind a ping"])
def test_it_leaves_while_it_waits(waiting, daemon, early):
    waiting.send(early)
    waiting.close()
    daemon.wait_metric("roomcast_handshakes_abandoned_total", 1)
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


def test_a_shutdown_while_it_waits(waiting, daemon):
    daemon.signal()
    answer = waiting.read_refusal()
    assert answer.status == 503
    assert answer.body == b"the gateway is shutting down\n"
    assert daemon.wait_exit() == 0


def test_more_waits_for_it_than_may(waiting, daemon, redis_server):
    """It is told, and counted."""
    redis = redis_server.client()
    for _ in range(10):
        send(redis, "x" * 900_000, rooms=["lobby"])
    assert waiting.read_refusal().status == 503
    name = 'roomcast_refused_total{status="503",reason="backend"}'
    daemon.wait_metric(name, 1)
