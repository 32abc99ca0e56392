"""Reloads while messages flow: nobody is dropped, nothing is lost, doubled or
out of order."""

import itertools
import threading
import time

import pytest

from rig.client import Client
from rig.rereading import change_quickly
from rig.resuming import Resuming
from rig.waiting import eventually, seconds

WORKERS = (1, 2)
ROOMS = 10
CHANGES = [
    {"limits": {"rooms_per_connection": 5, "inbound_message": "1KiB"}},
    {"routes": [{"path": "/other/{room}", "rooms": ["{room}", "more"]}]},
    {"routes": [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": "1m"}]},
    {"delivery": {"queue": "8MiB", "compression": {"level": 9}}},
    {"keepalive": {"ping_interval": "30m"}, "history": {"memory": "2MiB"}},
    {"delivery": {"queue": "4MiB", "compression": "off"}},
    {"routes": [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]},
]


class Stream(threading.Thread):
    """Numbers to all, at so many messages a second, until the end."""

    def __init__(self, publish, rate):
        super().__init__(daemon=True)
        self.publish = publish
        self.every = 1 / rate
        self.count = 0
        self.is_over = threading.Event()

    def run(self):
        due = time.monotonic()
        while not self.is_over.is_set():
            self.publish(str(self.count))
            self.count += 1
            due = max(due + self.every, time.monotonic() - 1)
            self.is_over.wait(max(0, due - time.monotonic()))


def under_load(daemon, clients, rate, reloads):
    """Reload so often, under that load; what each client then has heard."""
    publisher = daemon.publisher()
    stream = Stream(
        lambda text: publisher.publish("roomcast:broadcast", text), rate
    )
    stream.start()
    for sections in itertools.islice(itertools.cycle(CHANGES), reloads):
        before = stream.count
        change_quickly(daemon, **sections)
        eventually(lambda: stream.count > before, what="messages flow")
    stream.is_over.set()
    stream.join(seconds(10))
    daemon.publisher().publish("roomcast:broadcast", "the end")
    return stream.count, [c.recv_until("the end", 30) for c in clients]


def check(daemon, clients, rate, reloads):
    count, heard = under_load(daemon, clients, rate, reloads)
    assert count > reloads
    wanted = [str(number) for number in range(count)]
    assert all(messages == wanted for messages in heard)
    metrics = daemon.metrics()
    assert metrics["roomcast_connections"] == len(clients)
    assert metrics['roomcast_config_reload_total{result="applied"}'] == reloads


def start(gateway):
    return gateway(
        history={"memory": "1MiB"},
        log={"level": "info"},
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"]}],
    )


def come(daemon, count):
    urls = [daemon.ws_url(f"/ws/{n % ROOMS}") for n in range(count)]
    clients = []
    for at in range(0, count, 100):
        clients += Client.connect_all(urls[at : at + 100])
    return clients


@pytest.mark.parametrize(
    "count, rate, reloads",
    [
        (20, 200, 21),
        pytest.param(1000, 1000, 100, marks=pytest.mark.long),
    ],
)
def test_nothing_is_lost_by_reloads(gateway, count, rate, reloads):
    daemon = start(gateway)
    clients = come(daemon, count)
    try:
        check(daemon, clients, rate, reloads)
    finally:
        for client in clients:
            client.close()


def test_nothing_is_left_of_configurations_of_before(gateway, connect):
    """Memory and descriptors: a client of each stays for a while."""
    daemon = start(gateway)
    fds = daemon.open_fds()
    for number in range(20):
        client = connect(daemon, "/ws/a")
        change_quickly(
            daemon,
            routes=[
                {"path": "/ws/{room}", "rooms": ["{room}", f"r{number}"]}
            ],
        )
        if number % 2:
            client.close()
    daemon.wait_metric("roomcast_connections", 10)
    daemon.publisher().publish("roomcast:room:a", "x")
    assert daemon.open_fds() <= fds + 10 + 2


class Names:
    """A publisher that goes on to the next names once nobody hears these."""

    def __init__(self, server, rooms):
        self.publisher = server.client()
        self.rooms = rooms
        self.number = 0
        self.unheard = 0

    def __call__(self, text):
        """To each room by a channel of its own."""
        for room in range(self.rooms):
            number = self.number  # another thread counts it up
            if not any(
                self.publisher.publish(f"n{n}:room:{room}", text)
                for n in (number, number + 1)
            ):
                self.unheard += 1


def names(number):
    return {"channels": {"room_prefix": f"n{number}:room:"}}


def go_through_names(daemon, server, count, then=lambda number: None):
    """Change them so often while messages flow; how many there were."""
    publish = Names(server, ROOMS)
    asker = server.client()
    stream = Stream(publish, 200)
    stream.start()
    for number in range(count):
        change_quickly(daemon, **names(number + 1))
        gone, nobody = f"n{number}:room:*", f"n{number}:room:nobody"
        eventually(
            lambda: not server.channels(gone) and not asker.publish(nobody, "")
        )
        publish.number = number + 1
        before = stream.count
        eventually(lambda: stream.count > before + 2, what="messages flow")
        then(number + 1)
    stream.is_over.set()
    stream.join(seconds(10))
    publish("the end")
    assert publish.unheard == 0
    return stream.count


@pytest.mark.parametrize("history", [None, {"memory": "1MiB"}])
def test_nothing_is_lost_between_two_names(gateway, redis_server, history):
    """Where nobody hears a name any more, its successor is heard already."""
    daemon = gateway(
        redis_server, history=history, log={"level": "info"}, **names(0)
    )
    daemon.wait_ready()
    clients = come(daemon, ROOMS)
    count = go_through_names(daemon, redis_server, 10)
    wanted = [str(number) for number in range(count)]
    try:
        for client in clients:
            assert client.recv_until("the end", 30) == wanted
    finally:
        for client in clients:
            client.close()


def test_with_ids_each_change_of_names_is_one_gap(gateway, redis_server):
    """They get all there is all the same, but not by ids of before."""
    daemon = gateway(
        redis_server,
        history={"memory": "1MiB"},
        redis={"on_gap": "close"},
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"], "resume": "1m"}],
        log={"level": "info"},
        **names(0),
    )
    daemon.wait_ready()
    clients = [Resuming(daemon.ws_url, f"/ws/{n}") for n in range(ROOMS)]
    for client in clients:
        client.come()
    others = come(daemon, ROOMS)
    stale = clients[0].cursor

    def wait_gap(number):
        while clients[0].gaps < number:
            clients[0].take()

    count = go_through_names(daemon, redis_server, 5, wait_gap)
    wanted = [str(number) for number in range(count)]
    for client in clients:
        client.take_until("the end", 30)
        assert client.contents[:-1] == wanted and client.gaps == 5
    # Nobody else has missed anything, whatever on_gap says.
    for other in others:
        assert other.recv_until("the end", 30) == wanted
    # What is kept since then is there for who comes back; no more of before.
    back = Resuming(daemon.ws_url, "/ws/0")
    back.cursor = clients[0].cursor
    assert back.come().word == "at"
    back.cursor = stale
    assert back.come().word == "gap"
    for client in (*clients, *others, back):
        (client.client if isinstance(client, Resuming) else client).close()
