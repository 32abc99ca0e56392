"""What a publisher hears from the embedded port, and the log says of it."""

import json

import pytest
import redis

SEND, CONTROL = "roomcast:send", "roomcast:control"

# A payload of channels.send or control; its reply, the reason's label, and
# the key that is to blame.
MISTAKES = [
    (SEND, '{"room":["a"],"text":"x"}', "did you mean rooms", "room"),
    (SEND, '{"user":[4],"text":"x"}', "did you mean users", "user"),
    (SEND, '{"rooms":"a","text":"x"}', "expected an array of str", "rooms"),
    (SEND, '{"rooms":[1.0],"text":"x"}', "or whole numbers", "rooms"),
    (SEND, '{"rooms":["a"],"text":5}', "byte 22: expected a string", "text"),
    (SEND, '{"rooms":["a"],"binary":"?"}', "not base64 at byte 24", "binary"),
    (SEND, '{"rooms":["a"]}', "no message, text or binary", None),
    (SEND, "hello", "not a JSON object at byte 0: expected an envelope", None),
    (CONTROL, "[1]", "not a JSON object at byte 0: expected a command", None),
    (SEND, "", "the payload is empty", None),
    (CONTROL, '{"command":"leaf"}', "did you mean leave", "command"),
    (CONTROL, '{"users":[4]}', "expected join, leave, disconnect or forget", None),
]


@pytest.fixture(params=["embedded", "redis"])
def served(request, gateway):
    """A daemon of each backend, and a publisher to it."""
    if request.param == "embedded":
        daemon = gateway()
        return daemon, daemon.publisher()
    server = request.getfixturevalue("redis_server")
    daemon = gateway(server)
    daemon.wait_ready()
    return daemon, server.client()


@pytest.mark.parametrize("channel, payload, reason, key", MISTAKES)
def test_the_log_names_the_culprit(served, channel, payload, reason, key):
    """On both backends, and the embedded port tells the publisher."""
    daemon, publisher = served
    try:
        assert publisher.publish(channel, payload) == 1
        assert daemon.conf["backend"] == "redis"
    except redis.ResponseError as error:
        assert daemon.conf["backend"] == "embedded"
        assert str(error).startswith("payload dropped: ")
        assert reason in str(error)
    line = daemon.wait_line(lambda line: line.event == "payload dropped")
    assert line.pairs["channel"] == channel
    assert reason in line.pairs["why"]
    assert line.pairs.get("key") == key
    assert line.pairs["offset"].isdigit()


def broken(room):
    """An envelope of some length whose last brace is missing."""
    return json.dumps({"rooms": [room], "text": 600 * "x"})[:-1]


@pytest.mark.parametrize("conf", [{}, {"history": {}}], ids=["plain", "history"])
def test_what_is_for_nobody_here_is_not_checked_whole(
        gateway, redis_server, connect, conf):
    """Whoever has a member says what is wrong; and all do that keep it."""
    daemon = gateway(redis_server, log={"level": "info"}, **conf)
    daemon.wait_ready()
    client = connect(daemon)
    publish = redis_server.client().publish
    for room in ("nobody", "lobby"):
        assert publish(SEND, broken(room)) == 1
    assert publish(SEND, broken("nobody") + "}") == 1
    assert publish(SEND, broken("lobby") + "}") == 1
    assert client.recv() == 600 * "x"
    dropped = 2 if conf else 1
    daemon.wait_metric("roomcast_payloads_total", 4)
    daemon.wait_metric("roomcast_payloads_dropped_total", dropped)
    daemon.wait_metric("roomcast_payloads_unrouted_total", 3 - dropped)


def test_the_reply_says_whether_somebody_is_here(gateway, connect):
    daemon = gateway()
    publish = daemon.publisher().publish
    nobody = json.dumps({"rooms": ["lobby"], "text": "x"})
    kick = json.dumps({"command": "disconnect", "rooms": ["lobby"]})
    assert publish("roomcast:room:lobby", "x") == 0
    assert publish(SEND, nobody) == 0
    assert publish(CONTROL, kick) == 0
    client = connect(daemon)
    assert publish("roomcast:room:lobby", "1") == 1
    assert publish(SEND, nobody.replace('"x"', '"2"')) == 1
    assert client.recv_many(2) == ["1", "2"]
    assert publish(CONTROL, kick) == 1
    client.wait_closed()


def test_a_transaction_with_a_bad_payload_is_void(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    pipe = daemon.publisher().pipeline()
    pipe.publish("roomcast:room:lobby", "never")
    pipe.publish(SEND, '{"room":["lobby"],"text":"x"}')
    with pytest.raises(redis.ResponseError, match="did you mean rooms"):
        pipe.execute()
    daemon.publisher().publish("roomcast:room:lobby", "end")
    assert client.recv_until("end") == []
    metric = 'roomcast_payloads_dropped_total{reason="unknown_key"}'
    daemon.wait_metric(metric, 1)


ROOMS = "the channel of a room is roomcast:room: and its name"


@pytest.mark.parametrize(
    "channel, hint",
    [
        ("roomcast:sent", "did you mean roomcast:send?"),
        ("roomcast:rooms:lobby", "did you mean roomcast:room:lobby?"),
        ("roomcast:romm:a b", "did you mean roomcast:room:a b?"),
        ("roomcast:rooms:user:42", "did you mean roomcast:room:user:42?"),
        ("roomcast:rom::", "did you mean roomcast:room::?"),
        ("roomcast:other", ROOMS),
        ("roomcast:other:lobby", ROOMS),
        ("roomcas:send", "did you mean roomcast:send?"),
        ("roomcast:room", ROOMS),
        (":" * 5000, ROOMS),
        ("Roomcast:Broadcast", "did you mean roomcast:broadcast?"),
        ("lobby", ROOMS),
        ("orders:created", ROOMS),
        ("", ROOMS),
        ("x" * 5000, ROOMS),
        ("roomcast:room:", ROOMS),
    ],
)
def test_a_channel_that_is_not_configured(gateway, channel, hint):
    daemon = gateway()
    assert daemon.publisher().publish(channel, "x") == 0
    line = daemon.wait_line(lambda line: "not configured" in line.event)
    assert line.level == "warn"
    assert line.pairs.get("hint") == hint
    assert daemon.metric("roomcast_payloads_total") == 0


def test_a_flood_to_a_wrong_channel_is_a_trickle_of_lines(gateway):
    daemon = gateway()
    pipe = daemon.publisher().pipeline(transaction=False)
    for _ in range(2000):
        pipe.publish("roomcast:sent", "x")
    assert pipe.execute() == [0] * 2000
    lines = [line for line in daemon.lines if "not configured" in line]
    assert 0 < len(lines) < 100
