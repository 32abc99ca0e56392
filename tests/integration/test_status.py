"""/api/status and /api/graphs: how the gateway is, and how it was."""

import time

import pytest
from redis.exceptions import ResponseError

from rig.raw import Raw, request
from rig.rereading import rewrite
from rig.waiting import eventually
from test_sources import ready as ready_at_all
from test_sources import servers

__all__ = ["servers"]  # fixtures

WORKERS = (1, 2)


@pytest.fixture(params=["embedded", "redis"])
def backend(request):
    """What a gateway is started with."""
    if request.param == "embedded":
        return {}
    return {"server": request.getfixturevalue("redis_server")}


def status(daemon):
    code, body = daemon.api("status")
    assert code == 200
    return body


def graphs(daemon, since=None):
    query = "" if since is None else f"?since={since}"
    code, body = daemon.api("graphs" + query)
    assert code == 200
    return body


def points(body):
    """How many there are; all columns have as many."""
    lengths = {len(x) for x in body.values() if isinstance(x, list)}
    (length,) = lengths
    return length


def publish(daemon, text):
    body = '{"rooms": ["lobby"], "text": "%s"}' % text
    code, answer = daemon.api("publish", "POST", body)
    assert code == 200, answer


def test_who_it_is_and_how_it_goes(gateway, connect, backend, workers):
    daemon = gateway(**backend)
    daemon.wait_ready()
    connect(daemon)
    connect(daemon, "/ws/hall")
    now = status(daemon)
    assert now["ready"] is True and now["why_not"] == []
    assert now["phase"] == "serving" and now["pid"] == daemon.pid
    assert now["connections"]["open"] == now["connections"]["websocket"] == 2
    assert now["connections"]["sse"] == 0 < now["connections"]["limit"]
    assert now["rooms"] == now["memberships"] == 2
    assert len(now["workers"]) == workers
    assert sum(w["connections"] for w in now["workers"]) == 2
    assert now["backend"]["kind"] == ("redis" if backend else "embedded")
    assert now["backend"]["up"] is True and now["history"] is None
    assert now["presence"] is now["events"] is None
    assert abs(now["started_ms"] + now["uptime_ms"] - time.time() * 1000) < 60e3
    assert now["totals"]["accepted"] == 2
    assert now["process"]["files"] > 0 and now["process"]["cpu_ms"] > 0


@pytest.mark.workers(2)
def test_a_room_counts_once_however_many_workers_have_it(
    gateway, connect, backend
):
    daemon = gateway(**backend)
    daemon.wait_ready()
    clients = []

    def on_both():
        clients.append(connect(daemon))
        return all(w["connections"] for w in status(daemon)["workers"])

    eventually(on_both, 10, "each worker has a member")
    assert status(daemon)["rooms"] == daemon.metric("roomcast_rooms") == 1
    assert len(daemon.api("rooms")[1]["rooms"]) == 1
    for client in clients:
        client.close()
    daemon.wait_metric("roomcast_rooms", 0)


def test_what_goes_through_it(gateway, connect, backend):
    daemon = gateway(**backend)
    daemon.wait_ready()
    clients = [connect(daemon) for _ in range(3)]
    before = status(daemon)
    assert before["per_second"]["messages"] == 0
    assert before["fanout"]["p99_us"] is None
    for i in range(4):
        publish(daemon, f"text {i}")
    for client in clients:
        client.recv_until("text 3")
    daemon.wait_metric("roomcast_fanout_latency_seconds_count", 4 * len(
        {w for w in range(len(before["workers"]))
         if before["workers"][w]["connections"]}
    ))
    after = status(daemon)
    assert after["totals"]["messages"] == 4
    assert after["totals"]["deliveries"] == 12
    assert after["per_second"]["messages"] > 0
    assert after["per_second"]["deliveries"] > after["per_second"]["messages"]
    assert after["per_second"]["written_bytes"] > 0
    assert 0 < after["fanout"]["p50_us"] <= after["fanout"]["p99_us"]
    assert after["instance"] == before["instance"]


def test_the_graphs_go_on(gateway, connect, backend):
    daemon = gateway(**backend)
    daemon.wait_ready()
    client = connect(daemon)
    publish(daemon, "hello")
    client.recv_until("hello")

    columns = (
        "messages_per_second",
        "deliveries_per_second",
        "written_bytes_per_second",
        "fanout_p50_us",
    )

    def shown():
        body = graphs(daemon)
        assert points(body) == body["next"] - 1
        return all(any(body[column]) for column in columns) and body

    # Not always in the same: a point may end between two threads' counts.
    body = eventually(shown, 20, "the message is in points")
    assert body["connections"][-1] == 1
    at = next(i for i, x in enumerate(body["fanout_p50_us"]) if x)
    assert 0 < body["fanout_p50_us"][at] <= body["fanout_p99_us"][at]
    assert body["time_ms"] == sorted(body["time_ms"])
    assert abs(body["time_ms"][-1] - time.time() * 1000) < 60e3
    # From there on only what is new.
    more = graphs(daemon, body["next"])
    assert points(more) == more["next"] - body["next"]
    more = eventually(
        lambda: points(graphs(daemon, body["next"])) and
        graphs(daemon, body["next"]), 20, "one more point")
    assert min(more["time_ms"]) > max(body["time_ms"])
    assert points(graphs(daemon, 10**15)) == 0


@pytest.mark.parametrize("since", ["x", "-1", "0", "1.5"])
def test_a_point_that_is_none(gateway, since):
    code, body = gateway().api(f"graphs?since={since}")
    assert code == 400 and "since" in body["error"]


def test_a_redis_that_goes_and_comes(gateway, redis_server):
    daemon = gateway(server=redis_server)
    daemon.wait_ready()
    (source,) = status(daemon)["backend"]["sources"]
    assert source["kind"] == "url" and source["up"] is True
    assert source["address"] == f"127.0.0.1:{redis_server.port}"
    assert source["role"] == "master"
    redis_server.kill()
    eventually(lambda: not status(daemon)["ready"], 10, "it is not ready")
    now = status(daemon)
    (gone,) = now["backend"]["sources"]
    assert gone["up"] is False and gone["since_ms"] > source["since_ms"]
    assert now["backend"]["up"] is False and now["backend"]["lost"] == 1
    (why,) = now["why_not"]
    assert why.startswith("backend: redis is not connected")
    (lost,) = [w for w in now["warnings"] if w["msg"] == "connection lost"]
    assert lost["component"] == "redis" and lost["count"] == 1
    assert "kind=closed" in lost["values"] and lost["level"] == "warn"
    redis_server.start()
    eventually(lambda: status(daemon)["ready"], 20, "it is ready")
    (back,) = status(daemon)["backend"]["sources"]
    assert back["since_ms"] > gone["since_ms"] and back["down_ms"] > 0


def test_each_source_by_itself(gateway, servers):
    daemon = ready_at_all(gateway, servers)
    servers[1].kill()

    def states():
        return {
            int(s["address"].rpartition(":")[2]): s["up"]
            for s in status(daemon)["backend"]["sources"]
        }

    wanted = {servers[0].port: True, servers[1].port: False}
    eventually(lambda: states() == wanted, 10, "one is away")
    now = status(daemon)
    assert now["ready"] is False and len(now["why_not"]) == 1
    assert f":{servers[1].port}" in now["why_not"][0]


def test_no_secret_is_told(gateway, redis_server):
    """This user is none: the warnings are about it."""
    daemon = gateway(server=f"redis://gw:s3cret@127.0.0.1:{redis_server.port}")
    eventually(
        lambda: any(w["component"] == "redis" for w in status(daemon)["warnings"]),
        10, "Redis refuses it")
    code, text, _ = daemon.admin("/api/status")
    assert code == 200 and f":{redis_server.port}" in text
    assert "s3cret" not in text


def test_what_was_refused_and_closed(gateway, connect):
    daemon = gateway()
    raw = Raw(daemon.address())
    raw.send(request("/nowhere"))
    raw.read_response()
    connect(daemon).close(4242)
    daemon.wait_metric("roomcast_connections", 0)
    recent = status(daemon)["recent"]
    assert recent["refused"] == [
        {"status": "404", "reason": "route", "count": 1}
    ]
    assert recent["closed"] == [
        {"reason": "closed_by_peer", "code": "4xxx", "count": 1}
    ]
    assert recent["payloads_dropped"] == recent["hook_failures"] == []
    with pytest.raises(ResponseError):
        daemon.publisher().publish("roomcast:send", "{")
    assert status(daemon)["recent"]["payloads_dropped"] == [
        {"reason": "json", "count": 1}
    ]


def test_a_history_and_a_reload(gateway):
    daemon = gateway(history={"memory": "1MiB"})
    daemon.publisher().publish("roomcast:room:lobby", "kept")
    eventually(
        lambda: status(daemon)["history"]["entries"] == 1, 5, "it is kept")
    assert status(daemon)["history"]["bytes"] > 0
    now = status(daemon)["reload"]
    assert now["successful"] is True
    assert now["applied"] == now["refused"] == now["restart_needed"] == 0
    rewrite(daemon, {"workers": "many"})
    assert daemon.api("reload", "POST")[0] == 422
    now = status(daemon)["reload"]
    assert now["successful"] is False and now["refused"] == 1


def test_an_end_is_seen(gateway):
    daemon = gateway(shutdown={"delay": "30s"})
    assert daemon.api("drain", "POST")[0] == 202
    now = status(daemon)
    assert now["phase"] == "stopping" and now["ready"] is False
    assert now["why_not"] == ["draining: the gateway is shutting down"]
    daemon.signal()
    assert daemon.wait_exit() == 0
