"""A gateway that asks an app who may connect, and clients that wait."""

import pytest

from .hookapp import HookApp
from .raw import request

CALLS = "roomcast_hook_calls_total"
QUEUED = "roomcast_hook_queued"
HANDSHAKING = "roomcast_handshakes_in_progress"


@pytest.fixture
def app():
    """A running app; `mode` and `answer` say how it answers."""
    running = HookApp().start()
    yield running
    running.finish()


def sections(app, **auth):
    """Of a configuration: /app asks the app (or a URL), /free is open."""
    url = app.url if isinstance(app, HookApp) else app
    return {
        "auth": {
            "app": {"type": "http", "url": url, "timeout": "30s", **auth}
        },
        "routes": [
            {
                "path": "/app/{room}",
                "rooms": ["{room}"],
                "auth": "app",
                "welcome": True,
            },
            {"path": "/free/{room}", "rooms": ["{room}"]},
        ],
    }


def failures(reason):
    return f'roomcast_hook_failures_total{{reason="{reason}"}}'


def refused(status):
    return f'roomcast_refused_total{{status="{status}"}}'


def refusal(raw, daemon, path="/app/x", headers=()):
    """The whole answer to a client that is not let in."""
    s = raw(daemon)
    s.send(request(path, headers))
    return s.read_refusal()


def asking(raw, daemon, count, path="/app/x"):
    """Sockets that have sent their request and wait."""
    sockets = [raw(daemon) for _ in range(count)]
    for s in sockets:
        s.send(request(path))
    return sockets
