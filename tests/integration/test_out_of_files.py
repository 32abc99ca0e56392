"""Descriptors used up: nothing spins, nothing is flooded, all recovers."""

import resource
import signal
import socket
import subprocess
import time

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.ports import free_port
from rig.usage import cpu_seconds
from rig.waiting import eventually, seconds

PAUSES = "roomcast_accept_pauses_total"
WATCHED_S = 1.5  # for how long its work is looked at


def limited(files):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def cpu_share(pid):
    """Of one core, over a while in which nobody asks for anything."""
    before, begin = cpu_seconds(pid), time.monotonic()
    time.sleep(WATCHED_S)
    return (cpu_seconds(pid) - before) / (time.monotonic() - begin)


@pytest.fixture
def hold():
    """Connect so many sockets to a port and keep them; they say nothing."""
    held = []

    def connect(port, count):
        held.extend(
            socket.create_connection(("127.0.0.1", port), seconds(5))
            for _ in range(count)
        )

    connect.release_one = lambda: held.pop(0).close()
    connect.release = lambda: [held.pop().close() for _ in list(held)]
    yield connect
    connect.release()


def port_of(url):
    return int(url.rpartition(":")[2])


def assert_still_and_quiet(daemon):
    lines = len(daemon.lines)
    assert cpu_share(daemon.pid) < 0.25
    assert len(daemon.lines) - lines < 20, daemon.log()


def assert_recovered(daemon, connect):
    eventually(lambda: daemon.admin("/healthz")[0] == 200, 10, "/healthz")
    client = connect(daemon)
    daemon.publisher().publish("roomcast:room:lobby", "again")
    assert client.recv() == "again"


@pytest.mark.waits
def test_publishers_that_take_every_descriptor(gateway, connect, hold):
    daemon = gateway(preexec=limited(64))
    hold(daemon.publish_port, 60)
    hold(port_of(daemon.admin_url), 5)
    daemon.wait_log(r"warn embedded: accepting pauses")
    daemon.wait_log(r"warn admin: out of files")
    assert_still_and_quiet(daemon)
    # With the descriptor that is kept, one at a time is answered.
    eventually(lambda: daemon.admin("/readyz")[0] == 200, 5, "/readyz")
    assert daemon.metric(PAUSES) >= 2
    hold.release()
    assert_recovered(daemon, connect)
    daemon.wait_log(r"info admin: accepting again")
    assert len([x for x in daemon.lines if " warn admin: out of" in x]) == 1


def test_silent_clients_of_the_one_descriptor_make_room(gateway, hold):
    """Each as soon as the next one is there."""
    daemon = gateway(preexec=limited(64))
    hold(daemon.publish_port, 60)
    daemon.wait_log(r"warn embedded: accepting pauses")
    hold(port_of(daemon.admin_url), 80)
    assert daemon.admin("/readyz")[0] == 200


def test_the_one_who_is_answered_may_have_a_token(gateway, hold, tmp_path):
    """Its file cannot be opened; nobody has asked for it before."""
    file = tmp_path / "token"
    file.write_text("secret\n")
    daemon = gateway(admin={"token_file": str(file)}, preexec=limited(64))
    hold(daemon.publish_port, 60)
    daemon.wait_log(r"warn embedded: accepting pauses")

    def status_of(token):
        headers = {"Authorization": f"Bearer {token}"}
        return daemon.api("status", headers=headers)[0]

    assert status_of("secret") == 200
    assert status_of("another") == 401


def test_its_memory_is_known(gateway, hold):
    """The file that says it cannot be opened; nobody has asked before."""
    daemon = gateway(preexec=limited(64))
    hold(daemon.publish_port, 60)
    daemon.wait_log(r"warn embedded: accepting pauses")
    m = daemon.metrics()
    assert m["process_virtual_memory_bytes"] > 1 << 20
    assert m["process_resident_memory_bytes"] > 1 << 20
    assert m["process_open_fds"] > 32
    daemon.signal(signal.SIGUSR1)
    pairs = daemon.wait_line(lambda x: x.event == "state").pairs
    assert int(pairs["resident_bytes"]) > 1 << 20


@pytest.mark.waits
def test_clients_and_publishers_at_a_thousand_files(gateway, connect, hold):
    daemon = gateway(preexec=limited(1024))
    clients = connect.many([daemon.ws_url()] * 300)
    hold(daemon.publish_port, 800)
    daemon.wait_log(r"warn embedded: accepting pauses")
    assert daemon.metric("roomcast_connections") == 300
    assert_still_and_quiet(daemon)
    assert daemon.metric(PAUSES) >= 1
    for client in clients[:100]:
        client.close()
    hold.release()
    assert_recovered(daemon, connect)
    assert {client.recv() for client in clients[100:]} == {"again"}


@pytest.mark.waits
def test_with_a_log_that_nobody_reads(tmp_path, hold):
    ports = [free_port() for _ in range(3)]
    conf = merged(
        BASE,
        {
            "listen": [{"address": f"127.0.0.1:{ports[0]}"}],
            "admin": {"listen": f"127.0.0.1:{ports[1]}"},
            "embedded": {"listen": f"127.0.0.1:{ports[2]}"},
        },
    )
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    process = subprocess.Popen(
        [BINARY, "-c", str(path)],
        stderr=subprocess.PIPE,
        pipesize=4096,
        preexec_fn=limited(64),
    )
    try:
        eventually(lambda: is_open(ports[1]), 10, "it listens")
        for _ in range(3):
            hold(ports[2], 60)
            hold(ports[1], 5)
            assert cpu_share(process.pid) < 0.25
            hold.release()
        eventually(lambda: is_healthy(ports[1]), 10, "it answers")
        process.terminate()
        assert process.wait(seconds(10)) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), seconds(5)).close()
    except ConnectionRefusedError:
        return False
    return True


def is_healthy(port):
    with socket.create_connection(("127.0.0.1", port), seconds(5)) as s:
        s.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        return s.recv(12) == b"HTTP/1.1 200"


def test_clients_that_come_and_go_meanwhile_do_not_flood_the_log(
    gateway, hold, connect
):
    """Each that leaves lets one in: no end of the trouble."""
    daemon = gateway(
        preexec=limited(64), log={"level": "info", "access": "off"}
    )
    port = daemon.address()[1]
    hold(port, 80)
    daemon.wait_log(r"error listener: accepting pauses")
    hold(daemon.publish_port, 5)
    daemon.wait_log(r"warn embedded: accepting pauses")
    begin = len(daemon.lines)
    for _ in range(100):
        hold.release_one()
        hold(port, 1)
        time.sleep(0.01)
    assert len(daemon.lines) - begin < 6, daemon.log()
    hold.release()
    daemon.wait_log(r"info listener: accepting again")
    daemon.wait_log(r"info embedded: accepting again")
    assert_recovered(daemon, connect)
