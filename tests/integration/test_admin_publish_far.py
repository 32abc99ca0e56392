"""/api/publish where there is more than one Redis: sources, a cluster."""

import json

import pytest

from rig.people import id_of
from rig.redisserver import RedisServer
from rig.resuming import Resuming
from rig.waiting import heartbeat

pytestmark = pytest.mark.waits

WORKERS = (1, 2)
PLAIN = [{"path": "/ws/{room}", "rooms": ["{room}"]}]
KEPT = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": "1h"}]
QUICK = {
    "heartbeat": heartbeat(500),
    "reconnect": {"min": "20ms", "max": "200ms"},
}


def publish(daemon, text):
    body = json.dumps({"rooms": ["lobby"], "text": text})
    return daemon.api("publish", "POST", body)


def disconnect(daemon, client_id):
    body = {"command": "disconnect", "connections": [client_id], "code": 4001}
    return daemon.api("control", "POST", json.dumps(body))


@pytest.fixture
def two(tmp_path):
    servers = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        servers.append(RedisServer(tmp_path / name).start())
    yield servers
    for server in servers:
        server.finish()


def on_redis(gateway, **sections):
    daemon = gateway(
        **{"backend": "redis", "embedded": None, "routes": PLAIN, **sections}
    )
    daemon.wait_ready()
    return daemon


def on_sources(gateway, servers, **sections):
    sources = [{"redis": {"url": s.url, **QUICK}} for s in servers]
    return on_redis(gateway, sources=sources, **sections)


def on_cluster(gateway, cluster, more=None, **sections):
    conf = {**cluster.conf, **(more or {})}
    return on_redis(gateway, redis={"cluster": conf, **QUICK}, **sections)


def heard_by_all(daemons, connect):
    """Each publishes, and each has a client that gets all of it once."""
    clients = [connect(daemon, "/ws/lobby") for daemon in daemons]
    said = []
    for number, daemon in enumerate(daemons):
        status, answer = publish(daemon, str(number))
        assert status == 200 and answer["reached"] == 1, answer
        said.append(answer)
    # Nodes of a cluster do not agree which of the two was first.
    assert all(sorted(c.recv_many(2)) == ["0", "1"] for c in clients)
    assert publish(daemons[0], "the end")[0] == 200
    assert [client.recv() for client in clients] == ["the end"] * 2
    return said


def test_with_sources_every_instance_hears_it_once(gateway, connect, two):
    daemons = [on_sources(gateway, two) for _ in range(2)]
    assert heard_by_all(daemons, connect) == [
        {"id": None, "instances": 2, "reached": 1}
    ] * 2


def test_a_source_that_is_away_is_passed_over(gateway, connect, two):
    daemon = on_sources(gateway, two)
    client = connect(daemon, "/ws/lobby")
    for number, server in enumerate(two):
        server.kill()
        daemon.wait_metric(f'roomcast_source_up{{source="{number}"}}', 0)
        status, said = publish(daemon, "x")
        if server is two[0]:
            assert status == 200 and said["reached"] == 1, said
            assert client.recv() == "x"
    assert status == 503 and "/readyz" in said["remedy"]


@pytest.mark.parametrize("sharded", [False, True])
def test_in_a_cluster_every_instance_hears_it(
    gateway, connect, make_cluster, sharded
):
    cluster = make_cluster(3)
    daemons = [
        on_cluster(gateway, cluster, {"sharded": sharded}) for _ in range(2)
    ]
    # A node counts its own subscribers only: nobody knows how many there are.
    assert heard_by_all(daemons, connect) == [
        {"id": None, "instances": None, "reached": 1}
    ] * 2


def test_a_command_reaches_a_client_of_another_instance(
    gateway, connect, make_cluster
):
    cluster = make_cluster(3)
    routes = [{**PLAIN[0], "welcome": True}]
    here, there = (
        on_cluster(gateway, cluster, routes=routes) for _ in range(2)
    )
    client = connect(there, "/ws/lobby")
    assert disconnect(here, id_of(client)) == (200, {"instances": None})
    assert client.wait_closed().code == 4001


def test_a_stream_in_a_cluster_gives_it_an_id(gateway, make_cluster):
    cluster = make_cluster(3)
    kept = {"history": {"stream": "app:stream"}, "routes": KEPT}
    daemons = [on_cluster(gateway, cluster, **kept) for _ in range(2)]
    clients = [Resuming(daemon.ws_url) for daemon in daemons]
    for client in clients:
        client.come()
    status, said = publish(daemons[0], "hello")
    assert status == 200 and said["id"] and said["reached"] == 1
    assert said["instances"] is None
    for client in clients:
        client.take_until("hello")
        assert client.cursor == said["id"]
