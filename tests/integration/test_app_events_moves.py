"""events: to where they go, when that is another server by and by."""

import pytest

from rig.churn import ALL, KEY, LOST, WAITING, Churn, assert_told, told
from rig.redisserver import RedisServer
from rig.sentinels import Sentinels
from rig.waiting import eventually, heartbeat

pytestmark = pytest.mark.waits

QUICK = {
    "reconnect": {"min": "20ms", "max": "200ms"},
    "heartbeat": heartbeat(500),
}


def started(gateway, redis, **sections):
    daemon = gateway(
        **{"backend": "redis", "embedded": None, "redis": redis},
        events={"stream": KEY},
        **sections,
    )
    daemon.wait_ready()
    return daemon


def asked(node):
    """What is told of at one that is given the slot just now."""
    with node.client() as client, client.client() as connection:
        connection.execute_command("ASKING")
        return told(connection)


def wait_more(count_of, more=20):
    begun = count_of()
    eventually(lambda: count_of() >= begun + more, 20, "more events")


@pytest.mark.workers(1, 2)
def test_a_slot_moves_under_events(gateway, connect, make_cluster):
    """They leave all the time, for where the key is by then."""
    cluster = make_cluster()
    daemon = started(gateway, {"cluster": cluster.conf, **QUICK})
    slot = cluster.slot_of(KEY)
    source = cluster.master_of(slot)
    target = next(n for n in cluster.masters if n is not source)
    with Churn(daemon):
        wait_more(lambda: len(told(source.client())))
        cluster.begin_move(slot, target)
        wait_more(lambda: len(told(source.client())))
        cluster.move_keys(slot, source, target)
        wait_more(lambda: len(asked(target)))
        cluster.end_move(slot, target)
        wait_more(lambda: len(told(target.client())))
    assert_told(daemon, target.client())
    assert daemon.metrics()[LOST] == 0
    assert "the key is on its way to" in daemon.log()


@pytest.fixture
def sentinels(tmp_path):
    s = Sentinels(tmp_path)
    yield s.wait()
    s.finish()


def test_the_master_dies_while_events_leave(gateway, connect, sentinels):
    """It has taken nothing that the other one has not, and says nothing."""
    daemon = started(gateway, {"sentinel": sentinels.conf, **QUICK})
    master, other = sentinels.master, sentinels.replica
    with Churn(daemon):
        wait_more(lambda: len(told(master.client())))
        master.client().execute_command("CLIENT PAUSE", 600_000, "WRITE")
        taken = len(told(master.client()))
        wait_more(lambda: daemon.metrics()[ALL + '{event="connected"}'], 50)
        eventually(lambda: len(told(other.client())) == taken, 20)
        sentinels.look_closely()
        master.kill()
        sentinels.wait_switched()
        wait_more(lambda: len(told(other.client())), 50)
    assert_told(daemon, other.client())


def test_of_several_sources_the_first_is_told(gateway, connect, tmp_path):
    """Events wait for it, whatever the others are."""
    servers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        servers.append(
            RedisServer(
                *(tmp_path / name, "--appendonly", "yes"),
                *("--appendfsync", "always"),
            ).start()
        )
    first, second = servers
    try:
        daemon = gateway(
            **{"backend": "redis", "embedded": None},
            sources=[{"redis": {"url": s.url, **QUICK}} for s in servers],
            events={"stream": KEY},
        )
        daemon.wait_ready()
        clients = connect.many([daemon.ws_url()] * 20)
        daemon.wait_metric(ALL + '{event="connected"}', 20)
        daemon.wait_metric(WAITING, 0, timeout=20)
        first.kill()
        for client in clients[:10]:
            client.close()
        daemon.wait_metric("roomcast_connections", 10)
        daemon.wait_log("events: connection lost")
        second.client().publish("roomcast:room:lobby", "x")
        assert clients[-1].recv() == "x"
        first.start()
        for client in clients[10:]:
            client.close()
        assert_told(daemon, first.client())
        assert second.client().keys("*") == []
    finally:
        for server in servers:
            server.finish()
