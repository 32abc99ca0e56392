"""Channels that the server's access control list does not permit."""

import pytest

from rig.raw import request
from rig.waiting import eventually
from test_redis import LOST, ready

WORKERS = (1, 2)

MAY = [
    *("on", ">x", "~*", "+@all", "resetchannels"),
    *("&roomcast:send", "&roomcast:broadcast", "&roomcast:control"),
    *("&roomcast:heartbeat:*", "&roomcast:room:ok*"),
]
REFUSED_LINE = r" warn redis: the channel of a room is refused"


def allow(server, *rules):
    assert server.cli("ACL", "SETUSER", "gw", *rules).strip() == "OK"


def start(gateway, server, heartbeat):
    """It may not subscribe to the rooms that are not called ok*."""
    allow(server, *MAY)
    return ready(
        gateway,
        f"redis://gw:x@127.0.0.1:{server.port}",
        redis={"heartbeat": heartbeat},
    )


@pytest.fixture
def daemon(gateway, redis_server):
    return start(gateway, redis_server, "1s")


def status(raw, daemon, path):
    with raw(daemon) as s:
        return s.handshake(path).status


def refused_calls(server):
    stats = server.client().info("commandstats").get("cmdstat_subscribe")
    return stats["rejected_calls"] if stats else 0


def test_a_refused_room_is_that_rooms_matter(
    daemon, raw, connect, redis_server
):
    client = connect(daemon, "/ws/ok")
    for _ in range(3):
        assert status(raw, daemon, "/ws/bad") == 403
        assert status(raw, daemon, "/rooms?rooms=ok,bad") == 403
    assert daemon.admin("/readyz")[0] == 200
    redis_server.client().publish("roomcast:room:ok", "still here")
    assert client.recv() == "still here"
    assert daemon.metric("roomcast_backend_lost_total") == 0
    line = daemon.wait_log(REFUSED_LINE + ".*").group()
    assert "channel=roomcast:room:bad" in line and "ACL" in line
    assert daemon.log().count(line.split(": ")[1].split("=")[0]) == 1


def test_rooms_in_one_command_with_a_refused_one_are_had(
    daemon, raw, connect, redis_server
):
    """Many come at once: the gateway has them in few commands."""
    sockets = [raw(daemon) for _ in range(60)]
    for i, s in enumerate(sockets):
        s.send(request(f"/ws/{'ok' if i % 3 else 'bad'}{i}"))
    for i, s in enumerate(sockets):
        assert s.read_response().status == (101 if i % 3 else 403)
    publisher = redis_server.client()
    for i in range(60):
        publisher.publish(f"roomcast:room:ok{i}", str(i))
    for i, s in enumerate(sockets):
        if i % 3:
            assert s.read_frame().payload == b"%d" % i
    assert daemon.metric("roomcast_backend_lost_total") == 0


@pytest.mark.waits
def test_many_refused_rooms_are_no_storm(gateway, raw, redis_server):
    daemon = start(gateway, redis_server, "1h")  # those that try again
    count = 300
    for i in range(count):
        assert status(raw, daemon, f"/ws/bad{i % 150}") == 403
    # Each name by itself, and at most once with others before.
    assert refused_calls(redis_server) <= 2 * count
    lines = [t for t in daemon.lines if "the channel of a room" in t]
    assert len(lines) <= 150
    assert daemon.metric("roomcast_backend_lost_total") == 0
    eventually(
        lambda: daemon.metric("roomcast_refused_rooms") == 0,
        10,
        "they are forgotten",
    )


def test_a_room_that_is_refused_later_and_permitted_again(
    daemon, raw, connect, redis_server
):
    member, other = connect(daemon, "/ws/okay"), connect(daemon, "/ws/ok1")
    publisher = redis_server.client()
    allow(redis_server, *MAY[:-1], "&roomcast:room:ok1")  # and is thrown out
    daemon.wait_log(LOST)
    daemon.wait_ready()
    daemon.wait_metric("roomcast_refused_rooms", 1)
    assert status(raw, daemon, "/ws/okay") == 403
    publisher.publish("roomcast:room:ok1", "one")
    assert other.recv() == "one"
    envelope = '{"rooms": ["okay"], "message": "by another way"}'
    publisher.publish("roomcast:send", envelope)
    assert member.recv() == '"by another way"'
    allow(redis_server, "&roomcast:room:okay")
    daemon.wait_metric("roomcast_refused_rooms", 0)
    publisher.publish("roomcast:room:okay", "back")
    assert member.recv() == "back"
    assert status(raw, daemon, "/ws/okay") == 101
    daemon.wait_metric("roomcast_backend_lost_total", 1)


@pytest.mark.parametrize("channel", ["send", "broadcast", "control"])
def test_a_configured_channel_that_is_refused_is_an_error(
    gateway, redis_server, channel
):
    name = f"roomcast:{channel}"
    allow(redis_server, *(rule for rule in MAY if rule != "&" + name))
    daemon = gateway(
        f"redis://gw:x@127.0.0.1:{redis_server.port}",
        channels={"control": "roomcast:control"},
        redis={"reconnect": {"min": "20ms", "max": "200ms"}},
    )
    daemon.wait_log(
        rf" warn redis: cannot connect.*NOPERM.*SUBSCRIBE.*ACL.*{name}"
    )
    assert daemon.admin("/readyz")[0] == 503
    allow(redis_server, "&" + name)
    daemon.wait_ready()
