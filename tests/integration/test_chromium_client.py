"""clients/roomcast.js in a real browser, on both transports."""

import functools
import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rig.gateway import ROOT
from rig.killed import ADDED, kept, through_kills
from rig.pages import filled, snippet
from rig.people import auth, token
from rig.waiting import in_a_moment

__all__ = ["kept"]  # a fixture

ROUTE = {
    "path": "/ws/{room}",
    "rooms": ["{room}"],
    "resume": True,
    "welcome": True,
    "transports": ["websocket", "sse"],
}

# What an app has around the client.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><title>test</title>
<script type="module">
import { connect } from "./roomcast.js";

const noted = { got: [], gaps: 0, opens: 0, errors: [], shows: [], asked: [] };
Object.assign(window, noted, { tokens: [], lifecycle: "active" });
document.addEventListener("freeze", () => { lifecycle = "frozen"; });
document.addEventListener("resume", () => { lifecycle = "active"; });
addEventListener("pageshow", event => shows.push(event.persisted));
window.start = (url, options) => {
	window.client = connect(url, {
		pause: 50,
		maxPause: 500,
		gap: () => { gaps++; },
		state: state => { opens += state === "open"; },
		error: error => errors.push(String(error)),
		closed: code => code === 4000 ? "again" : undefined,
		token: isRefused => {
			asked.push(isRefused);
			return tokens[Math.min(asked.length, tokens.length) - 1];
		},
		...options,
	});
	client.on("*", message => got.push(message));
};
</script>
"""

# And around the lines of docs/clients.md.
LINES = """<!DOCTYPE html>
<meta charset="utf-8"><title>lines</title>
<script type="module">
const fetchToken = async () => "a.b.c", refetch = () => {};
const show = state => document.title = state, added = window.added = [];
const add = (message, id) => added.push([message.text, id !== ""]);
%s
</script>
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture
def site(tmp_path):
    """Where the page and another one are, with the client beside them."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "page.html").write_text(PAGE)
    (folder / "other.html").write_text("<!DOCTYPE html><title>other</title>")
    (folder / "roomcast.js").symlink_to(ROOT / "clients" / "roomcast.js")
    handler = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["websocket", "sse"])
def transport(request):
    return request.param


@pytest.fixture
def route(site):
    return {**ROUTE, "origins": [site]}


@pytest.fixture
def started(page, site, transport):
    """Call it with a gateway: the page, which is open."""
    page.open(f"{site}/page.html")
    page.wait("typeof start", "function")

    def start(daemon, tokens=(), **options):
        page.evaluate(f"tokens.push(...{json.dumps(tokens)})")
        options = json.dumps({"transport": transport, **options})
        page.evaluate(f"start({json.dumps(daemon.ws_url())}, {options})")
        page.wait("opens", 1)
        return page

    return start


def publish(daemon, first, last):
    publisher = daemon.publisher()
    for number in range(first, last + 1):
        publisher.publish("roomcast:room:lobby", number)


def assert_all(page, last, gaps=0):
    """Each number once and in order, and no more than these gaps told."""
    page.wait("got.length", last, 30)
    assert page.evaluate("got") == [*range(1, last + 1)]
    assert page.evaluate("[gaps, errors]") == [gaps, []]


def test_the_lines_of_the_page(gateway, page, site, route, tmp_path):
    daemon = gateway(history={}, routes=[route])
    lines = snippet("docs/clients.md", "js", "lobby.on")
    url = {"wss://push.example.com/ws/lobby": daemon.ws_url()}
    # The imports stand first in any module, wherever they are written.
    (tmp_path / "site" / "lines.html").write_text(LINES % filled(lines, url))
    page.open(f"{site}/lines.html")
    page.wait("document.title", "open")
    message = '{"type":"chat.message","text":"hi"}'
    daemon.publisher().publish("roomcast:room:lobby", message)
    page.wait("added", [["hi", True]])


def test_a_frozen_tab_misses_nothing(gateway, started, route):
    daemon = gateway(history={}, routes=[route])
    tab = started(daemon)
    publish(daemon, 1, 1)
    tab.wait("got.length", 1)
    tab.freeze(True)
    daemon.wait_metric("roomcast_connections", 0)
    publish(daemon, 2, 100)
    tab.freeze(False)
    assert_all(tab, 100)
    assert tab.evaluate("opens") == 2


def goes_on_where_it_was(tab, daemon, site):
    """A page that has got 1, when its user goes back to it."""
    tab.open(f"{site}/other.html")
    tab.wait("document.title", "other")
    daemon.wait_metric("roomcast_connections", 0)
    publish(daemon, 2, 50)
    tab.go_back()
    tab.wait("document.title", "test")
    assert_all(tab, 50)
    assert tab.evaluate("shows") == [False, True]


def test_a_page_that_was_put_away_goes_on(gateway, started, route, site):
    """Chromium keeps it: its connection does not stand in the way."""
    daemon = gateway(history={}, routes=[route])
    tab = started(daemon)
    publish(daemon, 1, 1)
    tab.wait("got.length", 1)
    goes_on_where_it_was(tab, daemon, site)


def test_so_does_one_that_was_waiting(gateway, started, route, site):
    """Any browser keeps it: there is no connection."""
    daemon = gateway(history={}, routes=[route])
    tab = started(daemon, pause=600_000, maxPause=600_000)
    publish(daemon, 1, 1)
    tab.wait("got.length", 1)
    command = {"command": "disconnect", "rooms": ["lobby"], "code": 4000}
    daemon.publisher().publish("roomcast:control", json.dumps(command))
    tab.wait("client.state", "waiting")
    goes_on_where_it_was(tab, daemon, site)


def test_a_lost_network_is_noticed_and_so_is_its_end(
    gateway, started, route
):
    daemon = gateway(history={}, routes=[route])
    tab = started(daemon, pause=1000)
    publish(daemon, 1, 1)
    tab.wait("got.length", 1)
    tab.set_offline(True)
    tab.wait("client.state !== 'open'", True)
    publish(daemon, 2, 20)
    tab.set_offline(False)
    assert_all(tab, 20)


@pytest.mark.waits
def test_a_token_that_has_expired_is_replaced(
    gateway, started, route, tmp_path
):
    people = auth(tmp_path)["auth"]
    people["people"] |= {
        "leeway": "0s",
        "token": ["subprotocol", "header.authorization"],
    }
    route |= {"auth": "people", "refuse": "close"}
    daemon = gateway(history={}, auth=people, routes=[route])
    soon = {"exp": in_a_moment()}
    tab = started(daemon, [token("ann", **soon), token("ann")])
    publish(daemon, 1, 10)
    tab.wait("asked.length > 1 && client.state === 'open'", True, 30)
    publish(daemon, 11, 20)
    assert_all(tab, 20)
    # Also where the first had expired before it came.
    assert tab.evaluate("asked.slice(0, 2)") == [False, True]


@pytest.mark.waits
def test_kills_of_gateway_and_redis(gateway, started, route, kept):
    tab = through_kills(gateway, kept, route, started)
    assert_all(tab, ADDED)
    assert tab.evaluate("opens") > 1
