"""A server, or a proxy to one, that once does not answer what it was asked:
rooms wait for what is awaited, but not for what never comes."""

import pytest

from rig.raw import Raw, request
from rig.scripted import ScriptedNode
from rig.waiting import eventually

pytestmark = pytest.mark.waits

ROUTES = [{"path": "/ws/{room}", "rooms": ["{room}"]}]


class Forgetful:
    """Does not answer this command about a room the first time."""

    def __init__(self, command):
        self.question = [command, "roomcast:room:forgotten"]
        self.has_forgotten = False

    def __call__(self, words):
        if self.has_forgotten or words != self.question:
            return None
        self.has_forgotten = True
        return []


@pytest.fixture
def node():
    made = ScriptedNode()
    yield made
    made.finish()


@pytest.mark.parametrize("command", ["SUBSCRIBE", "UNSUBSCRIBE"])
def test_who_comes_next_is_let_in(gateway, connect, node, command):
    node.refuse = forgetful = Forgetful(command)
    daemon = gateway(
        backend="redis",
        embedded=None,
        redis={"url": f"redis://{node.address}"},
        routes=ROUTES,
    )
    daemon.wait_ready()
    with Raw(daemon.address()) as first:
        first.send(request("/ws/forgotten"))
        if command == "UNSUBSCRIBE":
            assert first.read_response().status == 101
            first.close()
        eventually(lambda: forgetful.has_forgotten, 20, "it was asked")
        for room in ("next", "another"):
            connect(daemon, f"/ws/{room}")
        if command == "SUBSCRIBE":
            assert first.read_response().status == 101
    daemon.wait_log("protocol error: an unexpected confirmation")
