"""A real browser that comes back by the lines of docs/delivery.md."""

import json

import pytest

from rig.killed import ADDED, kept, through_kills
from rig.pages import filled, snippet
from rig.ports import free_port

__all__ = ["kept"]  # a fixture

ROUTE = {
    "path": "/ws/{room}",
    "rooms": ["{room}"],
    "resume": True,
    "transports": ["websocket", "sse"],
    "origins": ["null"],  # what a page from disk comes from
}

# What an app has around the lines of the page.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><title>test</title>
<script>
let url, gaps = 0, connects = 0, lifecycle = "active";
document.addEventListener("freeze", () => { lifecycle = "frozen"; });
document.addEventListener("resume", () => { lifecycle = "active"; });
const got = [];
const handle = payload => got.push(payload);
const refetch = () => { gaps++; };
const counted = real => class extends real {
	constructor(...args) { super(...args); this.onopen = () => { connects++; }; }
};
WebSocket = counted(WebSocket);
EventSource = counted(EventSource);
function start() {
%s
}
</script>
"""
LINES = {
    "ws": ("ws.onclose", {"1000 + 2000 * Math.random()": "50"}, "connect();"),
    "http": ("EventSource", {}, ""),
}


@pytest.fixture(params=LINES)
def scheme(request):
    return request.param


@pytest.fixture
def counting(page, tmp_path, scheme):
    """Call it with a gateway: the page, which has its first cursor."""
    mark, values, more = LINES[scheme]
    lines = filled(snippet("docs/delivery.md", "js", mark), values)
    (tmp_path / "page.html").write_text(PAGE % (lines + more))
    page.open((tmp_path / "page.html").as_uri())

    def start(daemon):
        url = daemon.ws_url().replace("ws:", f"{scheme}:")
        page.evaluate(f"url = {json.dumps(url)}; start()")
        page.wait("connects", 1)
        daemon.wait_metric("roomcast_resumes_total", 1)
        return page

    return start


def numbers(first, last):
    return [str(n) for n in range(first, last + 1)]


def publish(daemon, *numbers):
    publisher = daemon.publisher()
    for number in numbers:
        publisher.publish("roomcast:room:lobby", number)


@pytest.mark.parametrize("scheme", ["ws"])  # the other is told to wait long
def test_a_page_that_is_closed_comes_back(gateway, counting):
    daemon = gateway(history={}, routes=[ROUTE])
    tab = counting(daemon)
    for i in range(3):
        publish(daemon, *numbers(i * 20 + 1, i * 20 + 10))
        command = {"command": "disconnect", "rooms": ["lobby"], "code": 4000}
        daemon.publisher().publish("roomcast:control", json.dumps(command))
        publish(daemon, *numbers(i * 20 + 11, i * 20 + 20))
    tab.wait("got.length", 60)
    assert tab.evaluate("got") == numbers(1, 60)
    assert tab.evaluate("gaps") == 0 and tab.evaluate("connects") > 1


def test_a_frozen_tab_misses_nothing(gateway, counting, scheme):
    """Chromium drops its WebSocket: it comes back with since."""
    daemon = gateway(history={}, routes=[ROUTE])
    tab = counting(daemon)
    publish(daemon, "1")
    tab.wait("got.length", 1)
    tab.freeze(True)
    publish(daemon, *numbers(2, 100))
    assert tab.evaluate("got.length") == 1
    tab.freeze(False)
    tab.wait("got.length", 100)
    assert tab.evaluate("got") == numbers(1, 100)
    assert tab.evaluate("gaps") == 0
    assert tab.evaluate("connects") == 2 or scheme == "http"


@pytest.mark.parametrize("scheme", ["ws"])
def test_the_first_line_of_bytes(gateway, counting):
    """The lines for frames that may be binary."""
    route = {**ROUTE, "frames": "binary"}
    daemon = gateway(history={}, routes=[route])
    tab = counting(daemon)
    lines = snippet("docs/clients.md", "js", "Uint8Array")
    tab.evaluate(
        "window.taken = []; const ws = new WebSocket(url + '?since=');"
        "ws.binaryType = 'arraybuffer';"
        "ws.onmessage = ({ data }) => { %s;"
        "taken.push([note ?? null, id !== '', [...payload]]); }; null" % lines
    )
    tab.wait("taken.length", 1)
    daemon.publisher().publish("roomcast:room:lobby", b"\n\xff")
    tab.wait("taken.length", 2)
    assert tab.evaluate("taken") == [
        ["at", True, []],
        [None, True, [10, 255]],
    ]


@pytest.mark.waits
def test_kills_of_gateway_and_redis(gateway, counting, kept):
    tab = through_kills(gateway, kept, ROUTE, counting)
    tab.wait("got.length", ADDED, 30)
    assert tab.evaluate("got") == numbers(1, ADDED)
    assert tab.evaluate("gaps") == 0 and tab.evaluate("connects") > 1


def test_a_gateway_without_a_past_says_so(gateway, counting):
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}]
    daemon = gateway(history={}, routes=[ROUTE], listen=listen)
    tab = counting(daemon)
    publish(daemon, "1")
    tab.wait("got.length", 1)
    daemon.kill()
    daemon.start()
    tab.wait("gaps", 1)
    publish(daemon, "2")
    tab.wait("got.length", 2)
    assert tab.evaluate("got") == ["1", "2"]
