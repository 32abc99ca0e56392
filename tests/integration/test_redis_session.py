"""What ends a session with Redis, what does not, and who is told of it."""

import signal
import time

import pytest

from rig.redisserver import RedisServer
from rig.sendfault import SendFault
from rig.waiting import eventually, heartbeat
from test_redis import LOST, ready

WORKERS = (1, 2)

REJECTED = "rejected_connections"


def room_is_heard(daemon, connect, publisher, room):
    client = connect(daemon, "/ws/" + room)
    publisher.publish("roomcast:room:" + room, "heard")
    return client.recv() == "heard"


# -- the two connections


def test_a_send_that_fails_once_is_an_outage_and_over(
    gateway, connect, redis_server, tmp_path
):
    """The subscriber would be mute for ever: no room could be added."""
    fault = SendFault(tmp_path)
    daemon = ready(gateway, redis_server, env=fault.env)
    publisher = redis_server.client()
    assert room_is_heard(daemon, connect, publisher, "before")
    fault.inject()
    client = connect(daemon, "/ws/meanwhile")
    assert fault.has_happened()
    daemon.wait_log(LOST + '.*reason="No buffer space available"')
    daemon.wait_ready()
    publisher.publish("roomcast:room:meanwhile", "heard")
    assert client.recv() == "heard"
    assert room_is_heard(daemon, connect, publisher, "after")
    daemon.wait_metric("roomcast_backend_lost_total", 1)


def test_a_server_that_ends_every_session_is_not_stormed(
    gateway, connect, redis_server
):
    """Each one that is up for a moment would begin the back-off anew."""
    daemon = ready(
        gateway,
        redis_server,
        redis={"reconnect": {"min": "20ms", "max": "1s"}},
        log={"level": "info"},
    )
    begin = time.monotonic()
    while time.monotonic() - begin < 2:
        redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    assert daemon.metric("roomcast_backend_lost_total") < 16
    daemon.wait_ready()
    assert room_is_heard(daemon, connect, redis_server.client(), "after")


def kill_publishing_connection(server):
    """The heartbeat's: the one of the daemon that is not subscribed."""
    for row in server.client().client_list():
        if row["name"] == "roomcast" and row["sub"] == "0":
            server.client().client_kill_filter(_id=row["id"])


def test_a_full_server_does_not_end_a_working_subscriber(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server, redis={"heartbeat": heartbeat(300)})
    client = connect(daemon)
    publisher = redis_server.client(single_connection_client=True)
    publisher.config_set("maxclients", 2)  # its own and the subscriber's
    for row in publisher.client_list():
        if row["name"] == "roomcast" and row["sub"] == "0":
            publisher.client_kill_filter(_id=row["id"])
    eventually(
        lambda: publisher.info("stats")[REJECTED] >= 6,
        10,
        "more heartbeats than a silent server is given",
    )
    assert daemon.admin("/readyz")[0] == 200
    publisher.publish("roomcast:room:lobby", "still here")
    assert client.recv() == "still here"
    assert daemon.metric("roomcast_backend_lost_total") == 0
    refused = [
        text for text in daemon.lines if "heartbeat connection lost" in text
    ]
    assert sum(" warn redis" in text for text in refused) == 1
    assert any("maxclients" in text for text in refused)
    publisher.config_set("maxclients", 100)
    before = publisher.info("commandstats")["cmdstat_publish"]["calls"]
    eventually(
        lambda: publisher.info("commandstats")["cmdstat_publish"]["calls"]
        > before,
        10,
        "heartbeats again",
    )


@pytest.mark.parametrize("loss", ["+@all -publish", "resetpass >other"])
def test_a_heartbeat_that_is_denied_ends_the_session(
    gateway, redis_server, loss
):
    redis_server.cli("ACL", "SETUSER", "gw", "on", ">x", "~*", "&*", "+@all")
    daemon = ready(
        gateway,
        f"redis://gw:x@127.0.0.1:{redis_server.port}",
        redis={"heartbeat": "100ms"},
    )
    redis_server.cli("ACL", "SETUSER", "gw", *loss.split())
    kill_publishing_connection(redis_server)
    daemon.wait_log(LOST + ".*(NOPERM|WRONGPASS)")
    redis_server.cli("ACL", "SETUSER", "gw", "resetpass", ">x", "+@all")
    daemon.wait_ready()


# -- who is told that messages may have been missed

CLOSE_ALL = {"redis": {"on_gap": "close"}, "shutdown": {"drain": "10m"}}
GAP_LINE = r" warn hub: messages may have been missed"


def assert_all_told(clients):
    assert {client.wait_closed().code for client in clients} == {1012}


def test_two_clients_need_not_wait_for_the_drain(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server, **CLOSE_ALL)
    clients = connect.many([daemon.ws_url()] * 2)
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    assert_all_told(clients)


def test_a_second_outage_tells_those_who_came_in_between(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server, **CLOSE_ALL)
    clients = connect.many([daemon.ws_url()] * 200)
    connects = daemon.metric("roomcast_backend_connects_total")
    for outage in range(3):
        redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        # Not the line: on a slow machine all may have been told by now.
        connects += 1
        daemon.wait_metric("roomcast_backend_connects_total", connects)
        if outage < 2:
            clients += connect.many([daemon.ws_url()] * 10)
    assert_all_told(clients)


def test_who_came_before_redis_is_told(gateway, connect, tmp_path):
    folder = tmp_path / "late"
    folder.mkdir()
    server = RedisServer(folder)
    daemon = gateway(server, **CLOSE_ALL)
    clients = connect.many([daemon.ws_url()] * 5)
    try:
        server.start()
        assert_all_told(clients)
        daemon.wait_ready()
        assert room_is_heard(daemon, connect, server.client(), "lobby")
    finally:
        server.finish()


def test_who_came_while_redis_was_away_is_told(
    gateway, connect, redis_server
):
    daemon = ready(gateway, redis_server, **CLOSE_ALL)
    before = connect.many([daemon.ws_url()] * 5)
    redis_server.kill()
    daemon.wait_log(LOST)
    meanwhile = connect.many([daemon.ws_url()] * 5)
    redis_server.start()
    assert_all_told(before + meanwhile)


def test_without_clients_a_gap_is_not_worth_a_line(gateway, redis_server):
    daemon = ready(gateway, redis_server, **CLOSE_ALL)
    connects = daemon.metric("roomcast_backend_connects_total")
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    daemon.wait_metric("roomcast_backend_connects_total", connects + 1)
    assert GAP_LINE.split(": ")[1] not in daemon.log()


# -- a password that changes


def wait_failures(daemon, count=3):
    """So many more attempts to connect that failed."""
    before = daemon.metric("roomcast_backend_connect_failures_total")
    eventually(
        lambda: daemon.metric("roomcast_backend_connect_failures_total")
        >= before + count,
        10,
        "attempts go on",
    )


def test_a_rotated_password_is_read_at_the_next_connect(
    gateway, connect, redis_server, tmp_path
):
    file = tmp_path / "password"
    file.write_text("first\n")
    redis_server.cli("CONFIG", "SET", "requirepass", "first")
    daemon = ready(
        gateway, redis_server, redis={"password_file": str(file)}
    )
    with redis_server.client(password="first") as admin:
        admin.config_set("requirepass", "second")
        admin.client_kill_filter(_type="pubsub")
    daemon.wait_log(r"warn redis: cannot connect.*WRONGPASS")
    file.write_text("second\n")
    daemon.wait_ready()
    publisher = redis_server.client(password="second")
    assert room_is_heard(daemon, connect, publisher, "lobby")
    assert "second" not in daemon.log()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), ("", "empty"), ("a\nb\n", "more than one line")],
)
def test_a_broken_password_file_is_said_and_tried_again(
    gateway, redis_server, tmp_path, content, reason
):
    file = tmp_path / "password"
    file.write_text("first\n")
    redis_server.cli("CONFIG", "SET", "requirepass", "first")
    daemon = ready(
        gateway, redis_server, redis={"password_file": str(file)}
    )
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    with redis_server.client(password="first") as admin:
        admin.client_kill_filter(_type="pubsub")
    daemon.wait_log(
        rf"warn redis: cannot connect.*redis\.password_file: .*{reason}"
    )
    lines = len(daemon.lines)
    wait_failures(daemon)
    assert not [t for t in daemon.lines[lines:] if " warn redis" in t]
    file.write_text("first\n")
    daemon.wait_ready()


# -- what else a server does


def test_an_output_buffer_that_the_server_has_no_place_for(
    gateway, connect, redis_server
):
    """The gateway stands still and the server throws it out."""
    redis_server.cli(
        *("CONFIG", "SET", "client-output-buffer-limit"),
        "pubsub 1mb 512kb 5",
    )
    daemon = ready(gateway, redis_server)
    client = connect(daemon)
    publisher = redis_server.client()
    daemon.signal(signal.SIGSTOP)
    try:
        for _ in range(40):
            publisher.publish("roomcast:broadcast", b"x" * 500_000)
        eventually(lambda: not publisher.pubsub_channels("roomcast:room:*"))
    finally:
        daemon.signal(signal.SIGCONT)
    daemon.wait_log(LOST)
    daemon.wait_ready()
    publisher.publish("roomcast:broadcast", "and on it goes")
    while client.recv() != "and on it goes":
        pass
    daemon.wait_metric("roomcast_backend_lost_total", 1)


def test_a_server_that_pauses_is_waited_for(gateway, connect, redis_server):
    daemon = ready(gateway, redis_server, redis={"heartbeat": "1s"})
    client = connect(daemon)
    redis_server.cli("CLIENT", "PAUSE", "1200", "ALL")
    redis_server.client().publish("roomcast:room:lobby", "late")
    assert client.recv() == "late"
    assert daemon.metric("roomcast_backend_lost_total") == 0


def test_restarts_leave_nothing_behind(gateway, connect, redis_server):
    daemon = ready(gateway, redis_server)
    client = connect(daemon)
    counts = []
    for i in range(8):
        redis_server.kill()
        daemon.wait_metric("roomcast_backend_lost_total", i + 1)
        redis_server.start()
        daemon.wait_ready()
        redis_server.client().publish("roomcast:room:lobby", str(i))
        assert client.recv() == str(i), "once, and in order"
        counts.append(daemon.open_fds())
    assert counts[-1] <= counts[0] + 1  # an admin request may still close
