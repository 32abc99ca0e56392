"""Auth type http: an app that fails, many clients, and some that leave."""

import signal

import pytest

from rig.asking import (
    CALLS,
    HANDSHAKING,
    QUEUED,
    app,
    asking,
    failures,
    refusal,
    refused,
    sections,
)
from rig.client import Refused
from rig.hookapp import HookApp
from rig.people import id_of
from rig.ports import free_port
from rig.raw import PING, Raw, frame, request
from rig.waiting import eventually


# -- connections to the app


def test_one_connection_is_used_again_and_again(gateway, connect, app):
    daemon = gateway(workers=1, **sections(app))
    for _ in range(10):
        connect(daemon, "/app/x")
    assert app.connections == 1
    assert len(app.calls) == 10


@pytest.mark.parametrize("mode", ["once", "dismiss", "until-close"])
def test_an_app_that_closes_idle_connections(gateway, connect, app, mode):
    app.mode = mode
    daemon = gateway(workers=1, **sections(app))
    for _ in range(10):
        id_of(connect(daemon, "/app/x"))
    assert sum(
        value
        for name, value in daemon.metrics().items()
        if name.startswith("roomcast_hook_failures_total")
    ) == 0


def test_what_stands_behind_an_answer_admits_nobody(gateway, raw, app):
    app.mode = "stuffed"
    daemon = gateway(workers=1, **sections(app))
    for _ in range(3):
        assert refusal(raw, daemon).status == 403


# -- an app that fails

FAILING = [
    ("status/500", "status"),
    ("status/404", "status"),
    ("status/200", "answer"),
    ("empty", "answer"),
    ("nothing", "status"),
    ("redirect", "status"),
    ("hang", "timeout"),
    ("hang-within", "timeout"),
    ("slow/5000", "timeout"),
    ("text", "answer"),
    ("huge", "size"),
    ("vast", "size"),
    ("endless", "size"),
    ("endless-head", "size"),
    ("garbage", "http"),
    ("never", "closed"),
    ("cut", "closed"),
    ("two-lengths", "http"),
    ("upgrade", "http"),
]


@pytest.mark.parametrize("mode, reason", FAILING)
def test_no_clear_answer_is_a_503(gateway, connect, raw, app, mode, reason):
    app.mode = mode
    timeout = "1s" if reason == "timeout" else "30s"
    daemon = gateway(**sections(app, timeout=timeout))
    answer = refusal(raw, daemon)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    daemon.wait_metric(failures(reason), 1)
    daemon.wait_metric(refused(503), 1)
    daemon.wait_log(rf"hook\b.*auth=app reason={reason}\b")
    assert len(app.calls) <= 2  # a redirect is not followed
    app.mode = "ok"
    connect_at_last(connect, daemon)


def connect_at_last(connect, daemon):
    """An app on a busy machine may be late once more."""

    def is_in():
        try:
            id_of(connect(daemon, "/app/x"))
        except Refused as refused:
            assert refused.status_code == 503
            return False
        return True

    eventually(is_in, 5, "the app admits")


def test_an_app_that_is_down_and_comes_back(gateway, connect, raw):
    port = free_port()
    daemon = gateway(**sections(f"http://127.0.0.1:{port}/auth"))
    answer = refusal(raw, daemon)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    daemon.wait_metric(failures("connect"), 1)
    app = HookApp(port=port).start()
    id_of(connect(daemon, "/app/x"))
    app.finish()


def test_a_host_that_does_not_exist(gateway, connect, raw):
    url = "http://no-such-host.invalid:8000/auth"
    daemon = gateway(**sections(url, timeout="300ms"))
    s = raw(daemon)
    s.send(request("/app/x"))
    connect(daemon, "/free/x")
    assert s.read_refusal().status == 503


def test_the_handshake_s_own_deadline_holds(gateway, raw, app):
    app.mode = "hang"
    daemon = gateway(
        limits={"handshake_timeout": "1s"}, **sections(app, timeout="30s")
    )
    answer = refusal(raw, daemon)
    assert answer.status == 503
    assert "retry-after" in answer.headers
    eventually(lambda: app.parallel == 0, what="the call is given up")


@pytest.mark.parametrize("mode", ["hang", "endless", "endless-head", "vast"])
def test_others_never_wait_for_a_sick_app(gateway, connect, raw, app, mode):
    """Neither routes without auth nor another hook, on the same worker.

    Who waited for the app would do so for a minute, and a client for less.
    """
    app.mode = mode
    well = HookApp().start()
    conf = sections(app, timeout="1m", max_parallel=4)
    conf["auth"]["well"] = {"type": "http", "url": well.url}
    conf["routes"].append(
        {"path": "/well/{room}", "rooms": ["{room}"], "auth": "well"}
    )
    daemon = gateway(workers=1, **conf)
    sick = asking(raw, daemon, 20)
    daemon.wait_metric(CALLS, 20)
    for path in ["/free/x", "/well/x"] * 10:
        connect(daemon, path)
    if mode == "hang":
        daemon.wait_metric(QUEUED, 16)
        daemon.wait_metric(HANDSHAKING, 20)
    for s in sick:
        s.close()
    well.finish()


# -- bounds


def test_the_app_never_sees_more_than_max_parallel(gateway, raw, app):
    app.mode = "hold"
    limits = {"handshake_timeout": "30s"}
    conf = sections(app, max_parallel=4, timeout="30s")
    daemon = gateway(workers=2, limits=limits, **conf)
    clients = asking(raw, daemon, 40)
    daemon.wait_metric(CALLS, 40)
    eventually(lambda: app.parallel == 4, what="4 calls in parallel")
    daemon.wait_metric(QUEUED, 36)
    app.released.set()
    for s in clients:
        assert s.read_response().status == 101
    assert app.max_parallel == 4
    assert app.connections <= 4
    daemon.wait_metric(QUEUED, 0)


def test_the_queue_is_bounded(gateway, raw, app):
    """16 wait for each call that may be made; the others hear it at once."""
    app.mode = "hold"
    conf = sections(app, max_parallel=1, timeout="30s")
    daemon = gateway(
        workers=1, limits={"handshake_timeout": "30s"}, **conf
    )
    (first,) = asking(raw, daemon, 1)
    eventually(lambda: app.parallel == 1, what="the first is asked about")
    waiting = asking(raw, daemon, 16)
    daemon.wait_metric(QUEUED, 16)
    for s in asking(raw, daemon, 20):
        answer = s.read_refusal()
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
    daemon.wait_metric(failures("queue"), 20)
    app.released.set()
    for s in [first, *waiting]:
        assert s.read_response().status == 101


def test_who_waits_too_long_in_the_queue_gets_a_503(gateway, raw, app):
    app.mode = "hold"
    conf = sections(app, max_parallel=1, timeout="300ms")
    daemon = gateway(workers=1, **conf)
    for s in asking(raw, daemon, 10):
        assert s.read_refusal().status == 503
    daemon.wait_metric(failures("timeout"), 10)
    daemon.wait_metric(QUEUED, 0)


def test_a_storm_of_handshakes_while_the_app_hangs(gateway, connect, raw, app):
    app.mode = "hang"
    conf = sections(app, max_parallel=8, timeout="2s")
    daemon = gateway(workers=2, **conf)
    storm = asking(raw, daemon, 300)
    connect(daemon, "/free/x")
    for s in storm:
        answer = s.read_refusal()
        assert answer.status == 503
        assert "retry-after" in answer.headers
    metrics = daemon.metrics()
    assert metrics[CALLS] == 300
    assert metrics[refused(503)] == 300
    assert metrics[failures("queue")] + metrics[failures("timeout")] == 300
    assert metrics[failures("queue")] > 0
    app.mode = "ok"
    for _ in range(20):
        connect_at_last(connect, daemon)


# -- clients, while the app is asked


@pytest.mark.parametrize("end", [Raw.close, Raw.reset])
def test_a_client_that_leaves_while_it_is_asked_about(
    gateway, connect, raw, app, end
):
    """Its call is given up, and so are those that wait."""
    app.mode = "hold"
    limits = {"handshake_timeout": "30s"}
    conf = sections(app, max_parallel=1, timeout="30s")
    daemon = gateway(workers=1, limits=limits, **conf)
    clients = asking(raw, daemon, 5)
    eventually(lambda: app.parallel == 1, what="one is asked about")
    daemon.wait_metric(QUEUED, 4)
    for s in clients:
        end(s)
    daemon.wait_metric(HANDSHAKING, 0)
    daemon.wait_metric(QUEUED, 0)
    daemon.wait_metric("roomcast_handshakes_abandoned_total", 5)
    app.mode = "ok"
    id_of(connect(daemon, "/app/x"))
    app.released.set()
    daemon.wait_metric("roomcast_memberships", 1)


def test_bytes_of_a_client_that_waits_are_not_its_end(gateway, raw, app):
    app.mode = "hold"
    limits = {"handshake_timeout": "30s"}
    daemon = gateway(workers=1, limits=limits, **sections(app, timeout="30s"))
    (client,) = asking(raw, daemon, 1)
    eventually(lambda: app.parallel == 1, what="the app is asked")
    for i in range(50):
        client.send(frame(PING, b"%d" % i))
        daemon.wait_metric(HANDSHAKING, 1)
    client.finish_sending()
    daemon.wait_metric(HANDSHAKING, 0)
    app.released.set()


def test_a_client_that_leaves_while_its_room_is_awaited(
    gateway, raw, redis_server
):
    """The same pause, for Redis instead of an app."""
    daemon = gateway(
        server=redis_server,
        redis={"heartbeat": "30s"},
        limits={"handshake_timeout": "30s"},
    )
    daemon.wait_ready()
    redis_server.process.send_signal(signal.SIGSTOP)
    clients = asking(raw, daemon, 6, "/ws/lobby")
    daemon.wait_metric(HANDSHAKING, 6)
    daemon.wait_metric("roomcast_memberships", 6)
    for i, s in enumerate(clients):
        s.reset() if i % 2 else s.close()
    daemon.wait_metric(HANDSHAKING, 0)
    daemon.wait_metric("roomcast_memberships", 0)
    redis_server.process.send_signal(signal.SIGCONT)


def test_clients_that_leave_in_the_moment_of_the_answer(
    gateway, connect, raw, app
):
    daemon = gateway(**sections(app))
    for _ in range(20):
        for s in asking(raw, daemon, 5):
            s.reset()
    id_of(connect(daemon, "/app/x"))
    daemon.wait_metric(HANDSHAKING, 0)
    daemon.wait_metric("roomcast_connections", 1)
    daemon.wait_metric("roomcast_memberships", 1)


def test_a_shutdown_while_the_app_is_asked(gateway, raw, app):
    """Who waits is told, though the app says nothing."""
    app.mode = "hold"
    limits = {"handshake_timeout": "30s"}
    conf = sections(app, timeout="30s")
    daemon = gateway(limits=limits, shutdown={"drain": "5s"}, **conf)
    clients = asking(raw, daemon, 5)
    daemon.wait_metric(HANDSHAKING, 5)
    eventually(lambda: app.parallel > 0, what="the app is asked")
    daemon.signal()
    for client in clients:
        answer = client.read_refusal()
        assert answer.status == 503
        assert answer.body == b"the gateway is shutting down\n"
        assert "retry-after" in answer.headers
    assert daemon.wait_exit() == 0
