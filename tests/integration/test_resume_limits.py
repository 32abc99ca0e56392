"""`limits` of who comes back: `since` costs a client little."""

import pytest

from rig.client import Client
from rig.resuming import Frame, Resuming, since

WORKERS = [1, 2]

ROUTES = [
    {
        "path": "/ws/{room}",
        "rooms": ["{room}"],
        "resume": True,
        "history": 100000,
    }
]
DELAYED = "roomcast_resumes_delayed_total"
REFUSED = 'roomcast_resumes_total{outcome="gap",reason="limit"}'
BIG = "x" * 8000


@pytest.fixture
def start(gateway):
    def start_with(**limits):
        return gateway(
            history={},
            routes=ROUTES,
            limits=limits,
            listen=[{"address": "127.0.0.1:0", "trusted": ["127.0.0.9"]}],
        )

    return start_with


def publish(daemon, count):
    publisher = daemon.publisher()
    for n in range(count):
        publisher.publish("roomcast:room:lobby", f"{n} {BIG}")
    return publisher


def missed(daemon, count):
    """A page that has missed so many."""
    page = Resuming(daemon.ws_url)
    page.come()
    page.leave()
    publish(daemon, count)
    return page


def numbers(contents):
    return [int(content.split()[0]) for content in contents]


def test_an_address_that_has_had_too_much_waits(start):
    daemon = start(replay_rate_per_address="512KiB")
    page = missed(daemon, 130)
    page.come()
    publisher = daemon.publisher()
    publisher.publish("roomcast:room:lobby", "live")
    page.take_until("live")
    assert numbers(page.contents[:-1]) == [*range(130)]
    assert page.gaps == 0
    assert daemon.metric(DELAYED) >= 1
    page.leave()


def test_without_ids_as_well(start):
    daemon = start(replay_rate_per_address="512KiB")
    publisher = publish(daemon, 130)
    client = Client.connect(daemon.ws_url("/ws/lobby?history=1000"))
    publisher.publish("roomcast:room:lobby", "live")
    assert numbers(client.recv() for _ in range(130)) == [*range(130)]
    assert client.recv() == "live"
    assert daemon.metric(DELAYED) >= 1
    client.close()


def waiting(daemon):
    """A page that has come back, and waits for its address's rate."""
    page = missed(daemon, 130)
    page.come()
    page.take()
    daemon.wait_metric("roomcast_resumes_waiting", 1)
    return page


def first_frame(raw, daemon, source, headers=()):
    s = raw.upgraded(daemon, since("/ws/lobby"), headers, source=source)
    return Frame(s.read_frame().payload.decode())


def test_an_address_has_so_many_at_a_time(start, raw):
    """One waits for its rate, so another one is one too many."""
    daemon = start(replay_rate_per_address="64KiB", resumes_per_address=1)
    page = waiting(daemon)
    assert first_frame(raw, daemon, "127.0.0.1").word == "gap"
    assert daemon.metric(REFUSED) == 1
    assert first_frame(raw, daemon, "127.0.0.2").word == "at"
    page.leave()


def test_behind_a_proxy_the_client_has_the_address(start, raw):
    daemon = start(replay_rate_per_address="64KiB", resumes_per_address=1)
    page = waiting(daemon)
    for client, word in (("127.0.0.1", "gap"), ("10.1.2.3", "at")):
        forwarded = [("X-Forwarded-For", client)]
        frame = first_frame(raw, daemon, "127.0.0.9", forwarded)
        assert frame.word == word
    page.leave()


def test_all_have_so_many_at_a_time(start, raw):
    daemon = start(replay_rate_per_address="64KiB", resumes=1)
    page = waiting(daemon)
    assert first_frame(raw, daemon, "127.0.0.2").word == "gap"
    assert daemon.metric(REFUSED) == 1
    plain = raw.upgraded(daemon, "/ws/lobby?history=5", source="127.0.0.2")
    daemon.wait_metric(REFUSED, 2)
    daemon.publisher().publish("roomcast:room:lobby", "live")
    assert plain.read_frame().payload == b"live"
    page.leave()
