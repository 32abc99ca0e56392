"""Whether the server is a master: at the start, and ever after."""

import pytest

from rig.redisserver import RedisServer
from rig.waiting import eventually
from test_redis import LOST, ROUTES, ready

WORKERS = (1, 2)
STREAM = "app:stream"
BEAT = "500ms"
QUICK = {"heartbeat": BEAT, "reconnect": {"min": "20ms", "max": "100ms"}}
REPLICA = r'reason="the server is a replica".*remedy=.*redis\.role: any'
UNKNOWN = "whether the server is a master is not known"


@pytest.fixture
def replica(redis_server, tmp_path):
    """A replica of redis_server that is in step with it."""
    redis_server.cli("CONFIG", "SET", "repl-diskless-sync-delay", "0")
    folder = tmp_path / "replica"
    folder.mkdir()
    server = RedisServer(
        folder, "--replicaof", "127.0.0.1", str(redis_server.port)
    )
    server.start()
    eventually(
        lambda: server.client().info("replication")["master_link_status"]
        == "up",
        30,
        "it is in step",
    )
    yield server
    server.finish()


def demote(server, master):
    server.cli("REPLICAOF", "127.0.0.1", str(master.port))


def promote(server):
    server.cli("REPLICAOF", "NO", "ONE")


def published(connect, daemon, server, text):
    client = connect(daemon, "/ws/lobby")
    server.client().publish("roomcast:room:lobby", text)
    return client.recv() == text


def test_a_replica_is_not_ready_until_it_is_promoted(
    gateway, connect, replica
):
    daemon = gateway(replica, routes=ROUTES, redis=QUICK)
    daemon.wait_log(r" warn redis: cannot connect .*" + REPLICA)
    eventually(
        lambda: daemon.metric("roomcast_backend_connect_failures_total") >= 5,
        10,
        "it tries again",
    )
    assert daemon.admin("/readyz")[0] == 503
    lines = [text for text in daemon.lines if "is a replica" in text]
    assert sum(" warn redis" in text for text in lines) == 1
    promote(replica)
    daemon.wait_ready()
    assert published(connect, daemon, replica, "heard")


def test_who_reads_from_a_replica_on_purpose_says_so(
    gateway, connect, redis_server, replica
):
    daemon = ready(gateway, replica, redis={**QUICK, "role": "any"})
    assert published(connect, daemon, redis_server, "by its master")
    assert "cmdstat_role" not in replica.client().info("commandstats")


@pytest.mark.parametrize("refused", ["", "-role"])
def test_a_master_that_is_demoted_is_left_within_a_heartbeat(
    gateway, connect, redis_server, replica, refused
):
    """By ROLE, and by INFO replication where that is refused."""
    promote(replica)
    if refused:
        replica.cli("ACL", "SETUSER", "default", refused)
    daemon = ready(
        gateway, replica, redis={**QUICK, "on_gap": "notify"}, routes=ROUTES
    )
    assert UNKNOWN not in daemon.log()
    client = connect(daemon, "/ws/lobby")
    beats = daemon.metric("roomcast_backend_connects_total")
    demote(replica, redis_server)
    daemon.wait_log(LOST + ".*" + REPLICA)
    assert daemon.admin("/readyz")[0] == 503
    promote(replica)
    daemon.wait_ready()
    daemon.wait_metric("roomcast_backend_connects_total", beats + 1)
    replica.client().publish("roomcast:room:lobby", "back")
    assert client.recv() == "back"


def test_the_stream_is_not_read_from_a_replica(
    gateway, redis_server, replica
):
    daemon = gateway(
        replica, routes=ROUTES, redis=QUICK, history={"stream": STREAM}
    )
    daemon.wait_log(r" warn redis: cannot read the stream .*" + REPLICA)
    assert daemon.metric("roomcast_stream_up") == 0
    promote(replica)
    daemon.wait_ready()
    demote(replica, redis_server)
    daemon.wait_metric("roomcast_stream_up", 0)
    daemon.wait_log(r" warn redis: stream lost .*")
    assert daemon.admin("/readyz")[0] == 503
    promote(replica)
    daemon.wait_ready()
    assert daemon.metric("roomcast_stream_up") == 1


def test_a_narrow_list_goes_on_with_one_warning(
    gateway, connect, redis_server
):
    redis_server.cli(
        *("ACL", "SETUSER", "gw", "on", ">x", "&roomcast:*"),
        *("+subscribe", "+unsubscribe", "+publish"),
    )
    daemon = ready(
        gateway, f"redis://gw:x@127.0.0.1:{redis_server.port}", redis=QUICK
    )
    assert published(connect, daemon, redis_server, "heard")
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    daemon.wait_log(LOST)
    daemon.wait_ready()
    lines = [text for text in daemon.lines if UNKNOWN in text]
    assert len(lines) == 1 and "+role" in lines[0]
    asked = redis_server.client().info("commandstats")["cmdstat_role"]
    assert asked["rejected_calls"] <= 8  # a connection each, not a heartbeat
