"""The configuration is read again while all runs: SIGHUP."""

import pytest
import redis

from rig.guarded import ask
from rig.rereading import REFUSED, change, change_quickly, reload
from rig.tls import certificates, secure, trusting
from rig.tokens import SECRET, token
from rig.waiting import eventually

WORKERS = (1, 2)
RESULT = 'roomcast_config_reload_total{result="%s"}'


def status(raw, daemon, path="/ws/a", headers=()):
    return ask(raw, daemon, path, headers)[0]


def await_status(raw, daemon, wanted, path="/ws/a", headers=()):
    """A worker goes by what is new a moment after the main thread does."""
    eventually(
        lambda: all(
            status(raw, daemon, path, headers) == wanted for _ in range(8)
        ),
        what=f"{path} gets {wanted}",
    )


def route(path, **more):
    return {"path": path, "rooms": ["{room}"], **more}


def test_routes_come_and_go(gateway, connect, raw):
    daemon = gateway()
    here = connect(daemon, "/ws/a")
    assert status(raw, daemon, "/new/a") == 404
    change(daemon, routes=[route("/new/{room}")])
    await_status(raw, daemon, 404, "/ws/a")
    await_status(raw, daemon, 101, "/new/a")
    there = connect(daemon, "/new/a")
    daemon.publisher().publish("roomcast:room:a", "both")
    assert here.recv() == there.recv() == "both"


def test_the_files_of_what_is_new_are_read(gateway, raw, tmp_path):
    """An authenticator that comes, and others that it pushes aside."""
    daemon = gateway()
    await_status(raw, daemon, 101)
    secret, other = tmp_path / "secret", tmp_path / "other"
    secret.write_text(SECRET)
    other.write_text("another secret of the tests, of more than 32 bytes")
    jwt = {"type": "jwt", "algorithms": ["HS256"], "token": ["query.token"]}
    people = {**jwt, "secret_file": str(secret)}
    others = {**jwt, "secret_file": str(other)}
    guarded = [route("/ws/{room}", auth="people")]
    change(daemon, auth={"people": people}, routes=guarded)
    await_status(raw, daemon, 401)
    assert status(raw, daemon, f"/ws/a?token={token()}") == 101
    daemon.conf["auth"] = {}
    change(daemon, auth={"aaa": others, "bbb": others, "people": people})
    await_status(raw, daemon, 101, f"/ws/a?token={token()}")


def test_origins_are_live(gateway, raw):
    daemon = gateway()
    evil = {"Origin": "https://evil.example"}
    await_status(raw, daemon, 101, headers=evil)
    only = [route("/ws/{room}", origins=["https://app.example"])]
    change(daemon, routes=only)
    await_status(raw, daemon, 403, headers=evil)
    await_status(
        raw, daemon, 101, headers={"Origin": "https://app.example"}
    )


def test_limits_are_live(gateway, connect, raw):
    daemon = gateway()
    clients = [connect(daemon, "/ws/a") for _ in range(3)]
    change(daemon, limits={"connections": 3})
    await_status(raw, daemon, 503)
    change(daemon, limits={"connections": 10, "connections_per_address": 2})
    await_status(raw, daemon, 101)  # who was here before is not counted
    change(daemon, limits={"connections_per_address": 0})
    await_status(raw, daemon, 101)
    change(daemon, limits={"payload": "1KiB"})
    with pytest.raises(redis.ResponseError, match="limits.payload"):
        daemon.publisher().publish("roomcast:room:a", "x" * 2000)
    daemon.publisher().publish("roomcast:room:a", "fits")
    assert [c.recv() for c in clients] == ["fits"] * 3


def test_who_publishes_already_may_send_what_is_allowed_now(gateway, connect):
    """And in a transaction, which has a bound of its own."""
    daemon = gateway(
        limits={"payload": "64KiB"}, delivery={"queue": "64MiB"}
    )
    client = connect(daemon, max_size=None)
    publisher = daemon.publisher()
    publisher.publish("roomcast:room:lobby", "before")
    assert client.recv() == "before"
    change(daemon, limits={"payload": "32MiB"})
    large = "x" * (24 << 20)
    assert publisher.publish("roomcast:room:lobby", large) == 1
    transaction = publisher.pipeline(transaction=True)
    transaction.publish("roomcast:room:lobby", large)
    assert transaction.execute() == [1]
    assert client.recv_many(2) == [large] * 2


def test_an_address_is_counted_whatever_the_limit_was(gateway, connect, raw):
    """On, off, and on again while clients come and go."""
    daemon = gateway(limits={"connections_per_address": 100})
    first = [connect(daemon, "/ws/a") for _ in range(4)]
    change(daemon, limits={"connections_per_address": 0})
    second = [connect(daemon, "/ws/a") for _ in range(4)]
    for client in first:
        client.close()
    daemon.wait_metric("roomcast_connections", 4)
    change(daemon, limits={"connections_per_address": 1})
    for client in second:
        client.close()
    daemon.wait_metric("roomcast_connections", 0)
    connect(daemon, "/ws/a")
    await_status(raw, daemon, 429)


def test_trusted_proxies_and_health_are_live(gateway, raw):
    daemon = gateway()
    address = daemon.conf["listen"][0]["address"]
    change(
        daemon,
        listen=[
            {
                "address": address,
                "trusted": ["127.0.0.1"],
                "health": "/health",
                "proxy_protocol": False,
            }
        ],
        limits={"connections_per_address": 1},
    )
    eventually(lambda: plain_get(raw, daemon, "/health") == 200)
    for last in range(1, 4):
        headers = {"X-Forwarded-For": f"192.0.2.{last}"}
        assert raw(daemon).handshake("/ws/a", headers).status == 101


def plain_get(raw, daemon, path):
    peer = raw(daemon)
    peer.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return peer.read_response().status


def test_tls_comes_and_goes(gateway, raw, secure, certificates):
    daemon = gateway()
    before = raw.upgraded(daemon, "/ws/a")
    listen = dict(daemon.conf["listen"][0])
    for pair in certificates.first, certificates.second:
        tls = {"certificate": str(pair.certificate), "key": str(pair.key)}
        change(daemon, listen=[{**listen, "tls": tls}])
        eventually(
            lambda: presented(secure, daemon, pair) == pair.der,
            what="its certificate is shown",
        )
    change(daemon, listen=[listen])
    await_status(raw, daemon, 101)
    daemon.publisher().publish("roomcast:room:a", "x")
    assert before.read_frame().payload == b"x"


def presented(secure, daemon, pair):
    try:
        client = secure(daemon, trusting(pair))
    except OSError:  # a worker that has not heard of it yet
        return None
    return client.socket.getpeercert(binary_form=True)


def test_the_log_is_live(gateway, connect):
    daemon = gateway()
    change(daemon, log={"format": "json"}, wanted=r'"all files are in use')
    since = len(daemon.lines)
    connect(daemon, "/ws/a")
    daemon.wait_log(r"^\{.*connection accepted", since=since)


def test_what_needs_a_restart_is_named_and_the_rest_counts(
    gateway, raw, workers
):
    daemon = gateway()
    listen = daemon.conf["listen"] + [{"address": "127.0.0.1:0"}]
    said = change(
        daemon,
        listen=listen,
        workers=7,
        embedded={"listen": "127.0.0.1:1"},
        history={"memory": "1MiB"},
        routes=[route("/new/{room}")],
    )
    for key in "listen[1]", "workers", "embedded.listen", "history":
        assert f"counts from the next start on key={key}" in said
    await_status(raw, daemon, 101, "/new/a")
    assert daemon.metric("roomcast_config_restart_needed") == 4
    assert daemon.publisher().ping()
    change(
        daemon,
        listen=listen[:1],
        workers=workers,
        embedded={"listen": "127.0.0.1:0"},
        history=None,
    )
    assert daemon.metric("roomcast_config_restart_needed") == 0


def test_listeners_keep_their_sockets_in_any_order(gateway, raw, tmp_path):
    """What may change of one follows its address."""
    one, two = (f"unix:{tmp_path}/{name}" for name in ("one", "two"))
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0"}, {"address": one}, {"address": two}]
    )
    said = change(
        daemon,
        listen=[
            {"address": two, "health": "/two"},
            {"address": one, "health": "/one"},
        ],
    )
    assert "key=listen[0].address" in said

    def answers(name, path):
        peer = raw(str(tmp_path / name))
        peer.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        return peer.read_response().status

    for name in "one", "two":
        eventually(lambda: answers(name, f"/{name}") == 200)
    await_status(raw, daemon, 101)


def test_a_file_with_mistakes_changes_nothing(gateway, raw):
    daemon = gateway()
    before = daemon.metric("roomcast_config_reload_success_timestamp_seconds")
    said = change(
        daemon,
        REFUSED,
        routes=[route("/new/{room}")],
        limits={"connections": "many"},
        delivery={"queu": 1},
    )
    path = daemon.conf_path
    assert f"{path}:" in said and "limits.connections: is 'many'" in said
    assert "delivery.queu: unknown key" in said
    assert status(raw, daemon, "/new/a") == 404
    metrics = daemon.metrics()
    assert metrics["roomcast_config_reload_successful"] == 0
    assert metrics[RESULT % "refused"] == 1
    name = "roomcast_config_reload_success_timestamp_seconds"
    assert metrics[name] == before > 0
    change(daemon, limits={"connections": 5}, delivery=None)
    metrics = daemon.metrics()
    assert metrics["roomcast_config_reload_successful"] == 1
    assert metrics[RESULT % "applied"] == 1
    await_status(raw, daemon, 101, "/new/a")


def test_text_that_is_no_yaml_changes_nothing(gateway, raw):
    daemon = gateway()
    daemon.conf_path.write_text("routes: [")
    assert f"{daemon.conf_path}:" in reload(daemon, REFUSED)
    daemon.conf_path.unlink()
    assert "No such file" in reload(daemon, REFUSED)
    assert status(raw, daemon) == 101


def test_what_would_need_what_stays_is_refused(gateway, raw):
    daemon = gateway()
    said = change(
        daemon, REFUSED, history={}, routes=[route("/r/{room}", resume="5m")]
    )
    assert "routes[0].resume: needs history" in said
    assert status(raw, daemon) == 101


def channels(name):
    return {
        "send": f"{name}:send",
        "broadcast": f"{name}:all",
        "control": f"{name}:control",
        "room_prefix": f"{name}:room:",
    }


def heard_by(server):
    """What is subscribed, but for the gateway's own heartbeat."""
    names = server.channels()
    return {name for name in names if ":heartbeat:" not in name}


@pytest.mark.parametrize("history", [None, {}, {"stream": "s"}])
def test_names_of_channels_are_live(
    gateway, connect, redis_server, history
):
    """With Redis: each message comes once, by the new names only."""
    daemon = gateway(redis_server, history=history)
    daemon.wait_ready()
    client = connect(daemon, "/ws/a")
    publisher = redis_server.client()
    wanted = []

    def publish(channel, text):
        assert publisher.publish(channel, text) == 1
        wanted.append(text)

    publish("roomcast:room:a", "by the room")
    change(daemon, channels=channels("new"))
    wanted_names = {"new:send", "new:all", "new:control", "new:room:a"}
    if history == {}:  # all rooms by a pattern
        wanted_names ^= {"new:room:a", "roomcast:mark"}
    eventually(
        lambda: heard_by(redis_server) == wanted_names,
        what="new names are subscribed, old ones are not",
    )
    publish("new:room:a", "by its new name")
    publish("new:all", "to all")
    publish("new:send", '{"rooms":["a"],"text":"by an envelope"}')
    wanted[-1] = "by an envelope"
    assert publisher.publish("roomcast:room:a", "nobody hears it") == 0
    assert publisher.publish("roomcast:broadcast", "nor this") == 0
    daemon.wait_metric("roomcast_payloads_total", len(wanted))
    assert client.recv_many(len(wanted)) == wanted
    later = connect(daemon, "/ws/b")
    assert publisher.publish("new:room:b", "another room") == 1
    later.recv_until("another room")


def test_a_stream_is_read_by_names_of_before(gateway, connect, redis_server):
    """Publishers change at another moment; it may be two changes ago."""
    daemon = gateway(redis_server, history={"stream": "s"})
    daemon.wait_ready()
    client = connect(daemon, "/ws/a")
    publisher = redis_server.client()
    names = ["roomcast", "one", "two"]
    for name in names[1:]:
        change(daemon, channels=channels(name))
    for name in names:
        publisher.xadd("s", {f"{name}:room:a": f"by {name}"})
    assert client.recv_many(3) == [f"by {name}" for name in names]


@pytest.mark.parametrize("history", [None, {}])
def test_names_that_change_places(gateway, connect, redis_server, history):
    """Nothing is to be subscribed: no confirmation is waited for."""
    daemon = gateway(redis_server, history=history)
    daemon.wait_ready()
    client = connect(daemon, "/ws/a")
    publisher = redis_server.client()
    for one, two in ("x", "y"), ("y", "x"), ("x", "y"):
        names = {**channels("n"), "send": one, "broadcast": two}
        change(daemon, channels=names)
        eventually(
            lambda: publisher.pubsub_numsub(one, two)
            == [(one.encode(), 1), (two.encode(), 1)]
        )
        publisher.publish(two, f"to all by {two}")
        assert client.recv() == f"to all by {two}"
    assert daemon.metric("roomcast_backend_connects_total") == 1


def test_a_pattern_that_cannot_be_left_begins_anew(
    gateway, connect, redis_server
):
    daemon = gateway(redis_server, history={})
    daemon.wait_ready()
    client = connect(daemon, "/ws/a")
    admin = redis_server.client()
    admin.execute_command("ACL", "SETUSER", "default", "-punsubscribe")
    try:
        change(daemon, channels=channels("new"))
        daemon.wait_log("connection lost.*NOPERM.*punsubscribe")
        daemon.wait_metric("roomcast_backend_connects_total", 2)
        assert admin.publish("roomcast:room:a", "by no name") == 0
        assert admin.publish("new:room:a", "by the new name") == 1
        assert client.recv() == "by the new name"
    finally:
        admin.execute_command("ACL", "SETUSER", "default", "+punsubscribe")


def test_names_that_need_a_restart(gateway, redis_server):
    daemon = gateway(redis_server, channels={"room_prefix": ""})
    said = change(daemon, channels={**channels("new"), "mark": "new:mark"})
    for key in "room_prefix", "mark":
        assert f"counts from the next start on key=channels.{key}" in said
    daemon.wait_ready()


@pytest.mark.workers(1)
@pytest.mark.parametrize("way", ["sentinel", "cluster"])
def test_another_way_to_redis_needs_a_restart(
    gateway, connect, redis_server, way
):
    daemon = gateway(redis_server)
    found = {"addresses": ["127.0.0.1:1"]}
    if way == "sentinel":
        found["master"] = "app"
    wanted = {"url": None, way: found}
    said = change(daemon, redis=wanted, limits={"connections": 7})
    for key in "url", f"{way}.addresses":
        assert f"counts from the next start on key=redis.{key}" in said
    assert daemon.metric("roomcast_connections_limit") == 7
    client = connect(daemon, "/ws/a")
    redis_server.client().publish("roomcast:room:a", "here")
    assert client.recv() == "here"


def test_names_of_the_embedded_port_are_live(gateway, connect):
    daemon = gateway(history={})
    client = connect(daemon, "/ws/a")
    publisher = daemon.publisher()
    publisher.publish("roomcast:room:a", "1")
    change(daemon, channels=channels("new"))
    publisher.publish("roomcast:room:a", "2")
    publisher.publish("new:room:a", "3")
    assert client.recv_many(2) == ["1", "3"]


def test_lines_that_are_not_written_hold_up_nothing(gateway, connect):
    """Of the notes at the start, and of the keys that wait for the next one."""
    silent = {"conf": "error", "reload": "error"}
    daemon = gateway(log={"level": "info", "levels": silent})
    assert not [line for line in daemon.lines if " conf: note" in line]
    change_quickly(daemon, workers=3, admin={"listen": "127.0.0.1:1"})
    client = connect(daemon)
    daemon.publisher().publish("roomcast:room:lobby", "on")
    assert client.recv() == "on"
    assert daemon.metric("roomcast_config_restart_needed") == 2
