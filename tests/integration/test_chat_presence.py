"""examples/chat/presence.py: who is here, with two gateways of which one is
killed, and when no event says so."""

import importlib.util
import json

import pytest

from rig.gateway import ROOT
from rig.people import auth, user_path
from rig.waiting import TIME_FACTOR, eventually

pytestmark = pytest.mark.outside

FILE = ROOT / "examples" / "chat" / "presence.py"
LEASE = f"{max(2, int(TIME_FACTOR))}s"


@pytest.fixture
def presence(redis_server):
    """The module, and one of its threads; as the chat has its client."""
    spec = importlib.util.spec_from_file_location("chat_presence", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    link = redis_server.client()
    link.connection_pool.connection_kwargs["decode_responses"] = True
    module.link = link
    return module


@pytest.fixture
def launch(gateway, redis_server, tmp_path):
    def start():
        conf = auth(tmp_path)
        conf["events"] = {"stream": "roomcast:events", "lease": LEASE}
        conf["routes"][-1]["presence"] = "members"
        daemon = gateway(redis_server, **conf)
        daemon.wait_ready()
        daemon.wait_metric("roomcast_presence_up", 1, 20)
        return daemon

    return start


def told(client, names):
    """The client hears that these are here; all that it hears until then,
    behind the welcome, which has no names."""
    heard = []

    def is_told():
        heard.append(json.loads(client.recv()).get("names"))
        return heard[-1] == names

    eventually(is_told, 30)
    return [x for x in heard if x is not None]


def test_one_of_two_gateways_is_killed(presence, launch, connect):
    """Who was with it is gone, and nobody who was not."""
    presence.Presence(presence.link).start()
    one, two = launch(), launch()
    ann = connect(two, user_path("ann"))
    told(ann, ["ann"])
    connect(one, user_path("bob"))
    told(ann, ["ann", "bob"])
    zoe = connect(one, user_path("zoë"))
    told(ann, ["ann", "bob", "zoë"])
    told(zoe, ["ann", "bob", "zoë"])
    again = connect(two, user_path("zoë"))
    told(again, ["ann", "bob", "zoë"])
    one.kill()
    heard = told(ann, ["ann", "zoë"])
    assert all("ann" in names and "zoë" in names for names in heard)
    again.close()
    told(ann, ["ann"])


def test_what_no_event_has_told(presence, launch, connect):
    """It looks now and then, and nobody stays who has gone."""
    presence.EVENTS = "another:stream"
    presence.LOOKS = 0.2
    daemon = launch()
    ann, bob = (connect(daemon, user_path(x)) for x in ("ann", "bob"))
    one = presence.Presence(presence.link)
    one.told["lobby"] = None
    one.start()
    told(ann, ["ann", "bob"])
    bob.close()
    told(ann, ["ann"])
