"""Redis' own settings: what docs/redis.md says of them."""

import socket

import pytest
import redis

from rig.waiting import eventually, seconds

KEY = "app:stream"
ROOM = "roomcast:room:lobby"
GAPS = 'roomcast_stream_gaps_total{reason="other stream"}'
STREAM = {"history": {"stream": KEY}}


def until_thrown_out(server):
    """As long as the server lets somebody be silent."""
    silent = socket.create_connection(("127.0.0.1", server.port), seconds(20))
    with silent:
        assert silent.recv(1) == b""


@pytest.mark.long
def test_nothing_of_a_gateway_is_idle(gateway, redis_server):
    """One that a subscription keeps, one with heartbeats, one that waits."""
    redis_server.cli("CONFIG", "SET", "timeout", "1")
    daemon = gateway(redis_server, redis={"heartbeat": "300ms"}, **STREAM)
    daemon.wait_ready()
    for _ in range(2):
        until_thrown_out(redis_server)
    names = [row["name"] for row in redis_server.client().client_list()]
    assert names.count("roomcast") == 3
    assert not [text for text in daemon.lines if " lost" in text]


def test_a_server_that_refuses_what_would_cost_the_connection(
    gateway, connect, redis_server
):
    """A payload over 64 MiB, in a server that takes none."""
    redis_server.cli("CONFIG", "SET", "proto-max-bulk-len", "64mb")
    daemon = gateway(redis_server)
    daemon.wait_ready()
    client = connect(daemon)
    large = b"*3\r\n$7\r\nPUBLISH\r\n$18\r\nroomcast:broadcast\r\n$67108865\r\n"
    address = "127.0.0.1", redis_server.port
    with socket.create_connection(address, seconds(10)) as publisher:
        publisher.sendall(large)
        assert b"invalid bulk length" in publisher.recv(4096)
    redis_server.client().publish(ROOM, "undisturbed")
    assert client.recv() == "undisturbed"
    assert daemon.metric("roomcast_backend_lost_total") == 0


def full(server, policy):
    """A server that has less memory than it takes."""
    server.client().config_set("maxmemory-policy", policy)
    server.client().config_set("maxmemory", 1)


def test_without_eviction_the_publisher_is_told(
    gateway, connect, redis_server
):
    daemon = gateway(redis_server, **STREAM)
    daemon.wait_ready()
    client = connect(daemon)
    publisher = redis_server.client()
    publisher.xadd(KEY, {ROOM: "one"})
    assert client.recv() == "one"
    full(redis_server, "noeviction")
    with pytest.raises(redis.ResponseError, match="used memory"):
        publisher.xadd(KEY, {ROOM: "two"})
    publisher.publish(ROOM, "by the way")
    assert client.recv() == "by the way"
    publisher.config_set("maxmemory", 0)
    publisher.xadd(KEY, {ROOM: "three"})
    assert client.recv() == "three"


@pytest.mark.parametrize("policy", ["volatile-lru", "allkeys-random"])
def test_a_stream_is_evicted_only_with_all_keys(
    gateway, redis_server, policy
):
    daemon = gateway(redis_server, **STREAM)
    daemon.wait_ready()
    publisher = redis_server.client()
    publisher.xadd(KEY, {ROOM: "one"})
    daemon.wait_metric("roomcast_stream_length", 1)
    full(redis_server, policy)
    try:
        publisher.set("other", "x", ex=60)
    except redis.ResponseError:
        pass
    publisher.config_set("maxmemory", 0)
    if policy == "allkeys-random":
        daemon.wait_metric(GAPS, 1)
    else:
        assert publisher.exists(KEY)
