"""docs/troubleshooting.md: each command is run as it stands there, in the state
that the page tells of, and prints what the page shows."""

import re
import threading

import pytest

from rig.client import Client, Refused
from rig.console import Console, sections
from rig.gateway import ROOT
from rig.people import auth, token
from rig.raw import request
from rig.redisserver import RedisServer
from rig.reverseproxies import Nginx, program
from rig.tls import certificates

pytestmark = pytest.mark.outside

PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
BLOCKS = sections("docs/troubleshooting.md")
JOURNAL = "journalctl -u roomcast -o cat --since -10min"


class Scene:
    """A Redis, a gateway, and what the page's commands find in place of
    what it names."""

    def __init__(self, folder, gateway, server, connect):
        self.folder = folder
        self.start = gateway
        self.server = server
        self.connect = connect
        self.console = None  # once it runs

    def run(self):
        people = auth(self.folder)["auth"]["people"]
        people["token"] = ["query.token"]
        of_people = {"rooms": ["{room}"], "auth": "people"}
        self.daemon = self.start(
            self.server,
            log={"level": "info"},
            auth={"people": people},
            routes=[
                {"path": "/ws/{room}", "rooms": ["{room}"]},
                {"path": "/user/{room}", **of_people},
                {"path": "/may/{room}", **of_people, "permit": "claim.rooms"},
            ],
        )
        self.daemon.wait_ready()
        values = {
            "127.0.0.1:9180": self.daemon.admin_url[len("http://") :],
            "-p 6379": f"-p {self.server.port}",
            JOURNAL: "cat journal",
            r"192\.0\.2\.7": r"127\.0\.0\.1",
            "timeout 10": "timeout 4",
        }
        self.console = Console(self.folder, values, self.daemon.log)
        self.console.environment["ROOMCAST_ADMIN"] = self.daemon.admin_url
        return self

    def user(self, room="lobby"):
        path = f"/user/{room}?token={token('42')}"
        return self.connect(self.daemon, path)

    def refused(self, query):
        with pytest.raises(Refused):
            Client.connect(self.daemon.ws_url(f"/may/orders{query}"))

    def publish(self, payload, channel="roomcast:send"):
        self.server.client().publish(channel, payload)


@pytest.fixture
def scene(tmp_path, gateway, redis_server, connect):
    return Scene(tmp_path, gateway, redis_server, connect)


@pytest.fixture
def behind(scene, certificates):
    """Put nginx in front, by docs/security.md, with some of it left out."""
    program("nginx")
    started = []

    def start(without=None):
        folder = scene.folder / "nginx"
        folder.mkdir()
        proxy = Nginx(folder, certificates.first, scene.daemon)
        if without:
            whole = proxy.write
            proxy.write = lambda name, text: whole(
                name, re.sub(rf".*{without}.*\n", "", text)
            )
        started.append(proxy.start())
        console = scene.console
        console.values["push.example.com"] = f"127.0.0.1:{proxy.port}"
        for name in "CURL_CA_BUNDLE", "SSL_CERT_FILE":
            console.environment[name] = str(proxy.pair.certificate)

    yield start
    for proxy in started:
        proxy.finish()


@pytest.fixture
def other_redis(tmp_path):
    """One that no gateway is connected to."""
    folder = tmp_path / "other"
    folder.mkdir()
    server = RedisServer(folder).start()
    yield server
    server.finish()


@pytest.fixture
def again_and_again():
    """Call a function so, beside the test, until that is over."""
    over = threading.Event()
    threads = []

    def start(function):
        def go_on():
            while not over.wait(0.05):
                function()

        threads.append(threading.Thread(target=go_on))
        threads[-1].start()

    yield start
    over.set()
    for thread in threads:
        thread.join()


@pytest.fixture
def publishing(scene, again_and_again):
    return lambda *words: again_and_again(lambda: scene.publish(*words))


def check(scene, heading, number):
    """Run a block of the page: the first is how it should be."""
    (title,) = [x for x in BLOCKS if x.startswith(heading)]
    scene.console.follow(BLOCKS[title][number][1])


def test_1_well(scene):
    check(scene.run(), "1.", 0)


def test_1_nothing_runs(scene):
    scene.run()
    scene.daemon.stop()
    check(scene, "1.", 1)


def test_2_well(scene):
    check(scene.run(), "2.", 0)


def test_2_redis_is_gone(scene):
    scene.run().server.kill()
    check(scene, "2.", 1)


def test_3_well(scene):
    scene.run().user()
    check(scene, "3.", 0)


def test_3_not_connected(scene):
    check(scene.run(), "3.", 1)


def test_4_well(scene):
    scene.run().user()
    check(scene, "4.", 0)


def test_4_another_room(scene):
    scene.run().user("Lobby")
    check(scene, "4.", 1)


def test_5_well(scene):
    client = scene.run().user()
    check(scene, "5.", 0)
    assert client.recv() == "is it you?"


def test_5_nobody(scene):
    scene.run().user("Lobby")
    check(scene, "5.", 1)


def test_6_well(scene):
    scene.run().user()
    check(scene, "6.", 0)
    check(scene, "6.", 2)


def test_6_another_redis(scene, other_redis):
    scene.run().console.values["-p 6379"] = f"-p {other_redis.port}"
    check(scene, "6.", 1)


@pytest.mark.waits
def test_7_well(scene, publishing):
    scene.run()
    publishing('{"rooms": ["lobby"], "text": "hello"}')
    check(scene, "7.", 0)


@pytest.mark.waits
def test_7_nothing_is_published(scene):
    check(scene.run(), "7.", 1)


@pytest.mark.waits
def test_7_published_elsewhere(scene, publishing):
    scene.run()
    publishing('{"rooms": ["lobby"], "text": "hello"}', "roomcast.send")
    check(scene, "7.", 2)


def test_8_well(scene, publishing):
    scene.run().user()
    publishing('{"rooms":["lobby"],"text":"hello"}')
    check(scene, "8.", 0)


@pytest.mark.parametrize(
    "payload, number",
    [
        ('{"rooms":["Lobby"],"text":"hello"}', 1),
        ('{"room":["lobby"],"text":"hello"}', 2),
    ],
    ids=["for_nobody", "dropped"],
)
def test_8_not_well(scene, payload, number):
    scene.run().user()
    assert scene.daemon.api("log?component=hub&level=debug", "PUT")[0] == 200
    scene.publish(payload)
    check(scene, "8.", number)


def test_9_well(scene):
    scene.run().user()
    check(scene, "9.", 0)


def test_9_does_not_read(scene, raw):
    s = raw(scene.run().daemon, receive_buffer=4096)
    s.send(request(f"/user/lobby?token={token('42')}"))
    scene.daemon.wait_metric("roomcast_connections", 1)
    scene.publish(b"x" * 1000000, "roomcast:room:lobby")
    check(scene, "9.", 1)


def test_10_well(scene, behind, publishing):
    scene.run()
    behind()
    publishing('{"rooms": ["lobby"], "text": "hello"}')
    check(scene, "10.", 0)


def test_10_no_upgrade(scene, behind):
    scene.run()
    behind(without="proxy_set_header Upgrade")
    check(scene, "10.", 1)


def test_why_can_user_42_not_connect(scene):
    scene.run().refused(f"?token={token('42', rooms=['a'])}")
    check(scene, "Why can user 42", 0)


def test_look_on_while_the_user_tries_again(scene, again_and_again):
    scene.run()
    query = f"?token={token('42', rooms=['a'])}"
    again_and_again(lambda: scene.refused(query))
    check(scene, "Why can user 42", 1)


def test_why_can_this_address_not_connect(scene):
    command = f"curl -s {scene.run().daemon.ws_url('/may/orders')}"
    upgrade = "-H 'Connection: Upgrade' -H 'Upgrade: websocket'"
    version = "-H 'Sec-WebSocket-Version: 13'"
    key = "-H 'Sec-WebSocket-Key: bm90aGluZyBhcnJpdmVzIQ=='"
    command = command.replace("ws:", "http:")
    done = scene.console.run(f"{command} {upgrade} {version} {key}")
    assert done.stdout == "no token\n"
    check(scene, "Why can user 42", 2)


def test_how_far_its_request_gets(scene, behind):
    scene.run()
    behind()
    check(scene, "Why can user 42", 3)


def test_why_was_it_cut_off(scene):
    scene.run().user()
    scene.publish(
        '{"command": "disconnect", "users": ["42"], "code": 4001}',
        "roomcast:control",
    )
    check(scene, "Why was it cut off", 0)


# -- the tables


def rows(heading):
    (part,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in part.splitlines()
        if line.startswith("| ") and not line.startswith("| ---")
    ]


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_each_reason_of_a_refusal_is_there():
    """With its status, as src/core/refused.def has them."""
    shown = set()
    for row in rows(r"Why can user 42 not connect\?")[1:]:
        status = None
        for part in re.findall(r"\d{3}|`\w+`", row[0]):
            if part.isdigit():
                status = part
            else:
                shown.add((status, part.strip("`")))
    source = (ROOT / "src" / "core" / "refused.def").read_text()
    assert shown == set(re.findall(r'REFUSED\(\w+, (\d+), "(\w+)"', source))


def test_each_reason_of_a_close_is_there():
    shown = {
        word
        for row in rows(r"Why was it cut off\?")[1:]
        for word in words(row[0])
    }
    source = (ROOT / "src" / "core" / "close.def").read_text()
    assert shown == set(re.findall(r'CLOSE\(\w+, \d+, "(\w+)"', source))


SOURCES = [
    re.sub(r'"\s*\n\s*"', "", path.read_text())
    for path in sorted((ROOT / "src").rglob("*"))
    if path.suffix in (".c", ".h", ".def")
]


def test_the_lines_of_the_log_are_there():
    lines = {
        (words(row[0])[0], word)
        for row in rows("A line of the log")[1:]
        for word in words(row[1])
    }
    code = "\n".join(SOURCES)
    for part, line in lines:
        assert f'"{part}"' in code and f'"{line}' in code, line


def test_what_a_start_may_say_is_there():
    code = "\n".join(SOURCES)
    part = PAGE.partition("### 1. ")[2].partition("### 2. ")[0]
    shown = re.findall(r"^\| `([^`]+)`", part, re.M)
    assert len(shown) == 4
    for words_of_it in shown[1:]:
        assert words_of_it in code


def test_no_warning_is_left_out():
    """Those whose words stand in the call that writes them."""
    table = rows("A line of the log")
    listed = {word for row in table for word in words(row[1])}
    call = re.compile(r'log_(?:warn|error)\(\s*LOG_(\w+),\s*"([^"]+)"')
    warnings = {x for text in SOURCES for x in call.findall(text)}
    assert len(warnings) > 30
    left_out = {
        (part, line)
        for part, line in warnings
        if not any(line.startswith(x) for x in listed)
    }
    assert left_out == set()
