"""presence: who is in a room, over all instances, as an app reads it."""

import os
import random
import re
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from rig.client import Client
from rig.people import auth, command, user_path
from rig.redisserver import RedisServer
from rig.seated import PREFIX, STREAM, Seats, sections
from rig.waiting import TIME_FACTOR, eventually, heartbeat

WORKERS = (1, 2)
# Instances that are late by as much are swept: not in these tests.
LONG = "5m"
SHORT = f"{max(2, int(2 * TIME_FACTOR))}s"


def url(daemon, rooms):
    return daemon.ws_url(f"/rooms?rooms={','.join(rooms)}")


def started(gateway, server, **changes):
    daemon = gateway(server, **sections(**changes))
    daemon.wait_ready()
    daemon.wait_metric("roomcast_presence_up", 1, 20)
    return daemon


def test_counts_of_several_instances(gateway, connect, redis_server):
    seats = Seats(redis_server.client())
    one, two = (started(gateway, redis_server, lease=LONG) for _ in "ab")
    clients = [connect(one, "/rooms?rooms=a,b") for _ in range(3)]
    clients += [connect(two, "/rooms?rooms=b"), connect(two, "/off/c")]
    seats.wait_counts({"a": 3, "b": 4})
    assert len(seats.instances()) == 2
    values = redis_server.client().hvals(PREFIX + "room:b")
    assert sorted(values) == [b"1", b"3"]
    for client in clients[:3]:
        client.close()
    seats.wait_counts({"b": 1})
    assert seats.assert_in_turn() == {"b"}
    assert {e["room"] for e in seats.kinds("vacated")} == {"a"}
    # A stop is no death.
    one.stop()
    clients[3].close()
    seats.wait_counts({})
    two.stop()
    assert seats.instances() == set() and not seats.kinds("instance_gone")
    assert redis_server.client().keys(PREFIX + "*") == []


def test_a_stop_takes_its_members_along(gateway, connect, redis_server):
    daemon = started(gateway, redis_server, lease=LONG)
    connect(daemon, "/rooms?rooms=a,b,c")
    seats = Seats(redis_server.client())
    seats.wait_counts({"a": 1, "b": 1, "c": 1})
    daemon.stop()
    assert redis_server.client().keys(PREFIX + "*") == []
    assert seats.assert_in_turn() == set()
    assert not seats.kinds("instance_gone")


def test_members_and_commands(gateway, connect, redis_server, tmp_path):
    conf = auth(tmp_path)
    conf["events"] = sections(lease=LONG)["events"]
    conf["routes"][-1]["presence"] = "members"
    daemon = gateway(redis_server, **conf)
    daemon.wait_ready()
    seats = Seats(redis_server.client())
    clients = [connect(daemon, user_path(u)) for u in ("ann", "ann", "zoë")]
    eventually(lambda: seats.members("lobby") == {"ann": 2, "zoë": 1}, 20)
    command(redis_server.client(), "join", users=["ann"], rooms=["vip"])
    eventually(lambda: seats.members("vip") == {"ann": 2}, 20)
    seats.wait_counts({"lobby": 3, "vip": 2})
    command(redis_server.client(), "leave", users=["ann"], rooms=["vip"])
    clients[0].close()
    clients[2].close()
    seats.wait_counts({"lobby": 1})
    eventually(lambda: seats.members("lobby") == {"ann": 1}, 20)
    assert seats.members("vip") == {}


@pytest.mark.waits
@pytest.mark.workers(2)
def test_who_is_killed_is_swept(gateway, redis_server):
    """1,000 members, in 200 rooms: each is vacated once."""
    seats = Seats(redis_server.client())
    dead = started(gateway, redis_server, lease=SHORT)
    alive = started(gateway, redis_server, lease=SHORT)
    rooms = [f"r{i}" for i in range(200)]
    parts = [rooms[i * 4 % 200 : i * 4 % 200 + 20] for i in range(50)]
    clients = Client.connect_all([url(dead, part) for part in parts])
    clients += Client.connect_all([url(alive, rooms[:5])])
    truth = Counter(room for part in parts for room in part)
    truth.update(rooms[:5])
    seats.wait_counts(dict(truth))
    dead.kill()
    seats.wait_counts(dict.fromkeys(rooms[:5], 1), 30)
    (gone,) = eventually(lambda: seats.kinds("instance_gone"), 20)
    vacated = [e["room"] for e in seats.kinds("vacated")]
    assert sorted(vacated) == sorted(rooms[5:])
    assert seats.assert_in_turn() == set(rooms[:5])
    assert {e["instance"] for e in seats.kinds("vacated")} == {gone["instance"]}
    assert seats.instances() and gone["instance"] not in seats.instances()
    for client in clients[-1:]:
        client.close()


@pytest.mark.waits
@pytest.mark.workers(2)
def test_who_comes_back_restores_all(gateway, connect, redis_server):
    """Stopped for longer than a lease, and swept meanwhile."""
    seats = Seats(redis_server.client())
    zombie = started(gateway, redis_server, lease=SHORT)
    started(gateway, redis_server, lease=SHORT)
    clients = [connect(zombie, f"/rooms?rooms=r{i},all") for i in range(5)]
    truth = {"all": 5, **{f"r{i}": 1 for i in range(5)}}
    seats.wait_counts(truth)
    os.kill(zombie.pid, signal.SIGSTOP)
    try:
        seats.wait_counts({}, 30)
        eventually(lambda: seats.kinds("instance_gone"), 20)
    finally:
        os.kill(zombie.pid, signal.SIGCONT)
    seats.wait_counts(truth)
    assert zombie.metric("roomcast_presence_rewrites_total") >= 1
    clients[0].close()
    del truth["r0"]
    seats.wait_counts({**truth, "all": 4})
    assert seats.assert_in_turn() == {"all", *(f"r{i}" for i in range(1, 5))}


def test_redis_comes_back_empty(gateway, connect, tmp_path):
    server = RedisServer(tmp_path).start()
    try:
        seats = Seats(server.client())
        daemons = [started(gateway, server, lease=LONG) for _ in "ab"]
        clients = [connect(d, "/rooms?rooms=x,y") for d in daemons]
        seats.wait_counts({"x": 2, "y": 2})
        server.kill()
        clients[0].close()
        server.start()
        seats.wait_counts({"x": 1, "y": 1})
        seats.wait_instances(2)
        assert {e["event"] for e in seats.events()} == {"occupied"}
        assert seats.assert_in_turn() == {"x", "y"}
    finally:
        server.finish()


def test_scripts_and_ghosts(gateway, connect, redis_server):
    """The server forgets the scripts; and who connects finds what is written
    of it that should not be."""
    redis = redis_server.client()
    seats = Seats(redis)
    daemon = started(gateway, redis_server, lease=LONG)
    connect(daemon, "/rooms?rooms=a")
    seats.wait_counts({"a": 1})
    redis.script_flush()
    client = connect(daemon, "/rooms?rooms=b")
    seats.wait_counts({"a": 1, "b": 1})
    (me,) = seats.instances()
    redis.hset(PREFIX + "room:ghost", me, 7)
    redis.hset(PREFIX + "members:ghost", f"{me}\0casper", 1)
    redis.sadd(f"{PREFIX}instance:{me}", "ghost", "ghost\0casper")
    redis.client_kill_filter(skipme=True, _type="normal")
    seats.wait_counts({"a": 1, "b": 1})
    eventually(lambda: seats.members("ghost") == {}, 20)
    client.close()
    seats.wait_counts({"a": 1})


def test_a_script_that_is_unknown_comes_along(gateway, connect, redis_server):
    """To a server that keeps none they are sent as texts: at once, and always
    when that has gone on for some times."""
    redis = redis_server.client()

    def unknown():
        redis.script_flush()
        return redis.info("errorstats").get("errorstat_NOSCRIPT", "count=0")

    daemon = started(gateway, redis_server, lease="1s")
    eventually(lambda: unknown() == "count=4", 30)
    connect(daemon, "/rooms?rooms=a,b")
    Seats(redis).wait_counts({"a": 1, "b": 1})
    assert unknown() == "count=4"
    assert " lost " not in daemon.log()


def test_a_key_of_somebody_else(gateway, connect, redis_server):
    """It costs its room alone, is told of once, and tried again."""
    redis = redis_server.client()
    seats = Seats(redis)
    daemon = started(gateway, redis_server, lease=LONG)
    key = PREFIX + "room:x"
    redis.set(key, "somebody else's")
    client = connect(daemon, "/rooms?rooms=x,y")
    refused = "roomcast_presence_refused_total"
    eventually(lambda: daemon.metric(refused) >= 2, 20)
    assert redis.hvals(PREFIX + "room:y") == [b"1"]
    assert daemon.metric("roomcast_presence_up") == 1
    assert daemon.metric("roomcast_presence_writes_total") == 1
    (line,) = [t for t in daemon.lines if "holds something else" in t]
    assert f"key={key}" in line and "remedy=" in line
    redis.delete(key)
    seats.wait_counts({"x": 1, "y": 1})
    client.close()
    seats.wait_counts({})
    assert seats.assert_in_turn() == set()


def churn(gateway, server, rounds, until=lambda: True):
    """Clients come and go at two instances: at the end all counts are right."""
    seats = Seats(server.client())
    daemons = [started(gateway, server, lease=LONG) for _ in "ab"]
    choose = random.Random(5)
    rooms = [f"r{i}" for i in range(12)]
    open_ = []
    while rounds > 0 or not until():
        rounds -= 1
        parts = [choose.sample(rooms, 3) for _ in range(10)]
        urls = [url(choose.choice(daemons), part) for part in parts]
        open_ += zip(Client.connect_all(urls), parts)
        choose.shuffle(open_)
        while len(open_) > 15:
            open_.pop()[0].close()
    truth = Counter(room for _, part in open_ for room in part)
    seats.wait_counts(dict(truth), 30)
    assert seats.assert_in_turn() == set(truth)
    for client, _ in open_:
        client.close()
    seats.wait_counts({}, 30)
    assert seats.assert_in_turn() == set()


def test_counts_after_some_churn(gateway, redis_server):
    churn(gateway, redis_server, 10)


@pytest.mark.long
@pytest.mark.workers(2)
def test_counts_after_a_minute_of_churn(gateway, redis_server):
    end = time.monotonic() + 60
    churn(gateway, redis_server, 0, lambda: time.monotonic() > end)


@pytest.mark.workers(2)
def test_in_a_cluster_all_is_in_the_slot_of_the_stream(
    gateway, connect, make_cluster
):
    """As the servers choose it, whatever braces its name has."""
    cluster = make_cluster()
    redis = {"cluster": cluster.conf, "heartbeat": heartbeat(500)}
    conf = {"backend": "redis", "embedded": None, "redis": redis}
    tags = {
        **{STREAM: STREAM, "{a": "{a", "b{": "b{", "{{c": "{{c"},
        **{"{d}:e": "d", "f{g}h}": "g", "}{i}{}": "i", "{{j}}": "{j"},
    }
    daemons = {
        stream: gateway(**conf, **sections(lease=LONG, stream=stream))
        for stream in tags
    }
    clients = []
    for daemon in daemons.values():
        daemon.wait_metric("roomcast_presence_up", 1, 20)
        clients.append(connect(daemon, "/rooms?rooms=a"))
    for stream, tag in tags.items():
        owner = cluster.master_of_key(stream).client()
        seats = Seats(owner, f"{PREFIX}{{{tag}}}:", stream)
        eventually(lambda s=seats: s.counts() == {"a": 1}, 20)
        assert [e["event"] for e in seats.events()] == ["occupied"]


@pytest.mark.workers(2)
def test_while_the_slot_moves_all_wait_and_then_all_is_right(
    gateway, connect, make_cluster
):
    """Keys are at both nodes, and clients come and go."""
    cluster = make_cluster()
    redis = {"cluster": cluster.conf, "heartbeat": heartbeat(500)}
    conf = {"backend": "redis", "embedded": None, "redis": redis}
    prefix = f"{PREFIX}{{{STREAM}}}:"
    slot = cluster.slot_of(STREAM)
    daemons = [gateway(**conf, **sections(lease=LONG)) for _ in "ab"]
    for daemon in daemons:
        daemon.wait_metric("roomcast_presence_up", 1, 20)
    clients = [connect(d, "/rooms?rooms=a,b") for d in daemons]
    source = cluster.master_of(slot)
    Seats(source.client(), prefix).wait_counts({"a": 2, "b": 2})
    target = next(n for n in cluster.masters if n is not source)
    cluster.begin_move(slot, target)
    clients += [connect(d, "/rooms?rooms=c,a") for d in daemons]
    clients[0].close()
    for daemon in daemons:
        daemon.wait_log("presence: connection lost.*wait: the key is on", 20)
    source.command(
        *("MIGRATE", target.host, target.port, prefix + "leases"),
        *(0, 10_000),
    )
    for daemon in daemons:
        daemon.wait_log("presence: .*the key is on its way to", 20)
    clients[2].close()
    clients.append(connect(daemons[1], "/rooms?rooms=d"))
    cluster.move_keys(slot, source, target)
    cluster.end_move(slot, target)
    seats = Seats(target.client(), prefix)
    seats.wait_counts({"a": 2, "b": 1, "c": 1, "d": 1})
    assert seats.assert_in_turn() == set("abcd")
    for client in clients:
        client.close()
    seats.wait_counts({})
    assert seats.assert_in_turn() == set()
    assert len(seats.instances()) == 2 and not seats.kinds("instance_gone")


DOC = Path(__file__).parents[2] / "docs/redis.md"


@pytest.mark.workers(2)
def test_the_permissions_of_the_documentation(gateway, connect, redis_server):
    user, more = (
        re.search(p, DOC.read_text()).group(1)
        for p in (
            r"\*\*One server\*\*[^`]*```redis\n(.*)\n",
            r"`presence`\][^`]*`[^`]*`[^`]*`[^`]*`[^`]*```\n(.*)\n",
        )
    )
    line = f"{user} {more}".replace("PASSWORD", "x")
    assert "OK" in redis_server.cli("ACL", *acl_words(line))
    daemon = gateway(
        f"redis://gateway:x@127.0.0.1:{redis_server.port}",
        **sections(lease=LONG, stream="roomcast:events"),
    )
    daemon.wait_metric("roomcast_presence_up", 1, 20)
    client = connect(daemon, "/rooms?rooms=a")
    seats = Seats(redis_server.client(), stream="roomcast:events")
    seats.wait_counts({"a": 1})
    client.close()
    daemon.stop()
    assert [e["event"] for e in seats.events()] == ["occupied", "vacated"]
    assert " lost " not in daemon.log()


@pytest.mark.workers(2)
def test_what_is_not_permitted_is_named(gateway, connect, redis_server):
    """With what to permit; and nothing is lost meanwhile."""

    def allow(*rules):
        answer = redis_server.cli("ACL", "SETUSER", "gw", *rules)
        assert answer.strip() == "OK"

    seats = Seats(redis_server.client())
    allow("on", ">x", "~*", "&*", "+@all", "-evalsha", "-eval")
    daemon = gateway(
        f"redis://gw:x@127.0.0.1:{redis_server.port}", **sections(lease=LONG)
    )
    remedy = r'remedy="[^"]*roomcast:presence:\* .*docs/redis.md#users"'
    daemon.wait_log(f"command=EVAL {remedy} kind=denied", 20)
    allow("+@all", "-xadd")
    client = connect(daemon, "/rooms?rooms=a")
    daemon.wait_log(f"XADD {STREAM}: .*{remedy} kind=denied", 20)
    assert seats.counts() == {}
    redis_server.client().set(STREAM, "somebody else's")
    allow("+xadd")
    daemon.wait_log(f'XADD {STREAM}: .*remedy="that key holds', 20)
    redis_server.client().delete(STREAM)
    seats.wait_counts({"a": 1})
    client.close()
    seats.wait_counts({})
    assert [e["event"] for e in seats.events()] == ["occupied", "vacated"]


def acl_words(line):
    """The words of a line for redis-cli: a selector is one."""
    return re.findall(r"\([^)]*\)|\S+", line.removeprefix("ACL "))
