"""docs/clients.md: what it shows runs as it stands there, in Node.js and Go.
What is a browser's own is in test_chromium_resume.py."""

import json
import shutil
import subprocess

import pytest

from rig.gateway import ROOT
from rig.node import node
from rig.pages import filled, snippet, snippets
from rig.people import SECRET, token
from rig.tokens import authenticator
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PAGE = "docs/clients.md"
LOBBY = "roomcast:room:lobby"
RESUME = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}
PAUSE = {"1000 + 2000 * Math.random()": "50"}
AWAY = '{"command": "disconnect", "rooms": ["lobby"], "code": 4000}'

# A browser's WebSocket throws nothing that nobody has asked for.
BROWSER = """
const { WebSocket: Plain } = require("ws");
globalThis.WebSocket = class extends Plain {
	constructor(...words) { super(...words); this.on("error", () => {}); }
};
"""
# What the pages name, and what a test sees and says.
HARNESS = """
const [url, ...words] = process.argv.slice(1);
const say = (what, value) => console.log(JSON.stringify([what, value]));
const asked = require("readline").createInterface({ input: process.stdin });
const handle = data => say("handle", String(data));
"""


class Script:
    """A script in Node.js that says what it does, line by line."""

    def __init__(self, node, code, *words):
        self.process = subprocess.Popen(
            ["node", "-e", code, *words],
            cwd=node.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def next(self):
        line = self.process.stdout.readline()
        assert line, "it has ended"
        return tuple(json.loads(line))

    def tell(self, line=""):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def finish(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def script(node):
    started = []

    def start(code, *words):
        started.append(Script(node, HARNESS + code, *words))
        return started[-1]

    yield start
    for process in started:
        process.finish()


def lines(holding, values=()):
    return filled(snippet(PAGE, "js", holding), dict(values))


def test_the_first_is_that_of_the_promise():
    """And it is what Chromium runs (test_chromium_resume.py)."""
    assert snippets(PAGE, "js")[0] == snippet("docs/delivery.md", "js", "ws.on")


def test_the_state_is_fetched_at_each_open(gateway, script):
    daemon = gateway()
    page = script(
        BROWSER
        + """
        const refetch = () => {
        	say("refetch");
        	return new Promise(resolve => asked.once("line", resolve));
        };
        """
        + lines("early", PAUSE)
        + "connect();",
        daemon.ws_url(),
    )
    publisher = daemon.publisher()
    assert page.next()[0] == "refetch"
    publisher.publish(LOBBY, "early")
    daemon.wait_metric("roomcast_deliveries_total", 1)
    page.tell("the state is there")
    assert page.next() == ("handle", "early")
    publisher.publish(LOBBY, "later")
    assert page.next() == ("handle", "later")
    publisher.publish("roomcast:control", AWAY)
    assert page.next()[0] == "refetch"


def test_what_is_not_newer_changes_nothing_and_pauses_grow(script):
    page = script(
        "{const items = new Map();"
        + lines("version <=")
        + """
        handle('{"id": 1, "version": 2, "name": "b"}');
        handle('{"id": 1, "version": 1, "name": "a"}');
        handle('{"id": 1, "version": 3, "open": true}');
        say("items", [...items.values()]);
        }
        const ws = new EventTarget(), connect = () => {};
        """
        + lines("failures")
        + """
        Math.random = () => 1;
        const pauses = Array.from({ length: 7 }, pause);
        ws.dispatchEvent(new Event("message"));
        say("pauses", [...pauses, pause()]);
        """,
        "",
    )
    items = [{"id": 1, "version": 3, "name": "b", "open": True}]
    assert page.next() == ("items", items)
    pauses = [1000, 2000, 4000, 8000, 16000, 30000, 30000, 1000]
    assert page.next() == ("pauses", pauses)


@pytest.mark.parametrize("end", ["signed out", "refused"])
def test_the_loop_with_tokens_and_codes(gateway, script, tmp_path, end):
    """The first token has expired, then the API fails; it comes back to what it
    missed, until the app's own session ends or it is told to stop."""
    people = authenticator(tmp_path, secret_file=SECRET)
    people["token"] = ["subprotocol"]
    route = {**RESUME, "auth": "people", "refuse": "close", "welcome": True}
    daemon = gateway(auth={"people": people}, history={}, routes=[route])
    good = token("42")
    page = script(
        BROWSER
        + """
        let api;
        const signIn = () => say("sign in");
        const refetch = () => say("gap");
        const stopped = (code, reason) => say("stopped", [code, reason]);
        const server = require("http").createServer((request, answer) => {
        	const token = words.shift();
        	say("asked");
        	answer.statusCode = token ? 200 : token === "" ? 500 : 401;
        	answer.end(JSON.stringify({ token }));
        }).listen(0, "127.0.0.1", () => {
        	api = `http://127.0.0.1:${server.address().port}/`;
        	connect();
        });
        """
        + lines("signIn", {"pause = 1000": "pause = 20"}),
        daemon.ws_url(),
        *(token("42", exp=1), "", good, good),
    )
    publisher = daemon.publisher()
    assert [page.next()[0] for _ in range(3)] == ["asked"] * 3
    daemon.wait_log("connection accepted")
    publisher.publish(LOBBY, "hi")
    assert page.next() == ("handle", "hi")
    publisher.publish("roomcast:control", AWAY)
    publisher.publish(LOBBY, "missed")
    assert page.next()[0] == "asked"
    assert page.next() == ("handle", "missed")
    if end == "refused":
        no = AWAY.replace("4000", '4403, "reason": "no"')
        publisher.publish("roomcast:control", no)
        assert page.next() == ("stopped", [4403, "no"])
        return
    publisher.publish("roomcast:control", AWAY)
    assert page.next()[0] == "asked"
    assert page.next()[0] == "sign in"


def test_a_line_that_is_silent_is_given_up(gateway, script):
    daemon = gateway(history={}, routes=[RESUME])
    page = script(
        BROWSER
        + """
        let ws, skew = 0;
        const now = Date.now;
        Date.now = () => now() + skew;
        asked.on("line", () => { skew += 60001; });
        function connect() {
        	ws = new WebSocket(url + "?since=");
        	ws.onmessage = () => { alive(); say("frame"); };
        	ws.onclose = () => say("closed");
        }
        """
        + lines("heard", {"5000": "20"})
        + "connect();",
        daemon.ws_url(),
    )
    for count in 1, 2, 3:
        assert page.next()[0] == "frame"
        daemon.wait_metric("roomcast_connections", 1)
        assert daemon.metric("roomcast_upgraded_total") == count
        page.tell("a minute has passed")


def publish_and_send_away(daemon):
    """Messages, and it is sent away now and then; what it is to have got."""
    publisher = daemon.publisher()
    daemon.wait_metric("roomcast_connections", 1, timeout=20)
    for i in range(20):
        publisher.publish(LOBBY, str(i))
        if i % 8 == 4:
            publisher.publish("roomcast:control", AWAY)
    return [str(i) for i in range(20)]


@pytest.fixture
def guarded(gateway, tmp_path):
    people = authenticator(tmp_path, secret_file=SECRET)
    people["token"] = ["header.authorization"]
    return gateway(
        auth={"people": people},
        history={},
        routes=[{**RESUME, "auth": "people"}],
    )


def test_the_client_in_nodejs(guarded, script):
    page = script(
        "const token = () => words[0], refetch = () => say('gap');"
        + lines("subarray(0, cut).toString", PAUSE)
        + "connect();",
        guarded.ws_url(),
        token("42"),
    )
    wanted = publish_and_send_away(guarded)
    assert [page.next() for _ in wanted] == [("handle", x) for x in wanted]


GO = """package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/coder/websocket"
)

func main() {
	handle := func(payload []byte) {
		fmt.Printf("%%s\\n", payload)
		if string(payload) == "19" {
			os.Exit(0)
		}
	}
	refetch := func() { fmt.Println("gap") }
	listen(context.Background(), os.Args[1], os.Args[2], handle, refetch)
}

%s
"""


@pytest.mark.long
def test_the_client_in_go(guarded, tmp_path):
    if not shutil.which("go"):
        pytest.skip("there is no go")
    folder = tmp_path / "go"
    shutil.copytree(ROOT / "tests" / "integration" / "go", folder)
    code = filled(
        snippet(PAGE, "go", "websocket.Dial"),
        {
            "time.Second + time.Duration(rand.Int63n(int64(2*time.Second)))":
            "time.Duration(rand.Int63n(int64(50*time.Millisecond)))",
        },
    )
    (folder / "main.go").write_text(GO % code)
    build = ["go", "build", "-o", "listen", "."]
    subprocess.run(build, cwd=folder, check=True, timeout=seconds(300))
    client = subprocess.Popen(
        [folder / "listen", guarded.ws_url(), token("42")],
        stdout=subprocess.PIPE,
        text=True,
    )
    wanted = publish_and_send_away(guarded)
    got, _ = client.communicate(timeout=seconds(20))
    assert got.split() == wanted
