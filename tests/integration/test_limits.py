"""Limits of the process: file descriptors."""

import resource

from rig.raw import request
from rig.usage import cpu_seconds
from rig.waiting import eventually, seconds

WORKERS = (1, 2)

PAUSES = "roomcast_accept_pauses_total"
PAUSED = r" (warn|error) listener: accepting pauses"
AGAIN = r" info listener: accepting again"


def set_fd_limit(daemon, soft):
    _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (soft, hard))


def test_running_out_of_descriptors_pauses_accepting(gateway, raw, connect):
    daemon = gateway()
    soft, _ = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    witness = connect(daemon)
    publisher = daemon.publisher()
    publisher.ping()
    set_fd_limit(daemon, daemon.open_fds() + 5)
    waiting = []
    for _ in range(12):
        waiting.append(raw(daemon))
        waiting[-1].send(request())
    daemon.wait_log(PAUSED)
    publisher.publish("roomcast:room:lobby", "those inside are served")
    assert witness.recv() == "those inside are served"
    set_fd_limit(daemon, soft)
    for s in waiting:
        assert s.read_response().status == 101
    daemon.wait_log(AGAIN)
    assert daemon.metric(PAUSES) >= 1
    daemon.wait_metric("roomcast_connections", 13)


def test_a_pause_does_not_spin(gateway, raw):
    daemon = gateway()
    soft, _ = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    set_fd_limit(daemon, daemon.open_fds())
    waiting = raw(daemon)
    waiting.send(request())
    daemon.wait_log(PAUSED)
    waiting.socket.settimeout(0.5)
    before = cpu_seconds(daemon.pid)
    try:
        waiting.socket.recv(1)
        raise AssertionError("accepted without a descriptor")
    except TimeoutError:
        pass
    assert cpu_seconds(daemon.pid) - before < 0.2
    waiting.socket.settimeout(seconds(5))
    set_fd_limit(daemon, soft)
    assert waiting.read_response().status == 101


def test_the_descriptor_limit_is_raised(gateway):
    def few():
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))

    daemon = gateway(preexec=few, limits={"connections": 1000})
    soft, _ = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    assert soft > 1000


def test_a_limit_that_cannot_be_met_is_said_at_start(gateway):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    daemon = gateway(preexec=few, limits={"connections": 1000})
    daemon.wait_log(r" warn \w+: .*limits\.connections", timeout=1)


def test_where_no_limit_is_set_the_descriptors_are_none_to_warn_of(gateway):
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (2048, 2048))

    daemon = gateway(preexec=few)
    line = daemon.wait_log(r" info main: .*LimitNOFILE.* connections=(\d+)")
    assert daemon.metric("roomcast_connections_limit") == int(line[1]) < 2048
    assert " warn main: " not in daemon.log()


def test_a_limit_that_can_be_met_is_not_mentioned(gateway):
    daemon = gateway(limits={"connections": 100})
    assert "limits.connections" not in daemon.log()


def test_churn_leaves_nothing_behind(gateway, raw):
    daemon = gateway()
    before = daemon.open_fds()
    for i in range(200):
        s = raw.upgraded(daemon, f"/ws/room-{i}")
        s.reset() if i % 2 else s.close()
    daemon.wait_metric("roomcast_connections", 0)
    daemon.wait_metric("roomcast_rooms", 0)
    eventually(lambda: daemon.open_fds() <= before + 1, 5, "descriptors")
