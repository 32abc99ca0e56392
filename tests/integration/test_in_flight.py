"""Who was let in before his room is subscribed is told of a gap behind what
he has missed: servers that take their time for one channel."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from rig.scripted import ScriptedNode
from rig.waiting import eventually, heartbeat, seconds

pytestmark = pytest.mark.waits

GAP = '{"type":"roomcast.gap"}'
PREFIX = "roomcast:room:"
ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]


class Gate:
    """A node answers nothing from a command about this channel on."""

    def __init__(self, node, channel):
        self.node, self.channel = node, channel
        self.is_reached = threading.Event()
        self.is_open = threading.Event()
        self.others = node.refuse
        node.refuse = self.pass_by

    def pass_by(self, words):
        if self.channel in words[1:]:
            self.is_reached.set()
            self.is_open.wait(seconds(60))
        return self.others(words)

    def wait_reached(self):
        assert self.is_reached.wait(seconds(30)), self.channel

    def open(self):
        self.is_open.set()


@pytest.fixture
def make_node():
    made = []

    def make(*args):
        made.append(ScriptedNode(*args))
        return made[-1]

    yield make
    for node in made:
        node.finish()


def start(gateway, **sections):
    return gateway(
        backend="redis", embedded=None, routes=ROUTES, **sections
    )


def redis_at(node):
    return {
        "url": f"redis://{node.address}",
        "on_gap": "notify",
        "heartbeat": heartbeat(500),
    }


def one_server(gateway, node, other):
    return start(gateway, redis=redis_at(node))


def two_servers(gateway, node, other):
    sources = [{"redis": redis_at(n)} for n in (other, node)]
    daemon = start(gateway, redis=None, sources=sources)
    daemon.wait_metric('roomcast_source_up{source="0"}', 1, 30)
    return daemon


def enter(connect, daemon, room):
    client = connect(daemon, f"/ws/{room}")
    assert "roomcast.welcome" in client.recv()
    return client


def wait_beats(node, more):
    """Until so many more heartbeats have come round."""

    def beats():
        return sum(what == "PUBLISH" for _, what in list(node.noted))

    least = beats() + more
    eventually(lambda: beats() >= least, 60, "heartbeats")


@pytest.mark.parametrize("begin", [one_server, two_servers])
def test_a_room_in_flight_when_its_server_comes_up(
    gateway, connect, make_node, begin
):
    node = make_node()
    configured = Gate(node, "roomcast:broadcast")
    in_flight = Gate(node, PREFIX + "late")
    daemon = begin(gateway, node, make_node())
    configured.wait_reached()
    clients = [enter(connect, daemon, "late")]
    configured.open()
    in_flight.wait_reached()
    wait_beats(node, 7)
    clients.append(enter(connect, daemon, "late"))
    node.publish("roomcast:broadcast", "before")
    for client in clients:
        assert client.recv() == "before"
    in_flight.open()
    for client in clients:
        assert client.recv() == GAP
    daemon.wait_ready()


@pytest.fixture
def cluster(make_node):
    nodes = [make_node((0, 8191)), make_node((8192, 16383))]
    for node in nodes:
        node.others = [n for n in nodes if n is not node]
    return nodes


def room_in(node):
    return next(
        room
        for room in map("r{}".format, itertools.count())
        if node.has(PREFIX + room)
    )


def test_a_room_in_flight_at_its_shard_when_the_session_is_lost(
    gateway, connect, cluster
):
    """Its master is being connected to for the first time."""
    node = cluster[1]
    room = room_in(node)
    in_flight = Gate(node, PREFIX + room)
    daemon = start(
        gateway,
        redis={
            "cluster": {
                "addresses": [n.address for n in cluster],
                "sharded": True,
            },
            "on_gap": "notify",
            "reconnect": {"min": "20ms", "max": "200ms"},
        },
    )
    daemon.wait_ready()
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(enter, connect, daemon, room)
        in_flight.wait_reached()
        for each in cluster:
            each.hang_up()
        clients = [waits.result()]
    assert clients[0].recv() == GAP
    clients.append(enter(connect, daemon, room))
    node.publish("roomcast:broadcast", "before")
    for client in clients:
        assert client.recv() == "before"
    in_flight.open()
    for client in clients:
        assert client.recv() == GAP
    daemon.wait_ready()


def test_while_only_the_stream_is_away_rooms_are_waited_for(
    gateway, connect, make_node
):
    node = make_node()
    node.refuse = lambda words: (
        "-WRONGTYPE" if words[0].upper() == "XINFO" else None
    )
    in_flight = Gate(node, PREFIX + "late")
    daemon = start(
        gateway, redis=redis_at(node), history={"stream": "app:stream"}
    )
    wait_beats(node, 3)
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(enter, connect, daemon, "late")
        in_flight.wait_reached()
        wait_beats(node, 3)
        assert not waits.done()
        in_flight.open()
        waits.result()
