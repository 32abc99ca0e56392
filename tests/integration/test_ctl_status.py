"""roomcastctl status: what a gateway says of itself, on one screen."""

import json

import pytest

from rig.ctl import ctl, good
from rig.people import ROUTES, id_of
from rig.seated import sections
from rig.waiting import eventually

WORKERS = (1, 2)


def lines(text):
    """The first line, and the others by the name that they begin with."""
    first, *others = text.splitlines()
    found = {}
    for line in others:
        found.setdefault(line[:13].strip(), []).append(line[13:])
    return first, found


def test_all_is_well(gateway, connect):
    daemon = gateway(routes=ROUTES, history={"memory": "1MiB"})
    id_of(connect(daemon, "/rooms?rooms=a,b"))
    good("publish", "--room=a", "--text=x", daemon=daemon)
    with pytest.raises(Exception):
        connect(daemon, "/nope")
    text = good("status", daemon=daemon)
    first, found = lines(text)
    assert first.startswith("roomcast ")
    assert f", pid {daemon.pid}, up " in first
    assert found["state"] == ["serving, ready"]
    (line,) = found["connections"]
    assert line.startswith("1 of ")
    assert " (1 websocket, 0 sse), handshakes 0 of " in line
    assert found["rooms"] == ["2, memberships 2"]
    assert found["in all"][0].startswith("1 messages, 1 deliveries, ")
    assert found["queue"][0].startswith("0 B, oldest 0 ms, memory ")
    assert found["backend"] == ["embedded, up, lost 0 times, publishers 0"]
    assert " entries, " in found["history"][0]
    assert ", applied 0, refused 0" in found["reload"][0]
    assert found["lately"] == ["refused: 404 route 1"]
    assert any("conf: note text=" in x for x in found["warn"])
    assert len(text.splitlines()) <= 24


def test_a_redis_that_is_away(gateway, redis_server):
    daemon = gateway(redis_server)
    daemon.wait_ready()
    _, found = lines(good("status", daemon=daemon))
    assert found["backend"] == ["redis, up, lost 0 times"]
    assert found["fan-out"] == ["no message"]
    (source,) = found[""]
    assert source.startswith(f"127.0.0.1:{redis_server.port}  up ")
    assert "  role master  heartbeat " in source
    redis_server.kill()

    def is_down():
        code, out, said = ctl("status", daemon=daemon)
        assert said == ""
        _, found = lines(out)
        return code == 1 and "DOWN" in found["backend"][0] and found

    found = eventually(is_down, 20, "it is not ready")
    assert found["state"][0].startswith(
        "serving, not ready: backend: redis is not connected"
    )
    assert "  DOWN " in found[""][0]


@pytest.mark.workers(2)
def test_what_goes_back_to_the_app(gateway, redis_server, connect):
    daemon = gateway(redis_server, **sections(kinds=["connections"]))
    daemon.wait_metric("roomcast_presence_up", 1)
    daemon.wait_metric("roomcast_events_up", 1)
    _, found = lines(good("status", daemon=daemon))
    assert found["presence"] == ["up"]
    assert found["events"] == ["up, 0 B wait, lost 0"]
    assert daemon.api("status")[1]["events"]["up"] is True
    redis_server.kill()
    daemon.wait_metric("roomcast_presence_up", 0)
    daemon.wait_metric("roomcast_events_up", 0)
    connect(daemon, "/rooms?rooms=a")

    def waits():
        _, found = lines(ctl("status", daemon=daemon)[1])
        assert found["presence"] == ["DOWN"]
        (line,) = found["events"]
        assert line.startswith("DOWN, ")
        return line.endswith(" wait, lost 0") and ", 0 B " not in line

    eventually(waits, 20, "an event waits")
    status = daemon.api("status")[1]
    assert status["presence"] == {"up": False, "routes": True}
    events = status["events"]
    assert events["up"] is False
    assert events["waiting_bytes"] > 0 == events["lost"]


@pytest.mark.workers(2)
def test_a_lease_that_events_alone_need(gateway, redis_server):
    daemon = gateway(redis_server, events=sections()["events"])
    daemon.wait_metric("roomcast_presence_up", 1)
    assert daemon.api("status")[1]["presence"] == {"up": True, "routes": False}
    _, found = lines(good("status", daemon=daemon))
    assert found["lease"] == ["up"] and "presence" not in found


@pytest.mark.workers(2)
def test_where_nothing_is_written_to_redis_nothing_is_down(
    gateway, redis_server
):
    needless = {"stream": "app:events", "kinds": ["rooms"]}
    at_redis = gateway(redis_server, events=needless)
    at_redis.wait_ready()
    embedded = gateway(**sections())
    for daemon in (embedded, at_redis):
        assert daemon.api("status")[1]["presence"] is None
        _, found = lines(good("status", daemon=daemon))
        assert not found.keys() & {"presence", "lease"}
    assert embedded.api("status")[1]["events"]["up"] is None
    _, found = lines(good("status", daemon=embedded))
    assert found["events"] == ["0 B wait, lost 0"]


def test_for_programs(gateway):
    daemon = gateway()
    out = good("status", "--json", daemon=daemon)
    assert json.loads(out)["pid"] == daemon.pid


def test_a_reload_that_was_refused(gateway):
    daemon = gateway()
    daemon.conf_path.write_text("nonsense: 1\n")
    assert ctl("reload", daemon=daemon)[0] == 1
    _, found = lines(good("status", daemon=daemon))
    assert found["reload"][0].startswith("the last one REFUSED, in force since ")
    assert found["reload"][0].endswith(", applied 0, refused 1")
    assert "error" in found or "warn" in found
