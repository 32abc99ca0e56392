"""The users of docs/redis.md: each may do what it must, and no more."""

import re

import pytest

from rig.clusters import Cluster
from rig.pages import filled, snippets
from rig.sentinels import Sentinels
from rig.waiting import eventually

ROOM = "roomcast:room:lobby"
STREAM = "roomcast:stream"
PASSWORD = "secret"
SETUPS = (
    "plain any marks stream cluster cluster-stream cluster-sharded sentinels app"
).split()
LINES = dict(zip(SETUPS, snippets("docs/redis.md", "redis"), strict=True))
HISTORY = {
    "marks": {"warmup": "0"},
    "stream": {"stream": STREAM},
    "cluster-stream": {"stream": STREAM},
}


def create(client, name):
    line = filled(LINES[name], {">PASSWORD": ">" + PASSWORD})
    assert client.execute_command(*line.split()) in (True, b"OK")


def permitted(name):
    return set(re.findall(r"\+([a-z|-]+)", LINES[name]))


def carried_out(*servers):
    return {
        name.removeprefix("cmdstat_")
        for server in servers
        for name, row in server.client().info("commandstats").items()
        if row["calls"]
    }


def refused(client):
    """What somebody wanted to do and was not permitted."""
    return [(row["username"], row["object"]) for row in client.acl_log()]


@pytest.fixture
def running(gateway, redis_server):
    """Call it to start a gateway as the user of this set-up."""

    def start(name):
        create(redis_server.client(), name)
        create(redis_server.client(), "app")
        if name == "stream":  # something to begin behind
            app(redis_server).xadd(STREAM, {ROOM: "before"})
        address = f"127.0.0.1:{redis_server.port}"
        daemon = gateway(
            f"redis://gateway:{PASSWORD}@{address}",
            history=HISTORY.get(name),
            redis={"role": "any" if name == "any" else "master"},
        )
        daemon.wait_ready()
        return daemon

    return start


def app(server):
    return server.client(username="app", password=PASSWORD)


def as_user(server, user, *words):
    login = f"redis://{user}:{PASSWORD}@127.0.0.1:{server.port}"
    return server.cli("-u", login, "--no-auth-warning", *words)


@pytest.mark.parametrize("name", ["plain", "any", "marks", "stream"])
def test_a_gateway_may_do_what_it_does_and_nothing_else(
    running, redis_server, connect, name
):
    daemon = running(name)
    client = connect(daemon)
    app(redis_server).publish(ROOM, "hi")
    assert client.recv() == "hi"
    if name == "stream":
        app(redis_server).xadd(STREAM, {ROOM: "kept"})
        assert client.recv() == "kept"
    client.close()
    # A room is left 3 s after its last member: waited for once.
    rest = permitted(name) - ({"unsubscribe"} if name != "plain" else set())
    eventually(lambda: rest <= carried_out(redis_server), 20, "all is used")
    assert refused(redis_server.client()) == []
    for words in ("PUBLISH", "roomcast:send", "x"), ("GET", "x"):
        assert "NOPERM" in as_user(redis_server, "gateway", *words)
    assert "NOPERM" in as_user(redis_server, "app", "SUBSCRIBE", ROOM)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    nodes = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        yield nodes.start()
    finally:
        nodes.finish()


def add(cluster, content):
    """As the app, where the key is."""
    app(cluster.master_of_key(STREAM)).xadd(STREAM, {ROOM: content})


def move_under(daemon, cluster):
    """The stream's slot: in between ASKING is said."""
    slot = cluster.slot_of(STREAM)
    source = cluster.master_of(slot)
    target = next(n for n in cluster.nodes if n is not source)
    cluster.begin_move(slot, target)
    cluster.move_keys(slot, source, target)
    daemon.wait_log("stream lost .*the key is on its way", 20)
    daemon.wait_ready()
    cluster.end_move(slot, target)


@pytest.mark.long
@pytest.mark.parametrize("name", ["cluster", "cluster-stream"])
def test_the_user_of_a_cluster(gateway, connect, cluster, tmp_path, name):
    for node in cluster.nodes:
        node.client().acl_log_reset()
        create(node.client(), name)
        create(node.client(), "app")
    (tmp_path / "password").write_text(PASSWORD)
    login = {"username": "gateway", "password_file": f"{tmp_path}/password"}
    daemon = gateway(
        backend="redis",
        embedded=None,
        history=HISTORY.get(name),
        redis={"cluster": cluster.conf, "heartbeat": "1s", **login},
    )
    daemon.wait_ready()
    client = connect(daemon)
    for node in cluster.nodes:
        app(node).publish(ROOM, "hi")
        assert client.recv() == "hi"
    if name == "cluster-stream":
        add(cluster, "before")
        move_under(daemon, cluster)
        add(cluster, "after")
        assert client.recv_many(2, 20) == ["before", "after"]
    rest = permitted(name) - {"unsubscribe", "xrevrange"}
    eventually(lambda: rest <= carried_out(*cluster.nodes), 20, "all is used")
    for node in cluster.nodes:
        assert refused(node.client()) == []


@pytest.mark.long
def test_the_user_of_a_sharded_cluster(gateway, connect, cluster, tmp_path):
    master = cluster.master_of_key(ROOM)
    for node in cluster.nodes:
        node.client().acl_log_reset()
        create(node.client(), "cluster-sharded")
        create(node.client(), "app")
    master.command("ACL SETUSER", "app", "+spublish")
    (tmp_path / "password").write_text(PASSWORD)
    login = {"username": "gateway", "password_file": f"{tmp_path}/password"}
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={
            "cluster": {**cluster.conf, "sharded": True},
            "heartbeat": "1s",
            **login,
        },
    )
    daemon.wait_ready()
    client = connect(daemon)
    app(master).execute_command("SPUBLISH", ROOM, "hi")
    assert client.recv() == "hi"
    client.close()
    rest = permitted("cluster-sharded") - {"unsubscribe"}
    eventually(lambda: rest <= carried_out(*cluster.nodes), 20, "all is used")
    for node in cluster.nodes:
        assert refused(node.client()) == []
    assert "NOPERM" in as_user(master, "gateway", "SPUBLISH", ROOM, "x")


@pytest.mark.long
def test_the_user_of_sentinels(gateway, connect, tmp_path):
    sentinels = Sentinels(tmp_path)
    (tmp_path / "password").write_text(PASSWORD)
    password = {"password_file": str(tmp_path / "password")}
    try:
        sentinels.wait()
        for sentinel in sentinels.all:
            create(sentinel.client(), "sentinels")
        create(sentinels.master.client(), "plain")
        watcher = {"username": "watcher", **password}
        daemon = gateway(
            backend="redis",
            embedded=None,
            redis={
                "sentinel": {**sentinels.conf, **watcher},
                "username": "gateway",
                **password,
            },
        )
        daemon.wait_ready()
        client = connect(daemon)
        sentinels.master.client().publish(ROOM, "hi")
        assert client.recv() == "hi"
        for sentinel in sentinels.all:
            (row,) = [
                row
                for row in sentinel.client().client_list()
                if row["user"] == "watcher" and row["sub"] == "1"
            ]
            assert row["name"] == "roomcast"
            assert refused(sentinel.client()) == []
    finally:
        sentinels.finish()


def test_a_token_is_a_long_password(gateway, redis_server, tmp_path):
    """As clouds give them out; a file holds up to 4 KiB."""
    token = "x" * 4000
    redis_server.client().config_set("requirepass", token)
    (tmp_path / "token").write_text(token + "\n")
    file = {"password_file": str(tmp_path / "token")}
    gateway(redis_server, redis=file).wait_ready()
