"""clients/schema says of a payload what the gateway says of it."""

import json
import random

import pytest
import redis
from jsonschema import Draft202012Validator

from rig.gateway import ROOT
from rig.resuming import Frame, since

pytestmark = pytest.mark.outside

SEED = 20261126
COUNT = 600  # documents of each kind


def validator(name):
    file = ROOT / "clients" / "schema" / f"{name}.json"
    schema = json.loads(file.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def array(items):
    return f"[{', '.join(items)}]"


LONE = r'"a\udc00"'

# Values as they are spelt. What is wrong with each of ODD shows to a schema.
NAMES = [
    *map(quoted, ["a", "lobby", " ", "a/b*", "日本", "x" * 255, "é" * 127]),
    *("42", "-7", "0", "12345678901234567890123", r'"\u00e9"'),
    r'"\ud83d\ude00"',
]
ODD_NAMES = [
    *map(quoted, ["", "x" * 256, "\x7f", "a\x85b", "\x9f"]),
    *(r'"a\u0000"', r'"a\n"', r'"\u001f"'),
    *("1.5", "true", "null", "[]", '{"a": 1}', '["a"]'),
]
IDS = [*map(quoted, ["A", "x" * 64, "a b~", " "]), r'"\u0041"']
ODD_IDS = [
    *map(quoted, ["", "x" * 65, "ü", "\x7f"]),
    *(r'"\t"', r'"a\n"', LONE, "42", "null", "[]"),
]
MESSAGE_IDS = [*map(quoted, ["1764130000000-0", "x" * 64, "a~B._-"])]
ODD_MESSAGE_IDS = [
    *map(quoted, ["", "a b", "x" * 65, "ü", "a,b"]),
    *(r'"a\n"', LONE, "5", "null"),
]
ANY = [
    *("1", "-0", "1e400", "null", "true", '"hi"', "[]", "{}", r'"\ud800"'),
    *('{"a": 1, "a": 2}', '{ "b" : [1.50, {}] }', "[" * 128 + "]" * 128),
]
TEXTS = [*map(quoted, ["", "hi", "日本\x7f"]), r'"a\n\u0000\"\\"']
ODD_TEXTS = ["5", "null", "[]", "{}", "true"]
BASE64 = [*map(quoted, ["", "QQ==", "QQ", "QUI=", "QUI", "QUJD", "+/+/"])]
BASE64 += [r'"QUJD\n"', r'"QQ==\r\n"', r'"\n"']
ODD_BASE64 = [
    *map(quoted, ["Q", "QQ=", "Q===", "====", "-_-_", "QU=D", " QUJD"]),
    *(r'"QUJD\n\n"', r'"QUJD\r"', r'"QU\nJD"', r'"QQ==QQ=="', "7"),
]
ODD_OBJECTS = [
    *(b"", b" ", b"[]", b"1", b"null", b'"{}"', b"{", b"{]", b"{,}"),
    *(b"{'rooms': ['a'], 'text': ''}", b'{"rooms": ["a"] "text": ""}'),
    b'\xef\xbb\xbf{"rooms": ["a"], "text": ""}',
    *(b'{"rooms": ["a"], "text": "\xff"}', b'{"rooms": ["a"], "text": "\n"}'),
    *(b'{"rooms": ["a"], "message": %s}' % x for x in (b"NaN", b"01", b"+1")),
    *(b'{"rooms": ["a"], "message": 1}%s' % x for x in (b"x", b"{}", b",")),
    *(b'{"rooms": ["a"], "message": 1,}', b'{"rooms": [,], "message": 1}'),
]
# What no schema can say: of a key with such a value the gateway says why it
# drops the payload.
WIDE = (quoted("é" * 128), "255 bytes")
ROUND = [("1.0", "wrong type"), ("1e3", "wrong type")]
HALF = (LONE, "lone surrogate")
LONG = ("1" * 256, "255 bytes")
UNSAID_NAMES = [WIDE, LONG, HALF, *ROUND]
KEYS = {
    "rooms": (NAMES, [*ODD_NAMES, '"a,b"'], UNSAID_NAMES),
    "users": ([*NAMES, '"a,b"'], ODD_NAMES, UNSAID_NAMES),
    "connections": (IDS, ODD_IDS, []),
    "except": (IDS, ODD_IDS, []),
    "ids": (MESSAGE_IDS, ODD_MESSAGE_IDS, []),
    "message": (ANY, [], [("[" * 129 + "]" * 129, "nested too deep")]),
    "text": (TEXTS, ODD_TEXTS, [HALF]),
    "binary": (BASE64, ODD_BASE64, []),
    "keep": (["true", "false"], ["0", '"true"', "null"], []),
    "code": (
        ["1000", "4000", "4999"],
        ["999", "1001", "3999", "5000", "-4000", "4000.5", '"4000"', "null"],
        [("4000.0", "close code"), ("4e3", "close code")],
    ),
    "reason": (
        [*map(quoted, ["", "x" * 123, "é" * 61])],
        [quoted("x" * 124), "5", "null"],
        [(quoted("é" * 62), "123 bytes"), HALF],
    ),
}
ARRAYS = ["rooms", "users", "connections", "except", "ids"]
ODD_KEYS = ["room", "Rooms", "", "to", "channel", r"mess\u0061ges"]


class Kind:
    """Of documents: which keys make a good one, and which are known."""

    def __init__(self, name, channel, good, known):
        self.name = name
        self.channel = channel
        self.good = good  # from a random number generator to keys
        self.known = known


def some(rng, keys, at_least=1):
    keys = [*keys]
    rng.shuffle(keys)
    return keys[: rng.randint(at_least, len(keys))]


def envelope_keys(rng):
    return [
        *some(rng, ["rooms", "users", "connections"]),
        *some(rng, ["except", "keep"], 0),
        rng.choice(["message", "text", "binary"]),
    ]


def command_keys(rng):
    word = rng.choice(["join", "leave", "disconnect", "forget"])
    if word == "forget":
        keys = some(rng, ["ids", "rooms"])
    elif word == "disconnect":
        keys = some(rng, ["rooms", "users", "connections"])
        keys += some(rng, ["code", "reason"], 0)
    else:
        keys = ["rooms", *some(rng, ["users", "connections"])]
    return [f"command={word}", *keys]


KINDS = [
    Kind(
        *("envelope", "roomcast:send", envelope_keys),
        [*ARRAYS[:4], "message", "text", "binary", "keep"],
    ),
    Kind(
        *("command", "roomcast:control", command_keys),
        [*ARRAYS[:3], "ids", "code", "reason", "command=join"],
    ),
]


class Document:
    """One that is to be judged; unsaid, if no schema can see its mistake."""

    def __init__(self, rng, kind):
        self.rng = rng
        self.kind = kind
        self.unsaid = None
        keys = kind.good(rng)
        rng.shuffle(keys)
        self.members = [self.member(key) for key in keys]

    def member(self, key, values=None):
        key, _, word = key.partition("=")
        if word:
            return key, quoted(word)
        if values is None:
            values = KEYS[key][0]
        if key not in ARRAYS:
            return key, self.rng.choice(values)
        good = [self.rng.choice(KEYS[key][0]) for _ in range(3)]
        good = good[: self.rng.randrange(3)]
        place = self.rng.randint(0, len(good))
        good.insert(place, self.rng.choice(values))
        return key, array(good)

    def index(self):
        return self.rng.randrange(len(self.members))

    # -- each changes it a little

    def spoil(self):
        """A value that is none, in place of one or in an array."""
        at = self.index()
        key = self.members[at][0]
        odd = KEYS.get(key, ([], []))[1]
        if odd:
            self.members[at] = self.member(key, odd)

    def spoil_type(self):
        at = self.index()
        key = self.members[at][0]
        odd = ["5", "null", '"a"', "{}", "[]", "[[]]", "true", '["join"]']
        self.members[at] = (key, self.rng.choice(odd))

    def drop(self):
        del self.members[self.index()]
        if not self.members:
            self.add_odd()

    def add(self):
        """A key that may be too much; not one that is there."""
        keys = [json.loads(f'"{key}"') for key, _ in self.members]
        key = self.rng.choice(self.kind.known)
        if key.partition("=")[0] not in keys:
            self.members.insert(self.index(), self.member(key))

    def add_odd(self):
        self.members.append((self.rng.choice(ODD_KEYS), "1"))

    def escape(self):
        """The same key, written in another way."""
        at = self.index()
        key, value = self.members[at]
        if key and ord(key[0]) < 128 and "\\" not in key:
            self.members[at] = (f"\\u{ord(key[0]):04x}{key[1:]}", value)

    def command(self):
        words = ["joins", "Join", "", r"join\n"]
        words += ["forget", "disconnect", "leave"]
        for at, (key, _) in enumerate(self.members):
            if key == "command":
                self.members[at] = (key, f'"{self.rng.choice(words)}"')

    def say_what_no_schema_can(self):
        at = self.index()
        key, value = self.members[at]
        unsaid = KEYS.get(key, ([], [], []))[2]
        if unsaid and self.rng.random() < 0.8:
            value, self.unsaid = self.rng.choice(unsaid)
            self.members[at] = (key, array([value]) if key in ARRAYS else value)
        else:
            self.members.append((key, value))
            self.unsaid = "the same key twice"

    CHANGES = [
        *(spoil, spoil, spoil_type, drop, add, add, add_odd),
        *(escape, command),
    ]

    def change(self):
        if self.rng.random() < 0.1:
            self.say_what_no_schema_can()
            return
        for _ in range(self.rng.randrange(3)):
            self.rng.choice(self.CHANGES)(self)

    @property
    def bytes(self):
        blank = self.rng.choice(["", "", " ", "\r\n\t"])
        text = f",{blank}".join(f'"{k}"{blank}:{v}' for k, v in self.members)
        return f"{blank}{{{text}{blank}}}{blank}".encode()


def around(kind, key, value):
    """The least that is a good document with this member, if that is good."""
    if kind.name == "envelope":
        members = {"rooms": '["a"]', "text": '""', key: value}
        if key in ("message", "binary"):
            del members["text"]
    else:
        word = "forget" if key == "ids" else "disconnect"
        members = {"command": quoted(word), key: value}
        if key in ("code", "reason"):
            members["rooms"] = '["a"]'
    text = ", ".join(f'"{k}": {v}' for k, v in members.items())
    return f"{{{text}}}".encode()


def one_by_one(kind):
    """Each value that may or may not be one, in a document that is fine."""
    for key in kind.known:
        if "=" in key:
            continue
        good, odd, unsaid = KEYS[key]
        for value, why in [*((v, None) for v in [*good, *odd]), *unsaid]:
            value = array([value]) if key in ARRAYS else value
            yield around(kind, key, value), why
        for value in "[]", "{}", "7", '"a"', "[7]", '["a"]', "null":
            yield around(kind, key, value), None


def forget(count):
    """So many names in all, which no schema counts over two arrays."""
    half = array(['"a"'] * (count // 2))
    return f'{{"command": "forget", "ids": {half}, "rooms": {half}}}'.encode()


def documents(kind):
    """(bytes, what no schema can say or None): always the same ones."""
    rng = random.Random(SEED)
    for _ in range(COUNT):
        document = Document(rng, kind)
        document.change()
        yield document.bytes, document.unsaid
    yield from one_by_one(kind)
    yield from ((data, None) for data in ODD_OBJECTS)
    for _ in range(300):
        base64 = "".join(rng.choices("AQgw+/==\n\r-", k=rng.randrange(10)))
        text = json.dumps({"rooms": ["a"], "binary": base64})
        yield text.encode(), None
    for key in "ids", "rooms":
        for count in 1000, 1001:
            names = array(['"a"'] * count)
            text = f'{{"command": "forget", "{key}": {names}}}'
            yield text.encode(), None
    yield forget(1000), None
    yield forget(1002), "too many" if kind.name == "command" else None
    big = b'{"rooms": ["a"], "text": "%s"}' % (b"x" * 65536)
    yield big, "larger than limits.payload" if kind.name == "envelope" else None


def no_constant(word):
    raise ValueError(word)


def schema_takes(schema, data):
    try:
        value = json.loads(data.decode(), parse_constant=no_constant)
    except ValueError:
        return False
    return schema.is_valid(value)


def dropped(daemon, channel, payloads):
    """Of each payload why the gateway drops it, or None."""
    pipeline = daemon.publisher().pipeline(transaction=False)
    for payload in payloads:
        pipeline.publish(channel, payload)
    answers = pipeline.execute(raise_on_error=False)
    for answer in answers:
        if isinstance(answer, redis.ResponseError):
            assert str(answer).startswith("payload dropped: "), answer
            yield str(answer)
        else:
            assert answer in (0, 1)
            yield None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_schema_takes_what_the_gateway_takes(gateway, kind):
    daemon = gateway(limits={"payload": 65536}, log={"level": "info"})
    schema = validator(kind.name)
    cases = [*documents(kind)]
    whys = [*dropped(daemon, kind.channel, [data for data, _ in cases])]
    unsaid = set()
    for (data, why), drop in zip(cases, whys):
        is_taken = schema_takes(schema, data)
        if why is None:
            assert is_taken == (drop is None), (data, drop)
        else:
            assert is_taken and drop and why in drop, (data, drop)
            unsaid.add(why)
    taken = whys.count(None)
    assert len(cases) * 0.2 < taken < len(cases) * 0.8, taken
    expected = {"255 bytes", "wrong type", "lone surrogate"}
    expected.add("the same key twice")
    if kind.name == "envelope":
        expected |= {"nested too deep", "larger than limits.payload"}
    else:
        expected |= {"close code", "123 bytes", "too many"}
    assert unsaid == expected


def test_what_the_gateway_says_is_in_the_schemas(gateway, connect):
    """Each first line of a client with ids, and the welcome."""
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}
    daemon = gateway(history={}, routes=[{**route, "welcome": True}])
    lines, welcome = validator("notes"), validator("welcome")
    connect(daemon, "/ws/lobby?since=none")
    unknown = connect(daemon, since("/ws/lobby", "none"))
    known = connect(daemon, since("/ws/lobby"))
    publisher = daemon.publisher()
    publisher.publish("roomcast:room:lobby", "kept")
    publisher.publish(
        "roomcast:send", '{"rooms": ["lobby"], "text": "", "keep": false}'
    )
    words = []
    for client in unknown, known:
        for data in client.recv_many(4):
            assert lines.is_valid(data.partition("\n")[0]), data
            frame = Frame(data)
            words.append(frame.word)
            if frame.word == "welcome":
                assert welcome.is_valid(json.loads(frame.content))
    rest = ["welcome", None, None]
    assert words == ["gap", *rest, "at", *rest]
    for line in "a b c", "ü", " ", "x" * 65, "a\n", "a at\n", "\x00":
        assert not lines.is_valid(line), line
    for text in '{"type": "roomcast.welcome"}', '{"connection": "A"}', "[]":
        assert not welcome.is_valid(json.loads(text)), text
