"""clients/python, with Debian's websockets and with the newest one."""

import json
import shutil
import subprocess
import sys

import pytest

from rig.pages import filled, snippet
from rig.people import SECRET
from rig.people import token as token_of
from rig.ports import free_port
from rig.python import SOURCES, newest, python  # noqa: F401, fixtures
from rig.redisserver import RedisServer
from rig.waiting import eventually, seconds

sys.path.insert(0, str(SOURCES / "src"))
import roomcast  # noqa: E402, which is there now

pytestmark = pytest.mark.outside

STREAM = "roomcast:stream"
ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {"path": "/plain/{room}", "rooms": ["{room}"], "welcome": True},
    {
        "path": "/hello/{room}",
        "rooms": ["{room}"],
        "welcome": True,
        "resume": True,
    },
]


class App:
    """A scenario that runs, and what it says."""

    def __init__(self, process):
        self.process = process

    def next(self):
        line = self.process.stdout.readline()
        assert line, self.process.communicate()[1]
        words = json.loads(line)
        return words[0] if len(words) == 1 else tuple(words)

    def rest(self):
        """All until its end, which is a clean one."""
        out, errors = self.process.communicate(timeout=seconds(25))
        assert (self.process.returncode, errors) == (0, "")
        words = [json.loads(line) for line in out.splitlines()]
        return [x[0] if len(x) == 1 else tuple(x) for x in words]


@pytest.fixture
def app(python):
    """Start a scenario, and be there when it is connected."""
    started = []

    def start(name, *words, is_in=True):
        started.append(python.start(name, *words))
        one = App(started[-1])
        if is_in:
            assert one.next() == "in"
        return one

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def daemon(gateway):
    return gateway(history={}, routes=ROUTES)


@pytest.fixture
def publisher(daemon):
    with roomcast.Publisher(f"redis://127.0.0.1:{daemon.publish_port}") as made:
        yield made


def test_nothing_is_lost_when_all_is_killed(gateway, tmp_path, app):
    """The gateway and its Redis, in turn and together, without a goodbye."""
    server = RedisServer(
        tmp_path, "--appendonly", "yes", "--appendfsync", "always"
    ).start()
    try:
        daemon = gateway(
            server,
            listen=[{"address": f"127.0.0.1:{free_port()}"}],
            history={"stream": STREAM},
            # Who comes before the stream is read waits for three of them.
            redis={"heartbeat": "20s"},
            routes=ROUTES,
        )
        client = app("follow", daemon.ws_url())
        numbers = iter(range(1000))

        def publish(count):
            with roomcast.Publisher(server.url, stream=STREAM) as publisher:
                for _ in range(count):
                    publisher.to_room("lobby", text=str(next(numbers)))

        publish(20)
        daemon.kill()
        publish(20)
        server.kill()
        server.start()
        publish(20)
        daemon.start()
        daemon.wait_metric("roomcast_connections", 1)
        publish(20)
        server.kill()
        server.start()
        publish(20)
        with roomcast.Publisher(server.url, stream=STREAM) as publisher:
            end = publisher.send(rooms="lobby", text="end")
        assert end.id and end.receivers == 0
        assert client.rest() == [str(i) for i in range(100)]
    finally:
        server.finish()


def test_a_gap_is_told_in_its_place(daemon, publisher, app):
    """An unknown cursor; then sent away, it comes back to what it missed."""
    client = app("follow", daemon.ws_url(), "unknown")
    publisher.to_room("lobby", text="a")
    word, ident, _ = client.next()
    assert word == "gap" and ident
    assert client.next() == "a"
    publisher.disconnect(rooms="lobby", code=4429)
    publisher.to_room("lobby", data=b"\xff")
    publisher.to_room("lobby", text="end")
    assert client.rest() == ["bytes"]


def test_without_ids_each_return_is_a_gap(daemon, publisher, app):
    client = app("plain", daemon.ws_url("/plain/lobby"))
    publisher.disconnect(rooms="lobby", code=4429)
    assert client.next() == ("gap", "", True)
    publisher.to_room("lobby", text="end")
    assert client.rest() == []


def test_what_the_app_says_is_final(daemon, publisher, app):
    client = app("follow", daemon.ws_url())
    publisher.disconnect(rooms=["lobby"], code=4001, reason="signed out")
    assert client.rest() == [("closed", 4001, "signed out")]
    stranger = app("missing", daemon.ws_url("/none"), is_in=False)
    assert stranger.rest() == [("closed", 4404)]


def test_a_message_over_the_bound_ends_it(daemon, publisher, app):
    """It would come again each time that the client came back."""
    client = app("small", daemon.ws_url())
    publisher.to_room("lobby", text="x" * 101)
    ((word, code, _),) = client.rest()
    assert (word, code) == ("closed", 1009)


def test_it_knows_its_own_id(daemon, publisher, app):
    client = app("whoami", daemon.ws_url("/plain/lobby"))
    publisher.broadcast({"n": 1})
    message, ident = client.next()
    assert message == {"n": 1} and len(ident) == 22
    assert client.rest() == []


def test_it_is_spared_as_who_it_was(daemon, app):
    redis = f"redis://127.0.0.1:{daemon.publish_port}"
    url = daemon.ws_url("/hello/lobby")
    assert app("spared", url, redis, is_in=False).rest() == [False]


def test_it_ends_when_it_is_cancelled(daemon, publisher, app):
    """With nothing left open, and nothing to complain of."""
    client = app("cancelled", daemon.ws_url())
    daemon.wait_metric("roomcast_connections", 2)
    publisher.to_room("lobby", text="hi")
    assert client.rest() == ["out"]
    daemon.wait_metric("roomcast_connections", 0)


def test_without_asyncio(daemon, publisher, app):
    """A gap is told in the thread that iterates, and time may be over."""
    client = app("sync", daemon.ws_url(), is_in=False)
    words = [client.next(), client.next()]
    if "in" == words[1]:
        words.reverse()
    assert words[0] == "in" and words[1][0] == "gap" and words[1][2] is True
    for text in "a", "b", "c":
        publisher.to_room("lobby", text=text)
    assert [client.next() for _ in "abc"] == ["a", "b", "c"]
    publisher.disconnect(rooms="lobby", code=4001)
    assert client.next() == ("closed", 4001, "")
    assert client.next() == "in"
    publisher.to_room("lobby", text="d")
    assert client.rest() == ["d"]


def test_one_that_says_nothing_is_given_up(daemon, publisher, app):
    """Again and again, and nothing is lost."""
    client = app("hasty", daemon.ws_url())

    def returns():
        return daemon.metrics().sum("roomcast_resumes_total")

    for number in range(3):
        publisher.to_room("lobby", text=str(number))
        before = returns()
        eventually(lambda n=before: returns() >= n + 2, 20, "it comes back")
    publisher.to_room("lobby", text="end")
    assert client.rest() == ["0", "1", "2"]


PLACES = ["header.authorization", "query.token", "cookie.t", "subprotocol"]


@pytest.fixture
def guarded(gateway, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    login = {
        "type": "jwt",
        "algorithms": ["HS256"],
        "secret_file": str(secret),
        "token": PLACES,
    }
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "auth": "login"}
    return gateway(auth={"login": login}, routes=[route])


def test_a_token_that_is_refused_is_fetched_anew(guarded, app):
    """Wherever it is looked for, until the app says that it is enough; one that
    is fixed is not tried again."""
    url, good, old = guarded.ws_url(), token_of("ann"), token_of("ann", exp=1)
    run = app("tokens", url, old, good, *PLACES, is_in=False)
    assert run.rest() == [
        *(["token", "token", "in"] * len(PLACES)),
        *("token", "token", "token", ("closed", 4401)),
        ("closed", 4401),
    ]


def test_each_thing_that_a_publisher_sends(daemon, publisher, connect):
    tab = connect(daemon, "/plain/lobby")
    ident = json.loads(tab.recv())["connection"]
    other = connect(daemon, "/plain/lobby")
    other.recv()
    publisher.send(rooms="lobby", except_=[ident], message={"ü": [1, None]})
    publisher.send(connections=ident, data=b"\x00\xff")
    publisher.join(connections=[ident], rooms=["a b", 42])
    assert publisher.to_room(42, text="by number").receivers == 1
    publisher.leave(connections=ident, rooms=42)
    publisher.to_room("42", text="nobody")
    publisher.send(rooms=["a b", "lobby"], text="once", keep=False)
    publisher.join(rooms=iter(["attic"]), connections=iter([ident]))
    publisher.send(rooms=["attic"], text="joined")
    publisher.forget(rooms="lobby", ids=["1-0"])
    publisher.broadcast(None)
    assert other.recv_many(3) == ['{"ü":[1,null]}', "once", "null"]
    said = ["by number", "once", "joined", "null"]
    assert tab.recv_many(5) == [b"\x00\xff", *said]
    publisher.disconnect(users="nobody", connections=ident, reason="é")
    assert repr(tab.wait_closed()) == "Closed(4000, 'é')"


@pytest.mark.parametrize(
    "call",
    [
        lambda p: p.send(message=1),
        lambda p: p.send(rooms=[], text=""),
        lambda p: p.send(rooms=["a,b"], text=""),
        lambda p: p.send(rooms=["é" * 128], text=""),
        lambda p: p.send(users=["\x85"], text=""),
        lambda p: p.send(connections=["ü"], text=""),
        lambda p: p.send(connections=[7], text=""),
        lambda p: p.send(rooms=["a"], text="\ud800"),
        lambda p: p.send(rooms=["a"], message=float("nan")),
        lambda p: p.send(rooms=["a"]),
        lambda p: p.send(rooms=["a"], text="", data=b""),
        lambda p: p.to_room("", text=""),
        lambda p: p.join(rooms=["a"]),
        lambda p: p.join(rooms=[], users=[1]),
        lambda p: p.forget(ids=["a b"]),
        lambda p: p.forget(),
        lambda p: p.forget(ids=map(str, range(900)), rooms=range(101)),
        lambda p: p.disconnect(rooms=["a"], code=1008),
        lambda p: p.disconnect(rooms=["a"], reason="é" * 62),
    ],
)
def test_what_would_be_dropped_does_not_leave(call):
    with pytest.raises((ValueError, TypeError)):
        call(roomcast.Publisher(None))


def test_who_goes_by_ids_says_what_a_gap_does():
    for make in roomcast.connect, roomcast.listen:
        with pytest.raises(TypeError):
            make("ws://localhost/", since="")
        with pytest.raises(ValueError):
            make("ws://localhost/?since=")


@pytest.mark.long
def test_the_package(newest, tmp_path):
    """It is built, has what it must, and its types are right."""
    package = tmp_path / "package"
    shutil.copytree(
        SOURCES, package, ignore=shutil.ignore_patterns("__pycache__")
    )

    def run(*words):
        done = subprocess.run(
            [newest, "-m", *words],
            cwd=package,
            capture_output=True,
            text=True,
            timeout=seconds(60),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("build", "--no-isolation")
    (wheel,) = (package / "dist").glob("roomcast-*.whl")
    assert len([*(package / "dist").glob("roomcast-*.tar.gz")]) == 1
    target = tmp_path / "installed"
    run("pip", "install", "-q", "--no-deps", "--target", target, wheel)
    names = {path.name for path in (target / "roomcast").glob("*")}
    assert names >= {"__init__.py", "types.py", "stream.py", "py.typed"}
    (licence,) = target.glob("*.dist-info/**/LICENSE")
    assert licence.read_text() == (SOURCES.parents[1] / "LICENSE").read_text()
    run("mypy", "--cache-dir", tmp_path / "cache")


def shown(part):
    """The block of the page that holds this."""
    return snippet("docs/clients.md", "python", part)


def test_what_the_page_shows(daemon, publisher, python):
    """As it stands there, until it is told to end."""
    values = {"ws://127.0.0.1:8080/ws/lobby": daemon.ws_url()}
    redis = f"redis://127.0.0.1:{daemon.publish_port}"
    loop = "for message in roomcast.listen(url, since"
    texts = [shown("async with roomcast"), shown(loop)]
    runs = [App(python.run("-c", filled(text, values))) for text in texts]
    daemon.wait_metric("roomcast_connections", 2)
    publisher.to_room("lobby", 7)
    publisher.disconnect(rooms="lobby", code=4001)
    for run in runs:
        out, errors = run.process.communicate(timeout=seconds(25))
        assert out.split()[-1] == "7"
        assert "roomcast.events.Closed: 4001" in errors
    test = filled(
        shown("messages.next"), {**values, "redis://127.0.0.1:6390": redis}
    )
    assert App(python.run("-c", test)).rest() == []
