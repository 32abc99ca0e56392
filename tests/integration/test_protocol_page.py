"""docs/protocol.md: its tables are the code's, each rule has a test that is
there, and a client that was written from it alone gets on with the gateway."""

import base64
import json
import re
import struct

import pytest

from rig import bare
from rig.bare import BINARY, CLOSE, PING, PONG, TEXT, Closed, Refused
from rig.gateway import ROOT
from rig.people import SECRET, token
from rig.tokens import authenticator
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
CORE = ROOT / "src" / "core"
NAMED = re.compile(r"`((?:unit/\w+/)?test_\w+\.(?:py|c))::(\w+)`")


# -- the page


def parts(text=PAGE):
    """Each heading with what stands below it, down to the next one."""
    return re.findall(r"^##+ (.*)\n((?:(?!##+ ).*\n)*)", text, re.M)


def section(title):
    (found,) = [body for heading, body in parts() if heading == title]
    return found


def rows(title):
    """The cells of the tables of a section, without their heads."""
    lines = [x for x in section(title).splitlines() if x.startswith("|")]
    heads = {i - 1 for i, x in enumerate(lines) if x.startswith("| ---")}
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for i, line in enumerate(lines)
        if i not in heads and not line.startswith("| ---")
    ]


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_named_test_is_there():
    tests = ROOT / "tests"
    texts = {}
    missing = []
    for file, name in set(NAMED.findall(PAGE)):
        path = tests / (file if "/" in file else f"integration/{file}")
        if path not in texts:
            texts[path] = path.read_text(encoding="utf-8")
        begins = r"START_TEST\({}\)" if path.suffix == ".c" else r"def {}\("
        if not re.search(begins.format(name), texts[path]):
            missing.append(f"{file}::{name}")
    assert missing == []


def test_every_rule_names_a_test():
    without = []
    for title, body in parts():
        rules = re.findall(r"^- (?:.*\n(?:  .*\n)*)", body, re.M)
        without += [rule for rule in rules if not NAMED.search(rule)]
        if (rules or "\n| " in body) and not NAMED.search(body):
            without.append(title)
    assert without == []


def test_the_statuses_are_those_of_the_code():
    shown = [
        (status, label, body)
        for status, labels, body in rows("The answer")
        for label in words(labels)
    ]
    source = (CORE / "refused.def").read_text()
    row = re.compile(r'^REFUSED\(\w+, (\d+), "(\w+)", "([^"]+)"\)', re.M)
    assert shown == row.findall(source)


def test_the_codes_are_those_of_the_code():
    """But for those that the client or the app has chosen."""
    shown = {
        (int(code), label, words(reason)[0] if words(reason) else None)
        for code, labels, reason in rows("The end of a connection")
        for label in words(labels)
    }
    source = (CORE / "close.def").read_text()
    silent = "PROTOCOL", "UTF8", "TOO_BIG", "PEER_GONE", "PONG_TIMEOUT"
    assert shown == {
        (int(code), label, None if name in silent else text)
        for name, code, label, text in re.findall(
            r'^CLOSE\((\w+), (\d+), "(\w+)", "([^"]+)"\)', source, re.M
        )
        if name not in ("PEER", "APP")
    }


def test_the_reasons_of_a_drop_are_those_of_the_code():
    shown = {
        label
        for cells in rows("What a publisher hears")
        if len(cells) == 2
        for label in words(cells[0])
    }
    source = (ROOT / "src" / "proto" / "envelope_reason.h").read_text()
    assert shown == set(re.findall(r'X\([A-Z_0-9]+, "(\w+)"', source))


def test_the_commands_of_the_embedded_port():
    """Those that run: some are there only to be refused by name."""
    source = (ROOT / "src" / "backend" / "embedded_commands.c").read_text()
    row = re.compile(r'^\t\{ "(\w+)",[^}]*?(\w+),\s+\w+ \}', re.M)
    run = {
        name
        for name, function in row.findall(source)
        if function not in ("NULL", "run_attack")
    }
    (rule,) = re.findall(r"lines typed by hand\.((?:.*\n  )+)", PAGE)
    assert set(re.findall(r"`([A-Z]+)`", rule)) == run


def test_the_limits_are_the_defaults():
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    row = re.compile(r"^\| `([\w.]+)` \| [^|]+\| `?([^|`]+)`? \|", re.M)
    keys = {
        f"{heading}.{key}": default
        for heading, body in parts(text)
        for key, default in row.findall(body)
    }
    units = {" MiB": "MiB", " KiB": "KiB", " s": "s", " min": "m", ",": ""}
    for names, shown, _ in rows("Limits"):
        for name, value in zip(words(names), shown.split(", ")):
            value = re.sub(r" (a|at|over|frames) .*", "", value)
            for unit, key in units.items():
                value = value.replace(unit, key)
            default = keys[name if "." in name else f"limits.{name}"]
            assert default == {"off": "0"}.get(value, value), name


# -- the client

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True},
    {"path": "/bin/{room}", "rooms": ["{room}"], "frames": "binary"},
    {
        "path": "/ids/{room}",
        "rooms": ["{room}"],
        "welcome": True,
        "resume": True,
        "history": 5,
        "transports": ["websocket", "sse"],
    },
    {"path": "/user", "rooms": ["{user}"], "auth": "people"},
    {"path": "/site", "rooms": ["a"], "origins": ["https://a.example"]},
    {"path": "/live/{room}", "rooms": ["{room}"], "transports": ["sse"]},
]


class Side:
    """Both ends of one gateway."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.wires = []
        port = "127.0.0.1", daemon.publish_port
        self.ask = self._kept(bare.Publisher(port, seconds(10))).ask

    def _kept(self, wire):
        self.wires.append(wire)
        return wire

    def socket(self, path="/ws/lobby", **options):
        at = self.daemon.address()
        return self._kept(bare.WebSocket(at, path, seconds(10), **options))

    def events(self, path, **options):
        at = self.daemon.address()
        return self._kept(bare.Events(at, path, seconds(10), **options))

    def publish(self, payload, channel="roomcast:room:lobby"):
        return self.ask("PUBLISH", channel, payload)

    def send(self, **envelope):
        return self.publish(json.dumps(envelope), "roomcast:send")

    def command(self, command, **more):
        text = json.dumps({"command": command, **more})
        return self.publish(text, "roomcast:control")

    def refused(self, path, **options):
        with pytest.raises(Refused) as refused:
            self.socket(path, **options)
        return refused.value


@pytest.fixture
def side(gateway, tmp_path):
    people = authenticator(tmp_path, secret_file=SECRET)
    people["token"] = ["subprotocol", "query.token"]
    it = Side(
        gateway(
            auth={"people": people},
            routes=ROUTES,
            history={"stream": "roomcast:stream"},
            delivery={"compression": {"min_size": 0}},
            limits={"inbound_message": "125B", "inbound_rate": 5},
        )
    )
    yield it
    for wire in it.wires:
        wire.close()


def welcomed(page):
    welcome = json.loads(page.next())
    assert welcome["type"] == "roomcast.welcome"
    return welcome["connection"]


def closed(page):
    """What comes before the end, and how it ends."""
    came = []
    try:
        while True:
            came.append(page.next())
    except Closed as end:
        return came, (end.code, end.reason)


def test_frames_without_ids(side):
    page, other = side.socket(), side.socket()
    mine, _ = welcomed(page), welcomed(other)
    assert side.publish("plain") == 1
    assert page.next() == other.next() == "plain"
    assert side.send(rooms=["lobby"], message={"n": 1.0}) == 1
    assert page.next() == other.next() == '{"n": 1.0}'
    side.send(rooms=["lobby"], text="é\n")
    assert page.next() == other.next() == "é\n"
    side.send(rooms=["lobby"], binary=base64.b64encode(b"\0\1").decode())
    assert page.next() == other.next() == b"\0\1"
    side.publish(b"lobby,attic\0\xff\0", "roomcast:send")
    assert page.next() == other.next() == b"\xff\0"
    side.send(rooms=["lobby"], text="not for me", **{"except": [mine]})
    side.publish("", "roomcast:broadcast")
    assert page.next() == ""
    assert [other.next(), other.next()] == ["not for me", ""]
    assert side.command("join", connections=[mine], rooms=[7]) == 1
    side.send(rooms=[7, "lobby", "attic"], connections=[mine], text="once")
    side.command("leave", connections=[mine], rooms=[7])
    side.send(rooms=[7], text="for nobody")
    side.publish("last")
    assert [page.next(), page.next()] == ["once", "last"]


def test_the_kinds_of_frames_and_what_a_client_may_say(side):
    page = side.socket("/bin/lobby")
    side.publish("text")
    assert page.next() == b"text"
    page.put(TEXT, b"ignored")
    page.put(PING, b"still there?")
    assert page.frame() == (PONG, b"still there?")
    page.put(CLOSE, struct.pack(">H", 3000))
    assert page.frame() == (CLOSE, struct.pack(">H", 3000))
    deflated = side.socket("/bin/lobby", deflate=True)
    assert "permessage-deflate" in deflated.answer["sec-websocket-extensions"]
    for size in 100, 100_000:
        side.publish("a" * size)
        assert deflated.next() == b"a" * size


def test_frames_with_ids(side):
    page = side.socket("/ids/lobby?since=")
    begin, word, rest = page.next_with_id()
    assert begin and (word, rest) == ("at", "")
    cursor, word, rest = page.next_with_id()
    assert (cursor, word) == ("", "welcome")
    mine = json.loads(rest)["connection"]
    add = "XADD", "roomcast:stream", "*"
    added = side.ask(*add, "roomcast:room:lobby", "a\nb")
    assert page.next_with_id() == (added, None, "a\nb")
    side.publish("typing")
    assert page.next_with_id() == ("", None, "typing")
    side.ask(*add, "roomcast:send", b"lobby\0\xff")
    cursor, word, rest = page.next_with_id()
    assert cursor and word is None and rest == b"\xff"
    page.close()
    said = json.dumps({"rooms": ["lobby"], "text": "mine", "except": [mine]})
    side.ask(*add, "roomcast:send", said)
    side.ask(*add, "roomcast:room:lobby", "missed")
    page = side.socket(f"/ids/lobby?since={added}&was={mine}")
    assert page.next_with_id()[1:] == ("at", "")
    assert page.next_with_id()[1] == "welcome"
    assert page.next_with_id() == (cursor, None, b"\xff")
    assert page.next_with_id()[1:] == (None, "missed")
    page = side.socket("/ids/lobby?since=nobodys")
    cursor, word, _ = page.next_with_id()
    assert word == "gap" and cursor not in ("", "nobodys")
    page = side.socket("/ids/lobby?history=2")
    welcomed(page)
    assert [page.next(), page.next()] == ["mine", "missed"]
    assert side.command("forget", ids=[added]) == 1
    page = side.socket(f"/ids/lobby?since={begin}")
    assert page.next_with_id()[1:] == ("at", "")
    assert page.next_with_id()[1] == "welcome"
    assert page.next_with_id()[1:] == (None, b"\xff")


def test_how_connections_end(side):
    page = side.socket()
    mine = welcomed(page)
    side.publish("before")
    said = {"code": 4001, "reason": "signed out"}
    side.command("disconnect", connections=[mine], **said)
    assert closed(page) == (["before"], (4001, "signed out"))

    def after(*frames):
        page = side.socket("/bin/lobby")
        for frame in frames:
            page.put(*frame)
        return closed(page)[1]

    assert after((TEXT, b"x", b"")) == (1002, "")
    assert after((TEXT, b"\xff")) == (1007, "")
    assert after((BINARY, b"x" * 126)) == (1009, "")
    assert after(*[(PONG,)] * 20) == (1008, "inbound rate")
    expiring = token("42", exp=1)
    assert side.refused(f"/user?token={expiring}").status == 401
    page = side.socket("/bin/lobby")
    side.daemon.signal()
    assert closed(page) == ([], (1012, "shutdown"))


def test_what_the_handshake_answers(side):
    offered = ("Sec-WebSocket-Protocol", f"roomcast.jwt, {token('42')}")
    page = side.socket("/user", headers=[offered])
    assert page.answer["sec-websocket-protocol"] == "roomcast.jwt"
    assert side.send(users=[42], text="to you") == 1
    assert page.next() == "to you"
    origin = ("Origin", "https://b.example")
    for status, path, options in [
        (400, "/ws/a,b", {}),
        (400, "/ws/lobby?since=", {}),
        (400, "/ids/lobby?since=&since=", {}),
        (401, "/user", {}),
        (403, "/site", {"headers": [origin]}),
        (404, "/nowhere", {}),
        (404, "/live/lobby", {}),
    ]:
        refused = side.refused(path, **options)
        assert refused.status == status and refused.why
        assert refused.headers["connection"] == "close"
        if status == 401:
            assert refused.headers["www-authenticate"] == "Bearer"
    side.socket("/site")
    with pytest.raises(Refused) as refused:
        side.events("/ws/lobby")
    assert refused.value.status == 426


def test_server_sent_events(side):
    stream = side.events("/ids/lobby")
    _, begin, data = stream.next()
    assert begin and data is None and 2000 <= stream.retry <= 3000
    event, cursor, data = stream.next()
    assert (event, cursor) == ("roomcast.welcome", None)
    mine = json.loads(data)["connection"]
    add = "XADD", "roomcast:stream", "*", "roomcast:room:lobby"
    first = side.ask(*add, "a\r\nb\rc\n")
    assert stream.next() == ("message", first, "a\nb\nc\n")
    second = side.ask(*add, b"\xff")
    assert stream.next() == ("binary", second, "/w==")
    side.publish("")
    assert stream.next() == ("message", None, "")
    side.command("disconnect", connections=[mine], code=4000)
    assert stream.next() == ("roomcast.close", None, "4000")
    assert stream.retry >= 24 * 3600 * 1000
    assert closed(stream)[1][0] == 1006
    stream = side.events(
        "/ids/lobby?since=nobodys", headers=[("Last-Event-ID", first)]
    )
    assert stream.next()[0] == "message"
    assert stream.next()[0] == "roomcast.welcome"
    assert stream.next() == ("binary", second, "/w==")
    stream = side.events("/ids/lobby?since=nobodys")
    event, cursor, data = stream.next()
    assert event == "gap" and cursor == data != "nobodys"
    stream = side.events("/live/lobby")
    side.ask(*add, "live")
    assert stream.next() == ("message", None, "live")


@pytest.mark.parametrize(
    "channel, payload, why",
    [
        ("roomcast:send", "", "the payload is empty"),
        ("roomcast:send", '{"rooms":["a"]', "malformed JSON"),
        ("roomcast:send", '{"room":["a"],"text":""}', "unknown key"),
        ("roomcast:send", '{"rooms":["a,b"],"text":""}', "a room name"),
        ("roomcast:send", '{"rooms":[1.0],"text":""}', "the wrong type"),
        ("roomcast:send", '{"rooms":["a"],"text":"","message":1}', "than one"),
        ("roomcast:send", '{"except":["a"],"text":""}', "no target"),
        ("roomcast:send", ",a\0text", "a room name"),
        ("roomcast:control", '{"command":"join","users":["a"]}', "no rooms"),
        (
            "roomcast:control",
            '{"command":"disconnect","users":["a"],"code":1001}',
            "a close code",
        ),
    ],
)
def test_what_is_dropped(side, channel, payload, why):
    answer = side.publish(payload, channel)
    assert answer.startswith("-ERR payload dropped: ") and why in answer
    added = side.ask("XADD", "roomcast:stream", "*", channel, payload)
    assert added.startswith("-ERR payload dropped: ")
