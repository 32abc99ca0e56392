"""docs/troubleshooting-apps.md: each command is run as it stands there, in the
state that the page tells of, and prints what the page shows."""

import re
import threading

import pytest

from rig.console import Console, sections
from rig.pages import snippet
from rig.people import SECRET, token
from rig.resuming import Resuming
from rig.reverseproxies import Nginx, program
from rig.tls import certificates
from rig.tokens import authenticator
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PAGE = "docs/troubleshooting-apps.md"
BLOCKS = {
    title: [body for language, body in blocks if language == "console"]
    for title, blocks in sections(PAGE).items()
}
LOBBY = "roomcast:room:lobby"
BOTH = ["websocket", "sse"]
ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"]},
    {"path": "/ws/ids/{room}", "rooms": ["{room}"], "resume": True},
    {
        "path": "/ws/private/{room}",
        "rooms": ["{room}"],
        "auth": "people",
        "transports": BOTH,
    },
    {
        "path": "/ws/site/{room}",
        "rooms": ["{room}"],
        "origins": ["https://app.example.com"],
        "transports": BOTH,
    },
    {"path": "/ws/events/{room}", "rooms": ["{room}"], "transports": ["sse"]},
]


class Scene:
    """A gateway, and the page's commands with its addresses in them."""

    def __init__(self, folder, daemon):
        self.daemon = daemon
        self.publisher = daemon.publisher()
        host = daemon.ws_url("").removeprefix("ws://")
        self.console = Console(
            folder,
            {
                "https://push.example.com": f"http://{host}",
                "wss://push.example.com": f"ws://{host}",
                "127.0.0.1:9180": daemon.admin_url.removeprefix("http://"),
                "-p 6390": f"-p {daemon.publish_port}",
                "--max-time 3": f"--max-time {seconds(0.5)}",
                "--max-time 2": f"--max-time {seconds(0.5)}",
            },
        )
        lines = folder / "lines.sh"
        lines.write_text(self.console.filled(snippet(PAGE, "sh", "ask()")))
        self.console.environment["BASH_ENV"] = str(lines)

    def check(self, heading, number=0):
        self.console.follow(BLOCKS[heading][number])

    def check_while(self, publish, *block):
        """publish is called again and again while somebody listens."""
        over = threading.Event()

        def go_on():
            while not over.wait(0.05):
                if self.daemon.metric("roomcast_connections"):
                    publish()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            self.check(*block)
        finally:
            over.set()
            thread.join()


@pytest.fixture
def scene(tmp_path, gateway):
    people = authenticator(tmp_path, secret_file=SECRET)
    people["token"] = ["query.token"]
    return Scene(
        tmp_path,
        gateway(
            auth={"people": people},
            history={"stream": "roomcast:stream"},
            routes=ROUTES,
        ),
    )


def test_every_block_has_a_test():
    """Those below."""
    assert {title: len(x) for title, x in BLOCKS.items() if x} == {
        "Refused, and the page cannot see why": 2,
        "401, again and again": 1,
        "Another origin": 2,
        "Nothing arrives": 2,
        "Twice": 1,
        "Gaps without a reason": 1,
        "EventSource: events in lumps": 2,
        "EventSource: it has given up": 1,
    }


@pytest.mark.parametrize("number", [0, 1])
def test_refused(scene, number):
    scene.check("Refused, and the page cannot see why", number)


def test_an_old_token(scene):
    (block,) = BLOCKS["401, again and again"]
    (exp,) = set(re.findall(r"\b\d{10}\b", block))
    old = scene.console.folder / "token.txt"
    old.write_text(token("42", exp=int(exp)) + "\n")
    scene.check("401, again and again")


@pytest.mark.parametrize("number", [0, 1])
def test_another_origin(scene, number):
    scene.check("Another origin", number)


def test_it_arrives_elsewhere(scene):
    def publish():
        scene.publisher.publish(LOBBY, "hello")

    scene.check_while(publish, "Nothing arrives", 0)


def test_published_by_hand(scene, connect):
    connect(scene.daemon)
    scene.check("Nothing arrives", 1)


def test_twice(scene):
    def publish():
        scene.publisher.xadd("roomcast:stream", {LOBBY: "hello"})
        scene.publisher.publish(LOBBY, "hello")

    scene.check_while(publish, "Twice")


def test_a_cursor_that_is_none(scene):
    page = Resuming(scene.daemon.ws_url, "/ws/ids/lobby")
    page.cursor = "undefined"
    assert page.come().word == "gap"
    page.leave()
    scene.check("Gaps without a reason")


@pytest.mark.parametrize("number", [0, 1])
def test_events_in_lumps(scene, certificates, number):
    """Behind nginx, by docs/security.md; then with one that holds them."""
    program("nginx")
    folder = scene.console.folder / "nginx"
    folder.mkdir()
    proxy = Nginx(folder, certificates.first, scene.daemon)
    if number == 1:
        held = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering"
        whole = proxy.write
        proxy.write = lambda name, text: whole(
            name, text.replace("proxy_buffering off", held)
        )
    scene.console.values["https://push.example.com"] = (
        f"https://127.0.0.1:{proxy.port}"
    )
    pem = str(proxy.pair.certificate)
    scene.console.environment["CURL_CA_BUNDLE"] = pem
    try:
        proxy.start()
        scene.check("EventSource: events in lumps", number)
    finally:
        proxy.finish()


def test_it_has_given_up(scene):
    scene.check("EventSource: it has given up")
