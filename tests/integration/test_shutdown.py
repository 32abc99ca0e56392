"""The end: everybody is told, nothing that was taken is lost."""

import signal
import time

import pytest

from rig.ports import free_port
from rig.raw import request
from rig.waiting import TIME_FACTOR, eventually, seconds

WORKERS = (1, 2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_everybody_is_told_1012(gateway, connect, number):
    daemon = gateway()
    clients = connect.many([daemon.ws_url()] * 20)
    daemon.signal(number)
    assert {client.wait_closed().code for client in clients} == {1012}
    assert daemon.wait_exit() == 0


def test_without_clients_the_end_is_at_once(gateway):
    daemon = gateway(shutdown={"drain": "1h"})
    daemon.stop()


def test_the_closes_are_spread_over_the_drain_oldest_first(gateway, raw):
    daemon = gateway(workers=1, shutdown={"drain": "1s"})
    sockets = [raw.upgraded(daemon) for _ in range(20)]
    begin = time.monotonic()
    daemon.signal()
    ended = []
    for s in sockets:
        assert s.read_until_close().code == 1012
        ended.append(time.monotonic() - begin)
        s.close()
    assert daemon.wait_exit() == 0
    # Read in the order of their handshakes: none was closed before its time,
    # which is its part of 800 ms. After it some may be, on a busy machine.
    assert all(end > 0.04 * i - 0.02 for i, end in enumerate(ended))


def test_what_was_published_before_is_delivered(gateway, connect):
    daemon = gateway()
    clients = connect.many([daemon.ws_url()] * 10)
    pipe = daemon.publisher().pipeline(transaction=False)
    for i in range(500):
        pipe.publish("roomcast:room:lobby", str(i))
    pipe.execute()
    daemon.signal()
    for client in clients:
        assert client.recv_many(500) == [str(i) for i in range(500)]
        assert client.wait_closed().code == 1012
    assert daemon.wait_exit() == 0


def is_shut(raw, address):
    """Whether nobody listens; who is just let in still must hear 503."""
    try:
        with raw(address) as s:
            assert s.handshake().status == 503
    except (ConnectionError, EOFError):
        return True
    return False


def test_nobody_new_gets_in(gateway, connect, raw):
    daemon = gateway(shutdown={"drain": f"{2 * TIME_FACTOR:g}s"})
    clients = connect.many([daemon.ws_url()] * 5)
    begun = raw(daemon)
    begun.send(request()[:20])
    daemon.wait_metric("roomcast_handshakes_in_progress", 1)
    address = daemon.address()
    daemon.signal()
    daemon.wait_log(r" info main: draining")
    begun.send(request()[20:])
    answer = begun.read_refusal()
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    eventually(lambda: is_shut(raw, address), what="the port is shut")
    for client in clients:
        assert client.wait_closed().code == 1012
    assert daemon.wait_exit() == 0


def test_who_has_not_asked_by_the_end_is_refused(gateway, raw):
    """Half a head, or none: it hears why, and it is in the log."""
    daemon = gateway()
    begun, silent = raw(daemon), raw(daemon)
    begun.send(request()[:20])
    daemon.wait_metric("roomcast_handshakes_in_progress", 2)
    daemon.signal()
    assert begun.read_refusal().status == 503
    silent.wait_gone()
    assert daemon.wait_exit() == 0
    lines = [x for x in daemon.lines if "access: handshake refused" in x]
    assert len(lines) == 2
    assert all(" status=503 reason=draining " in line for line in lines)


def test_a_client_that_never_answers_the_close_holds_nothing_up(
    gateway, raw
):
    daemon = gateway()
    silent = [raw.upgraded(daemon) for _ in range(5)]
    before = time.monotonic()
    daemon.stop()
    assert time.monotonic() - before < seconds(5)
    assert {s.read_until_close().code for s in silent} == {1012}


def test_a_slow_reader_does_not_hold_up_the_end(gateway, raw):
    daemon = gateway(delivery={"socket_buffer": "4KiB", "queue": "4MiB"})
    slow = raw.upgraded(daemon, receive_buffer=4096)
    for _ in range(3):
        daemon.publisher().publish("roomcast:room:lobby", "x" * 1_000_000)
    daemon.wait_metric("roomcast_deliveries_total", 3)
    before = time.monotonic()
    daemon.stop()
    assert time.monotonic() - before < seconds(5)
    slow.wait_gone()


def test_while_messages_flow(gateway, connect):
    """Up to the close each client sees an unbroken row of numbers."""
    daemon = gateway(shutdown={"drain": "500ms"})
    clients = connect.many([daemon.ws_url()] * 20)
    publisher = daemon.publisher()
    for i in range(100):
        publisher.publish("roomcast:room:lobby", str(i))
    daemon.signal()
    for i in range(100, 100_000):
        try:
            publisher.publish("roomcast:room:lobby", str(i))
        except Exception:
            break
    assert daemon.wait_exit() == 0
    for client in clients:
        got = []
        while not client.end:
            item = client.next()
            if not client.end:
                got.append(item)
        assert client.end.code == 1012
        assert len(got) >= 100
        assert got == [str(i) for i in range(len(got))]


def test_it_starts_again_on_the_same_port(gateway, connect):
    listen = [{"address": f"127.0.0.1:{free_port()}"}]
    first = gateway(listen=listen)
    connect(first)
    first.stop()
    second = gateway(listen=listen)
    connect(second)
