"""redis.sentinel: the master is where sentinels say, and when they say it."""

import pytest

from rig.gateway import merged
from rig.sentinels import Sentinels
from rig.tracing import frozen
from rig.waiting import eventually, seconds

pytestmark = pytest.mark.waits

MOVED = 'connection lost .*reason="the sentinels name another server"'
GAP = '{"type":"roomcast.gap"}'
KEY = "app:stream"
ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]
ROOM = "roomcast:room:lobby"


@pytest.fixture
def sentinels(tmp_path):
    s = Sentinels(tmp_path)
    yield s.wait()
    s.finish()


def start(gateway, sentinels, redis=None, **sections):
    own = {"sentinel": sentinels.conf, "on_gap": "notify"}
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis=merged(own, redis or {}),
        **{"routes": ROUTES, **sections},
    )
    daemon.wait_ready()
    return daemon


def welcomed(connect, daemon):
    client = connect(daemon)
    assert "roomcast.welcome" in client.recv()
    return client


def is_ready(daemon):
    return daemon.admin("/readyz")[0] == 200


def is_heard(client, server, content):
    """It comes, and behind a gap that was told."""
    server.client().publish(ROOM, content)
    assert client.recv() == GAP
    return client.recv() == content


def test_the_master_is_found(gateway, connect, sentinels):
    daemon = start(gateway, sentinels)
    client = welcomed(connect, daemon)
    sentinels.master.client().publish(ROOM, "heard")
    assert client.recv() == "heard"


def test_a_planned_failover_is_followed_at_once(gateway, connect, sentinels):
    """The old master lives, and would be listened to for seconds."""
    daemon = start(gateway, sentinels)
    client = welcomed(connect, daemon)
    sentinels.fail_over(by=2)
    daemon.wait_log(MOVED, 20)
    daemon.wait_ready()
    assert is_heard(client, sentinels.replica, "after")
    assert daemon.metric("roomcast_backend_lost_total") == 1
    m = daemon.metrics()
    assert m["roomcast_source_failovers_total"] == 1
    assert m['roomcast_source_lost_total{reason="moved"}'] == 1
    addresses = ",".join(sentinels.conf["addresses"])
    place = f'kind="sentinel",address="{addresses}",master="mymaster"'
    assert m[f'roomcast_source_info{{source="0",{place}}}'] == 1


def test_a_master_that_dies_is_followed(gateway, connect, sentinels):
    daemon = start(gateway, sentinels)
    client = welcomed(connect, daemon)
    sentinels.master.kill()
    eventually(lambda: not is_ready(daemon), 5, "not ready")
    sentinels.look_closely()
    daemon.wait_log("the sentinels name another server", 20)
    daemon.wait_ready()
    assert is_heard(client, sentinels.replica, "after")


def test_a_master_that_hangs_is_left(gateway, connect, sentinels):
    """Nothing ends the connection to it."""
    daemon = start(gateway, sentinels)
    client = welcomed(connect, daemon)
    with frozen(sentinels.master.process.pid):
        sentinels.look_closely()
        daemon.wait_log(MOVED, 20)
        daemon.wait_ready()
        assert is_heard(client, sentinels.replica, "after")


def acknowledged(sentinels, numbers):
    """XADD each to the master, until it and its replica have taken it."""
    server = sentinels.master.client()
    for number in numbers:
        server.xadd(KEY, {ROOM: str(number)})
    assert server.wait(1, int(1000 * seconds(5))) == 1


@pytest.mark.parametrize("how", ["planned", "killed"])
def test_nothing_of_a_stream_is_lost(gateway, connect, sentinels, how):
    daemon = start(
        gateway,
        sentinels,
        history={"stream": KEY},
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"]}],
    )
    client = connect(daemon)
    acknowledged(sentinels, range(50))
    if how == "planned":
        sentinels.fail_over()
    else:
        sentinels.master.kill()
        sentinels.look_closely()
    sentinels.wait_switched()
    for number in range(50, 100):
        sentinels.replica.client().xadd(KEY, {ROOM: str(number)})
    assert client.recv_many(100, 20) == [str(n) for n in range(100)]
    assert daemon.metric("roomcast_stream_gaps_total") == 0
    daemon.wait_ready()
    m = daemon.metrics()
    for connection in "subscription", "stream":
        labels = f'source="0",connection="{connection}"'
        assert m[f"roomcast_source_failovers_total{{{labels}}}"] == 1


def test_two_sentinels_that_are_away_do_not_matter(
    gateway, connect, sentinels
):
    """One does not answer, and the other is not there."""
    sentinels.all[0].finish()
    with frozen(sentinels.all[1].process.pid):
        daemon = start(gateway, sentinels)
        client = welcomed(connect, daemon)
        sentinels.master.client().publish(ROOM, "heard")
        assert client.recv() == "heard"


def test_a_master_that_nobody_knows_is_told(gateway, sentinels):
    conf = {**sentinels.conf, "master": "another"}
    daemon = gateway(
        backend="redis", embedded=None, redis={"sentinel": conf}
    )
    daemon.wait_log("no sentinel knows a master of that name")
    assert not is_ready(daemon)


def test_their_password_is_their_own(gateway, connect, tmp_path):
    sentinels = Sentinels(tmp_path, password="theirs")
    try:
        sentinels.wait()
        file = tmp_path / "password"
        conf = {**sentinels.conf, "password_file": str(file)}
        file.write_text("wrong")
        file.chmod(0o600)
        daemon = gateway(
            backend="redis", embedded=None, redis={"sentinel": conf}
        )
        daemon.wait_log(
            "no sentinel answers: WRONGPASS.* command=AUTH"
            ' remedy="check redis.sentinel.*password_file" kind=denied'
        )
        file.write_text("theirs")
        daemon.wait_ready()
    finally:
        sentinels.finish()
