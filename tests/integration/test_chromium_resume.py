"""A real browser that comes back by the lines of docs/delivery.md."""

import json

import pytest

from rig.chromium import chromium, page
from rig.pages import filled, snippet
from rig.redisserver import free_port

ROUTE = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}

# What an app has around the lines of the page.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><title>test</title>
<script>
let url, gaps = 0, connects = 0;
const got = [];
const handle = payload => got.push(payload);
const refetch = () => { gaps++; };
%s
const real = WebSocket;
WebSocket = class extends real {
	constructor(...args) { super(...args); connects++; }
};
</script>
"""


@pytest.fixture
def counting(page, tmp_path):
    """Call it with a URL: the page, connected."""
    lines = filled(
        snippet("docs/delivery.md", "js", "ws.onclose"),
        {"1000 + 2000 * Math.random()": "50"},
    )
    (tmp_path / "page.html").write_text(PAGE % lines)
    page.open((tmp_path / "page.html").as_uri())

    def start(url):
        page.evaluate(f"url = {json.dumps(url)}; connect()")
        page.wait("since !== ''", True)
        return page

    return start


def lifecycle(page, state):
    page.call("Page.setWebLifecycleState", state=state)


def numbers(first, last):
    return [str(n) for n in range(first, last + 1)]


def publish(daemon, *numbers):
    publisher = daemon.publisher()
    for number in numbers:
        publisher.publish("roomcast:room:lobby", number)


def test_a_page_that_is_closed_comes_back(gateway, counting):
    daemon = gateway(history={}, routes=[ROUTE])
    tab = counting(daemon.ws_url())
    for i in range(3):
        publish(daemon, *numbers(i * 20 + 1, i * 20 + 10))
        command = {"command": "disconnect", "rooms": ["lobby"], "code": 4000}
        daemon.publisher().publish("roomcast:control", json.dumps(command))
        publish(daemon, *numbers(i * 20 + 11, i * 20 + 20))
    tab.wait("got.length", 60)
    assert tab.evaluate("got") == numbers(1, 60)
    assert tab.evaluate("gaps") == 0 and tab.evaluate("connects") > 1


def test_a_frozen_tab_misses_nothing(gateway, counting):
    """Chromium drops its connection: it comes back with since."""
    daemon = gateway(history={}, routes=[ROUTE])
    tab = counting(daemon.ws_url())
    publish(daemon, "1")
    tab.wait("got.length", 1)
    lifecycle(tab, "frozen")
    publish(daemon, *numbers(2, 100))
    assert tab.evaluate("got.length") == 1
    lifecycle(tab, "active")
    tab.wait("got.length", 100)
    assert tab.evaluate("got") == numbers(1, 100)
    assert tab.evaluate("[connects, gaps]") == [2, 0]


def test_the_first_line_of_bytes(gateway, counting):
    """The lines for frames that may be binary."""
    route = {**ROUTE, "frames": "binary"}
    daemon = gateway(history={}, routes=[route])
    tab = counting(daemon.ws_url())
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


def test_a_gateway_without_a_past_says_so(gateway, counting):
    port = free_port()
    listen = [{"address": f"127.0.0.1:{port}"}]
    daemon = gateway(history={}, routes=[ROUTE], listen=listen)
    tab = counting(daemon.ws_url())
    publish(daemon, "1")
    tab.wait("got.length", 1)
    daemon.kill()
    daemon.start()
    tab.wait("gaps", 1)
    publish(daemon, "2")
    tab.wait("got.length", 2)
    assert tab.evaluate("got") == ["1", "2"]
