"""Nodes of a cluster that contradict each other: it costs little to go on."""

import itertools
import socket

import pytest

from rig.ports import free_port
from rig.scripted import ScriptedNode
from rig.waiting import eventually, heartbeat
from test_redis_metrics import failed, lost

pytestmark = pytest.mark.waits

ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True}]


@pytest.fixture
def nodes():
    made = [ScriptedNode((0, 8191)), ScriptedNode((8192, 16383))]
    for node in made:
        node.others = [n for n in made if n is not node]
    yield made
    for node in made:
        node.finish()


def start(gateway, nodes, sharded=False, **sections):
    return gateway(
        backend="redis",
        embedded=None,
        redis={
            "cluster": {
                "addresses": [n.address for n in nodes],
                "sharded": sharded,
            },
            "heartbeat": heartbeat(500),
        },
        **{"routes": ROUTES, **sections},
    )


def refuse(nodes, command, error):
    """Each of them, which may name another one as {to}."""
    for node in nodes:
        text = error.format(to=node.others[0].address)
        node.refuse = lambda words, text=text: (
            text if words[0].upper() == command else None
        )


def rooms_in(node, count):
    rooms = (f"r{number}" for number in itertools.count())
    there = (room for room in rooms if node.has(f"roomcast:room:{room}"))
    return list(itertools.islice(there, count))


def times(nodes, what, least):
    """When that came, once it has come so often."""

    def noted():
        return sorted(at for n in nodes for at, w in n.noted if w == what)

    eventually(lambda: len(noted()) >= least, 60, what)
    return noted()


@pytest.mark.parametrize(
    "error", ["-MOVED {slot} {to}", "-CLUSTERDOWN The cluster is down"]
)
def test_a_room_that_nobody_has(gateway, connect, nodes, error):
    """It is looked for once a second."""
    daemon = start(gateway, nodes, sharded=True)
    daemon.wait_ready()
    (room,) = rooms_in(nodes[0], 1)
    slot = nodes[0].slot_of(f"roomcast:room:{room}")
    refuse(nodes, "SSUBSCRIBE", error.replace("{slot}", str(slot)))
    connect(daemon, f"/ws/{room}")
    first = len(times(nodes, "CLUSTER SLOTS", 1))
    looks = times(nodes, "CLUSTER SLOTS", first + 6)[first:]
    assert looks[5] - looks[0] > 2
    assert daemon.admin("/readyz")[0] == 503
    refuse(nodes, "SSUBSCRIBE", "")
    daemon.wait_ready()


def test_a_stream_that_is_nowhere(gateway, nodes):
    """After some steps there is a pause, which grows."""
    refuse(nodes, "XINFO", "-MOVED 7 {to}")
    kept = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": "1h"}
    start(gateway, nodes, history={"stream": "app:stream"}, routes=[kept])
    asked = times(nodes, "XINFO", 40)
    assert asked[39] - asked[3] > 2


def test_nodes_that_answer_and_then_send_on(gateway, nodes):
    """That each of them has answered something does not make it faster."""
    stream = {
        "XINFO": "-ERR no such key",
        "XREVRANGE": [[]],
        "XRANGE": [[]],
    }

    def answer_for(node):
        def answer(words):
            if words[0] == "XREAD" and "BLOCK" in words:
                return f"-MOVED 7 {node.others[0].address}"
            return [None] if words[0] == "XREAD" else stream.get(words[0])

        return answer

    for node in nodes:
        node.refuse = answer_for(node)
    kept = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": "1h"}
    start(gateway, nodes, history={"stream": "app:stream"}, routes=[kept])
    asked = times(nodes, "XINFO", 100)
    assert asked[99] - asked[19] > 2


class SlowToLeave:
    """Answers the SUNSUBSCRIBE of one channel when the next SSUBSCRIBE has
    come: as if it had ended that by itself before it read the command."""

    def __init__(self, channel, error):
        self.channel, self.error = channel, error
        self.is_asked = False

    def __call__(self, words):
        if words == ["SUNSUBSCRIBE", self.channel]:
            self.is_asked = True
            return []
        if words[0] != "SSUBSCRIBE" or not self.is_asked:
            return None
        self.is_asked = False
        first = [[b"sunsubscribe", self.channel.encode(), 0], self.error]
        names = [word.encode() for word in words[1:]]
        return first + [[b"ssubscribe", name, 1] for name in names]


@pytest.mark.parametrize(
    "error", ["-CLUSTERDOWN Hash slot not served", "-MOVED {slot} ?:6379"]
)
def test_an_error_that_answers_nothing(gateway, connect, nodes, error):
    """What is asked next is asked for again, at worst; nobody has a gap."""
    daemon = start(gateway, nodes, sharded=True)
    stays, leaves, comes = rooms_in(nodes[0], 3)
    channel = f"roomcast:room:{leaves}"
    slow = SlowToLeave(channel, error.format(slot=nodes[0].slot_of(channel)))
    nodes[0].refuse = slow
    connect(daemon, f"/ws/{stays}")
    connect(daemon, f"/ws/{leaves}").close()
    eventually(lambda: slow.is_asked, 20, "the room is left")
    connect(daemon, f"/ws/{comes}")
    assert not slow.is_asked
    daemon.wait_ready()
    assert lost(daemon) == {}


@pytest.mark.parametrize("odd", [b"what?", "-ERR later", [1, 2]])
def test_an_odd_word_about_the_cluster(gateway, connect, nodes, odd):
    """Once; who is cut off is left all the same afterwards."""
    said = []

    def answer(words):
        if words != ["CLUSTER", "INFO"]:
            return None
        said.append(words)
        return [odd if len(said) == 1 else cut_off]

    healthy = b"cluster_state:ok\r\n"
    cut_off = healthy
    for node in nodes:
        node.refuse = answer
    daemon = start(gateway, nodes)
    daemon.wait_ready()
    daemon.wait_log("whether a node is cut off .* does not say")
    cut_off = b"cluster_state:fail\r\ncluster_slots_pfail:9\r\n"
    daemon.wait_log("connection lost .*cut off from its cluster")


REFUSALS = {
    "denied": ("AUTH", "-WRONGPASS invalid username-password pair"),
    "full": ("CLIENT", "-ERR max number of clients reached"),
    "refused": ("CLUSTER", "-LOADING Redis is loading the dataset in memory"),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_why_no_node_says_where_the_slots_are(
    gateway, nodes, reason, tmp_path
):
    """One that is silent says less than those that refuse."""
    refuse(nodes, *REFUSALS[reason])
    (tmp_path / "password").write_text("wrong")
    (tmp_path / "password").chmod(0o600)
    silent = f"127.0.0.1:{free_port()}"
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={
            "cluster": {"addresses": [silent, *(n.address for n in nodes)]},
            "password_file": str(tmp_path / "password"),
        },
    )
    daemon.wait_log(f"cannot connect .*no node .* kind={reason}")
    assert set(failed(daemon)) == {("subscription", reason)}
    refuse(nodes, "", "")
    daemon.wait_ready()


def test_a_heartbeat_that_is_lost_alone_goes_where_it_was(gateway, nodes):
    """And so finds out that this node is cut off."""
    daemon = start(gateway, nodes)
    daemon.wait_ready()
    left = next(n for n in nodes if "PUBLISH" in n.sockets)
    left.is_listed = False
    cut_off = b"cluster_state:fail\r\ncluster_slots_pfail:9\r\n"
    left.sockets["PUBLISH"].shutdown(socket.SHUT_RDWR)
    left.refuse = lambda words: (
        [cut_off] if words == ["CLUSTER", "INFO"] else None
    )
    daemon.wait_log("connection lost .*cut off from its cluster")
    daemon.wait_ready()
    assert lost(daemon)[("subscription", "role")] == 1
