"""What /metrics says of a source, while its Redis fares well and ill."""

import pytest

from rig import exposition
from rig.tracing import frozen
from rig.waiting import eventually
from test_redis import ROUTES, ready
from test_redis_role import QUICK, demote, promote, replica
from test_sources import ready as ready_at_all
from test_sources import servers

__all__ = ["replica", "servers"]  # fixtures

ROUND_TRIP = "heartbeat_round_trip_seconds_count"


def of_source(daemon):
    """By what is behind the common beginning, without the number."""
    return {
        name.removeprefix("roomcast_source_")
        .replace('{source="0"}', "")
        .replace('source="0",', ""): value
        for name, value in daemon.metrics().items()
        if name.startswith("roomcast_source_")
    }


def counted(daemon, family):
    """Those that are not 0: {(connection, reason): how often}."""
    families = exposition.read(daemon.admin("/metrics")[1])
    return {
        (labels["connection"], labels["reason"]): value
        for _, labels, value in families[f"roomcast_source_{family}"].samples
        if value
    }


def lost(daemon):
    return counted(daemon, "lost_total")


def failed(daemon):
    return counted(daemon, "connect_failures_total")


def role(daemon):
    (role,) = [
        role
        for role in ("master", "replica", "unknown")
        if of_source(daemon)[f'role{{role="{role}"}}'] == 1
    ]
    return role


def wait_up(daemon, is_up):
    eventually(lambda: of_source(daemon)["up"] == is_up, 10, "up or down")


def grows(daemon, name):
    before = of_source(daemon)[name]
    eventually(lambda: of_source(daemon)[name] > before, 10, f"{name} grows")


def test_a_source_that_is_well(gateway, redis_server):
    daemon = ready(gateway, redis_server, redis=QUICK)
    m = of_source(daemon)
    assert m["up"] == 1
    assert role(daemon) == "master"
    assert lost(daemon) == failed(daemon) == {}
    assert daemon.metric("roomcast_source_failovers_total") == 0
    grows(daemon, ROUND_TRIP)
    m = of_source(daemon)
    assert m["heartbeat_age_seconds"] < 5
    down = m["down_seconds_total"]
    assert 0 < m["heartbeat_round_trip_seconds_sum"] < 60 * m[ROUND_TRIP]
    grows(daemon, ROUND_TRIP)
    assert of_source(daemon)["down_seconds_total"] == down


def test_where_it_is_without_its_password(gateway, redis_server):
    redis_server.cli(
        *("ACL", "SETUSER", "gw", "on", ">s3cret", "~*", "&*", "+@all")
    )
    port = redis_server.port
    daemon = ready(gateway, f"redis://gw:s3cret@127.0.0.1:{port}/3")
    assert of_source(daemon)[
        f'info{{kind="url",address="127.0.0.1:{port}"}}'
    ]
    assert "s3cret" not in daemon.admin("/metrics")[1]


def test_each_source_by_itself(gateway, servers):
    """Its number is its place in the configuration, from 0."""
    daemon = ready_at_all(gateway, servers)
    servers[1].kill()
    daemon.wait_metric('roomcast_source_up{source="1"}', 0)
    m = daemon.metrics()
    assert m['roomcast_source_up{source="0"}'] == 1
    for number, server in enumerate(servers):
        address = f"127.0.0.1:{server.port}"
        labels = f'source="{number}",kind="url",address="{address}"'
        assert m[f"roomcast_source_info{{{labels}}}"] == 1
    lost = 'roomcast_source_lost_total{source="%d",connection="subscription"}'
    assert m[lost % 0] == 0 and m[lost % 1] == 1
    assert m["roomcast_backend_lost_total"] == 1
    servers[1].start()
    daemon.wait_metric('roomcast_source_up{source="1"}', 1)
    down = 'roomcast_source_down_seconds_total{source="0"}'
    assert daemon.metrics()[down] == m[down]
    exposition.read(daemon.admin("/metrics")[1])


def test_a_server_that_is_killed_and_comes_back(gateway, redis_server):
    daemon = ready(gateway, redis_server, redis=QUICK)
    since = of_source(daemon)["changed_timestamp_seconds"]
    redis_server.kill()
    wait_up(daemon, 0)
    assert of_source(daemon)["changed_timestamp_seconds"] > since
    assert lost(daemon)["subscription", "closed"] == 1
    eventually(lambda: failed(daemon), 10, "an attempt has failed")
    assert set(failed(daemon)) == {("subscription", "connect")}
    assert role(daemon) == "unknown"
    grows(daemon, "down_seconds_total")
    grows(daemon, "heartbeat_age_seconds")
    redis_server.start()
    wait_up(daemon, 1)
    assert role(daemon) == "master"
    assert daemon.metric("roomcast_source_failovers_total") == 0
    daemon.wait_log(" warn redis: connection lost .* kind=closed")
    daemon.wait_log(" warn redis: cannot connect .* kind=connect down_ms=")


def test_a_server_that_stands_still(gateway, redis_server):
    daemon = ready(gateway, redis_server, redis=QUICK)
    with frozen(redis_server.process.pid):
        wait_up(daemon, 0)
        assert lost(daemon) == {("subscription", "heartbeat"): 1}
        assert of_source(daemon)["heartbeat_age_seconds"] > 0.5
    wait_up(daemon, 1)
    daemon.wait_log(" warn redis: connection lost .* kind=heartbeat")


def test_a_server_that_becomes_a_replica(gateway, redis_server, replica):
    promote(replica)
    daemon = ready(gateway, replica, redis=QUICK)
    demote(replica, redis_server)
    wait_up(daemon, 0)
    eventually(lambda: role(daemon) == "replica", 10, "its role")
    eventually(lambda: failed(daemon), 10, "an attempt has failed")
    assert lost(daemon)["subscription", "role"] == 1
    assert set(failed(daemon)) == {("subscription", "role")}
    promote(replica)
    wait_up(daemon, 1)
    assert role(daemon) == "master"


def test_whose_role_does_not_matter(gateway, replica):
    daemon = ready(gateway, replica, redis={**QUICK, "role": "any"})
    assert role(daemon) == "unknown"


def test_the_stream_is_counted_by_itself(gateway, redis_server):
    daemon = ready(
        gateway, redis_server, redis=QUICK, history={"stream": "app:stream"}
    )
    assert of_source(daemon)["up"] == 1
    redis_server.client().set("another", "x")
    redis_server.client().rename("another", "app:stream")
    wait_up(daemon, 0)
    assert set(lost(daemon)) == {("stream", "refused")}
    eventually(lambda: failed(daemon), 10, "an attempt has failed")
    assert set(failed(daemon)) == {("stream", "refused")}
    m = daemon.metrics()
    assert m["roomcast_stream_up"] == 0
    assert m["roomcast_stream_lost_total"] == 1
    assert m["roomcast_backend_lost_total"] == 0
    redis_server.client().delete("app:stream")
    wait_up(daemon, 1)
    daemon.wait_log(" warn redis: stream lost .* kind=refused")


def test_the_heartbeats_connection_by_itself(gateway, redis_server):
    daemon = ready(gateway, redis_server, redis=QUICK)
    redis_server.cli("CLIENT", "KILL", "TYPE", "normal")
    eventually(lambda: lost(daemon), 10, "it is lost")
    assert lost(daemon) == {("heartbeat", "closed"): 1}
    grows(daemon, ROUND_TRIP)
    assert of_source(daemon)["up"] == 1


@pytest.mark.parametrize(
    "path, reason",
    [
        ("redis://127.0.0.1:1", "connect"),
        ("redis://nobody.invalid", "resolve"),
        ("rediss://{}", "tls"),
        ("redis://gw:wrong@{}", "denied"),
    ],
)
def test_why_there_is_no_connection(gateway, redis_server, path, reason):
    url = path.format(f"127.0.0.1:{redis_server.port}")
    daemon = gateway(url, routes=ROUTES, redis=QUICK)
    eventually(lambda: failed(daemon), 20, "an attempt has failed")
    assert set(failed(daemon)) == {("subscription", reason)}
    assert lost(daemon) == {}
    daemon.wait_log(f" warn redis: cannot connect .* kind={reason} down_ms=")
