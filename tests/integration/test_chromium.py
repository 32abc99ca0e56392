"""A real browser: its WebSocket over plain and TLS, and the example page."""

import json
import urllib.parse

import pytest

from rig.deflate import ANSWER, KEPT, compression, some_json
from rig.gateway import ROOT
from rig.people import auth, token
from rig.tls import certificates

LISTEN = ROOT / "examples" / "listen.html"

# A page that keeps what its socket tells it.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><title>test</title>
<script>
const got = [];
let socket, state = "new";
function start(url, protocols) {
	socket = new WebSocket(url, protocols);
	socket.binaryType = "arraybuffer";
	socket.onopen = () => { state = "open " + socket.protocol; };
	socket.onclose = e => { state = `closed ${e.code} ${e.reason}`; };
	socket.onmessage = e => got.push(
		typeof e.data === "string" ? e.data : [...new Uint8Array(e.data)]);
}
</script>
"""


@pytest.fixture
def blank(page, tmp_path):
    """The page above, from disk."""
    (tmp_path / "page.html").write_text(PAGE)
    page.open((tmp_path / "page.html").as_uri())
    return page


@pytest.fixture
def both(gateway, certificates):
    """A gateway with a plain and a TLS listener; their URLs."""

    def start(**sections):
        daemon = gateway(
            listen=[
                {"address": "127.0.0.1:0"},
                {
                    "address": "127.0.0.1:0",
                    "tls": certificates.first.section,
                },
            ],
            **sections,
        )
        ws = daemon.ws_url("", 0)
        wss = daemon.ws_url("", 1).replace("ws:", "wss:")
        return daemon, {"ws": ws, "wss": wss}

    return start


def start(page, url, *protocols):
    page.evaluate(f"start({json.dumps(url)}, {json.dumps(protocols)})")


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_text_and_binary_arrive(both, blank, scheme):
    daemon, urls = both()
    start(blank, urls[scheme] + "/ws/lobby")
    blank.wait("state", "open ")
    publisher = daemon.publisher()
    publisher.publish("roomcast:room:lobby", "grüße 🙂")
    publisher.publish("roomcast:room:lobby", b"\xff\x00\x01")
    publisher.publish("roomcast:room:lobby", "x" * 300_000)
    blank.wait("got.length", 3)
    assert blank.evaluate("got.slice(0, 2)") == ["grüße 🙂", [255, 0, 1]]
    assert blank.evaluate("got[2] === 'x'.repeat(300000)")
    blank.evaluate("socket.close(4001, 'enough')")
    blank.wait("state", "closed 4001 enough")
    daemon.wait_metric("roomcast_connections", 0)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_deflated_messages_arrive(both, blank, scheme):
    daemon, urls = both(delivery=compression())
    start(blank, urls[scheme] + "/ws/lobby")
    blank.wait("state", "open ")
    extensions = blank.evaluate("socket.extensions")
    assert ANSWER.fullmatch(extensions)[1] == "12"
    texts = ["short", some_json(1000), some_json(300_000), "grüße 🙂" * 100]
    publisher = daemon.publisher()
    for text in texts:
        publisher.publish("roomcast:room:lobby", text)
    publisher.publish("roomcast:room:lobby", b"\xff" * 1000)
    blank.wait("got.length", 5)
    assert blank.evaluate("got.slice(0, 4)") == texts
    assert blank.evaluate("got[4]") == [255] * 1000
    daemon.wait_metric(KEPT, 4)
    # What the page sends is deflated, too, and ignored.
    blank.evaluate("socket.send('x'.repeat(4000))")
    daemon.wait_metric("roomcast_inbound_frames_total", 1)
    publisher.publish("roomcast:room:lobby", "still here")
    blank.wait("got[5]", "still here")


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_a_shutdown_is_told(both, blank, scheme):
    daemon, urls = both()
    start(blank, urls[scheme] + "/ws/lobby")
    blank.wait("state", "open ")
    daemon.signal()
    blank.wait("state.slice(0, 11)", "closed 1012")
    assert daemon.wait_exit() == 0


@pytest.mark.parametrize(
    "offered, chosen",
    [
        (["chat.v1", "roomcast.jwt"], "chat.v1"),
        (["roomcast.jwt"], "roomcast.jwt"),
    ],
)
def test_a_token_as_subprotocol(both, blank, tmp_path, offered, chosen):
    sections = auth(tmp_path)
    sections["auth"]["people"]["token"] = ["subprotocol"]
    sections["routes"][-1]["subprotocols"] = ["chat.v1"]
    _, urls = both(**sections)
    start(blank, urls["wss"] + "/user?rooms=a", *offered, token("ada"))
    blank.wait("state", f"open {chosen}")


def test_a_token_that_is_refused_fails_the_connection(both, blank, tmp_path):
    sections = auth(tmp_path)
    sections["auth"]["people"]["token"] = ["subprotocol"]
    daemon, urls = both(**sections)
    start(blank, urls["ws"] + "/user?rooms=a", "roomcast.jwt", "a.b.c")
    blank.wait("state", "closed 1006 ")
    daemon.wait_metric('roomcast_refused_total{status="401"}', 1)


@pytest.mark.parametrize(
    "origins, state",
    [
        (["null"], "open "),  # what a page from disk comes from
        (["https://app.example.com"], "closed 1006 "),
    ],
)
def test_the_origin_of_a_page_from_disk(gateway, blank, origins, state):
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "origins": origins}
    daemon = gateway(routes=[route])
    start(blank, daemon.ws_url())
    blank.wait("state", state)


@pytest.mark.parametrize("scheme", ["ws", "wss"])
def test_the_example_page_listens(both, page, scheme):
    daemon, urls = both()
    target = urllib.parse.quote(urls[scheme] + "/ws/lobby", safe="")
    page.open(f"{LISTEN.as_uri()}#{target}")
    state = "document.getElementById('state').textContent"
    page.wait(state, "connected")
    publisher = daemon.publisher()
    publisher.publish(
        "roomcast:send",
        '{"rooms": ["lobby"], "message": {"text": "<b>hi</b>"}}',
    )
    publisher.publish("roomcast:broadcast", b"\xfe\xff")
    text = b'{"rooms": ["lobby"], "binary": "Z3LDvMOfZQ=="}'
    publisher.publish("roomcast:send", text)
    page.wait(state, "connected, 3 received")
    items = "[...document.querySelectorAll('li pre')].map(e => e.textContent)"
    assert page.evaluate(items) == [
        "grüße",
        "2 bytes: fe ff",
        '{"text": "<b>hi</b>"}',
    ]
    daemon.signal()
    page.wait(f"{state}.startsWith('closed (1012')", True)
    assert daemon.wait_exit() == 0


def test_the_example_page_brings_a_token(gateway, page, tmp_path):
    """And says a gap, where it asks for ids."""
    sections = auth(tmp_path)
    sections["auth"]["people"]["token"] = ["subprotocol"]
    sections["routes"][-1] |= {"resume": True, "origins": ["null"]}
    daemon = gateway(history={}, **sections)
    page.open(f"{LISTEN.as_uri()}#{daemon.ws_url('/user?rooms=a')}")
    state = "document.getElementById('state').textContent"
    page.wait(f"{state}.startsWith('closed (1006)')", True)
    page.evaluate(
        f"$('token').value = {json.dumps(token('ada'))};"
        "$('ids').checked = true; $('options').requestSubmit(); null"
    )
    page.wait(f"{state} === 'connected' && since !== ''", True)
    page.evaluate("since = 'unknown'; connect()")
    notes = "$('messages').textContent.includes('messages may be missing')"
    page.wait(notes, True)
