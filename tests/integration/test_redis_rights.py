"""A command that the gateway's user may not run: known before all is well.

Else it would come up, be refused and be lost, again and again: each time a gap
for whoever is there, and /readyz and the log tell of a server that flaps.
"""

import pytest

from rig.scripted import ScriptedNode
from rig.waiting import eventually
from test_redis_metrics import failed, lost

STREAM = "app:stream"
# Not so quick that a stall of the machine looks like a heartbeat lost.
RIGHTS = {"heartbeat": "1s", "reconnect": {"min": "20ms", "max": "50ms"}}


def allow(server, *rules):
    assert server.cli("ACL", "SETUSER", "gw", *rules).strip() == "OK"


def start(gateway, server, without, **sections):
    allow(server, "on", ">x", "~*", "&*", "+@all", "-" + without)
    url = f"redis://gw:x@127.0.0.1:{server.port}"
    return gateway(url, redis=RIGHTS, **sections)


def told(daemon, text):
    return [t for t in daemon.lines if text in t and " debug " not in t]


def refused_for_good(daemon, connection, command):
    """Some attempts later there is one line, and nothing was ever up."""

    def attempts():
        return failed(daemon).get((connection, "denied"), 0)

    eventually(lambda: attempts() > 4, 20, "it was tried several times")
    assert lost(daemon) == {}
    assert daemon.admin("/readyz")[0] == 503
    (line,) = told(daemon, "kind=denied")
    assert f"command={command}" in line or f'command="{command}"' in line
    return line


@pytest.mark.parametrize("command", ["xinfo", "xrevrange", "xrange", "xread"])
@pytest.mark.parametrize("entries", [0, 1])
def test_a_stream(gateway, redis_server, command, entries):
    for _ in range(entries):
        redis_server.client().xadd(STREAM, {"roomcast:broadcast": "x"})
    daemon = start(gateway, redis_server, command, history={"stream": STREAM})
    name = "XINFO STREAM" if command == "xinfo" else command.upper()
    line = refused_for_good(daemon, "stream", name)
    assert "+" + command in line
    assert not told(daemon, "stream: connected")
    allow(redis_server, "+" + command)
    daemon.wait_ready()


def test_a_stream_that_may_not_be_read_any_more(gateway, redis_server):
    """It was up: that is lost, once."""
    daemon = start(gateway, redis_server, "get", history={"stream": STREAM})
    daemon.wait_ready()
    allow(redis_server, "-xread")
    daemon.wait_log(" warn redis: stream lost .*command=XREAD")
    eventually(
        lambda: failed(daemon).get(("stream", "denied"), 0) > 4,
        20,
        "it was tried several times",
    )
    assert lost(daemon) == {("stream", "denied"): 1}
    assert len(told(daemon, "kind=denied")) == 1
    allow(redis_server, "+xread")
    daemon.wait_ready()


def test_to_leave_a_room(gateway, redis_server):
    daemon = start(gateway, redis_server, "unsubscribe")
    line = refused_for_good(daemon, "subscription", "UNSUBSCRIBE")
    assert "+unsubscribe" in line
    allow(redis_server, "+unsubscribe")
    daemon.wait_ready()


def test_to_leave_a_room_of_a_shard(gateway, connect):
    node = ScriptedNode()
    error = "-NOPERM User gw has no permissions to run the '{}' command"
    node.refuse = lambda words: (
        error.format("sunsubscribe") if words[0] == "SUNSUBSCRIBE" else None
    )
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={"cluster": {"addresses": [node.address], "sharded": True}}
        | RIGHTS,
    )
    daemon.wait_ready()  # there is no room
    connect(daemon, "/ws/lobby")
    line = refused_for_good(daemon, "shard", "SUNSUBSCRIBE")
    assert "+sunsubscribe" in line
    node.refuse = lambda words: None
    daemon.wait_ready()
    node.finish()
