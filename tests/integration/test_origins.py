"""Origins: whose pages may connect, and pages that pretend to be those."""

import pytest

from rig.client import Refused
from rig.raw import request
from rig.people import SECRET

ROUTES = [
    {"path": path, "rooms": ["lobby"], "origins": origins}
    for path, origins in [
        ("/exact", ["https://app.example.com"]),
        ("/port", ["http://localhost:3000"]),
        ("/wild", ["https://*.example.com"]),
        ("/wild-port", ["https://*.example.com:8443"]),
        ("/null", ["null", "https://app.example.com"]),
        ("/v6", ["http://[2001:db8::7]:8080"]),
        ("/v4", ["http://192.0.2.7"]),
        ("/phone", ["capacitor://localhost"]),
        ("/several", ["https://a.example", "https://*.b.example"]),
        ("/all", ["*"]),
        ("/all-and-one", ["https://a.example", "*"]),
    ]
]

ADMITTED = [
    ("/exact", "https://app.example.com"),
    ("/exact", "https://app.example.com:443"),
    ("/exact", "HTTPS://App.EXAMPLE.com"),
    ("/exact", "  https://app.example.com \t"),  # blanks are none of it
    ("/port", "http://localhost:3000"),
    ("/port", "http://LocalHost:3000"),
    ("/wild", "https://app.example.com"),
    ("/wild", "https://a.b.c.example.com"),
    ("/wild", "https://xn--mnchen-3ya.example.com"),
    ("/wild-port", "https://app.example.com:8443"),
    ("/null", "null"),
    ("/null", "https://app.example.com"),
    ("/v6", "http://[2001:db8::7]:8080"),
    ("/v6", "http://[2001:DB8:0:0:0:0:0:7]:8080"),
    ("/v4", "http://192.0.2.7:80"),
    ("/phone", "capacitor://localhost"),
    ("/several", "https://a.example"),
    ("/several", "https://x.b.example"),
    ("/all", "https://evil.example"),
    ("/all", "null"),
    ("/all", "nonsense"),
    ("/all-and-one", "https://evil.example"),
]

# What is wrong with it, the route, and the Origin.
TRICKS = [
    ("another site", "/exact", "https://evil.example"),
    ("suffix", "/exact", "https://app.example.com.evil.example"),
    ("prefix", "/exact", "https://evil-app.example.com"),
    ("prefix without a hyphen", "/exact", "https://evilapp.example.com"),
    ("a dot that is any byte", "/exact", "https://appxexample.com"),
    ("a shorter name", "/exact", "https://app.example.co"),
    ("the domain above", "/exact", "https://example.com"),
    ("the name below", "/exact", "https://x.app.example.com"),
    ("http for https", "/exact", "http://app.example.com"),
    ("http on https's port", "/exact", "http://app.example.com:443"),
    ("wss for https", "/exact", "wss://app.example.com"),
    ("another port", "/exact", "https://app.example.com:8443"),
    ("http's port", "/exact", "https://app.example.com:80"),
    ("port with a zero", "/exact", "https://app.example.com:0443"),
    ("port around 65536", "/exact", "https://app.example.com:65979"),
    ("no port behind the colon", "/exact", "https://app.example.com:"),
    ("userinfo", "/exact", "https://app.example.com@evil.example"),
    ("userinfo in front", "/exact", "https://user@app.example.com"),
    ("userinfo with port", "/exact", "https://app.example.com:443@evil.x"),
    ("trailing dot", "/exact", "https://app.example.com."),
    ("path", "/exact", "https://app.example.com/"),
    ("site in the path", "/exact", "https://evil.example/app.example.com"),
    ("site in the query", "/exact", "https://evil.x?https://app.example.com"),
    ("site in the fragment", "/exact", "https://evil.x#.app.example.com"),
    ("backslash", "/exact", "https://evil.x\\.app.example.com"),
    ("encoded dot", "/exact", "https://app%2eexample.com"),
    ("encoded NUL", "/exact", "https://app.example.com%00.evil.x"),
    ("null, not listed", "/exact", "null"),
    ("empty", "/exact", ""),
    ("star", "/exact", "*"),
    ("no scheme", "/exact", "app.example.com"),
    ("relative scheme", "/exact", "//app.example.com"),
    ("two in one", "/exact", "https://app.example.com https://evil.x"),
    ("a list", "/exact", "https://app.example.com, https://evil.x"),
    ("full-width dot", "/exact", "https://app\uff0eexample.com"),
    ("Cyrillic a", "/exact", "https://\u0430pp.example.com"),
    ("its punycode", "/exact", "https://xn--pp-6kc.example.com"),
    ("long s", "/exact", "http\u017f://app.example.com"),
    ("soft hyphen", "/exact", "https://app.ex\u00adample.com"),
    ("javascript", "/exact", "javascript://app.example.com"),
    ("file", "/exact", "file://"),
    ("4,000 bytes", "/exact", "https://" + "a." * 2000 + "example.com"),
    ("no port", "/port", "http://localhost"),
    ("the address for the name", "/port", "http://127.0.0.1:3000"),
    ("one digit more", "/port", "http://localhost:30000"),
    ("localhost as a suffix", "/port", "http://evil.localhost:3000"),
    ("the wildcard's own domain", "/wild", "https://example.com"),
    ("an empty label", "/wild", "https://.example.com"),
    ("two dots", "/wild", "https://app..example.com"),
    ("the star itself", "/wild", "https://*.example.com"),
    ("no dot in front", "/wild", "https://evilexample.com"),
    ("hyphen in front", "/wild", "https://evil-example.com"),
    ("domain in the middle", "/wild", "https://app.example.com.evil.x"),
    ("wildcard by http", "/wild", "http://app.example.com"),
    ("wildcard on a port", "/wild", "https://app.example.com:8443"),
    ("userinfo below", "/wild", "https://evil.x/@app.example.com"),
    ("default port there", "/wild-port", "https://app.example.com"),
    ("NULL", "/null", "NULL"),
    ("null and more", "/null", "null, https://app.example.com"),
    ("null as a host", "/null", "https://null"),
    ("another v6", "/v6", "http://[2001:db8::8]:8080"),
    ("v6 without brackets", "/v6", "http://2001:db8::7:8080"),
    ("v6 with a zone", "/v6", "http://[2001:db8::7%25eth0]:8080"),
    ("v6 without its port", "/v6", "http://[2001:db8::7]"),
    ("v4 as one number", "/v4", "http://3221225991"),
    ("v4 in hex", "/v4", "http://0xc0.0x0.0x2.0x7"),
    ("v4 in v6", "/v4", "http://[::ffff:192.0.2.7]"),
    ("the domain of the second", "/several", "https://b.example"),
    ("between the two", "/several", "https://x.a.example"),
]


@pytest.fixture
def daemon(gateway):
    return gateway(routes=ROUTES, limits={"request_head": "32KiB"})


def ask(raw, daemon, data):
    """The answer; what is refused must be refused in good form."""
    with raw(daemon) as s:
        s.send(data)
        if b" 101 " in (head := s.read_until(b"\r\n")):
            return 101, None
        s.buffer = head + s.buffer
        answer = s.read_refusal()
        return answer.status, answer.body


def test_the_listed_ones_are_admitted(daemon, raw):
    for path, origin in ADMITTED:
        status, _ = ask(raw, daemon, request(path, {"Origin": origin}))
        assert status == 101, (path, origin)
    daemon.wait_metric("roomcast_upgraded_total", len(ADMITTED))


def test_tricks_get_403_and_read_nothing_of_themselves(daemon, raw):
    got = {}
    for what, path, origin in TRICKS:
        status, body = ask(raw, daemon, request(path, {"Origin": origin}))
        got[what] = status, body
    refusal = 403, b"the origin is not permitted\n"
    assert got == {what: refusal for what, _, _ in TRICKS}
    refused = daemon.metric('roomcast_refused_total{status="403"}')
    assert refused == len(TRICKS) >= 19
    daemon.wait_metric("roomcast_memberships", 0)


@pytest.mark.parametrize(
    "text",
    ["https://app.example.com\0.evil.x", "https://app.example.com\x7f"],
)
def test_control_characters_are_no_header_at_all(daemon, raw, text):
    data = request("/exact", {"Origin": text})
    assert ask(raw, daemon, data)[0] == 400


@pytest.mark.parametrize(
    "first, second",
    [
        ("https://app.example.com", "https://evil.example"),
        ("https://evil.example", "https://app.example.com"),
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com", ""),
        ("", "https://app.example.com"),
    ],
)
def test_two_origins_are_none(daemon, raw, first, second):
    data = request("/exact", {"Origin": first, "origin": second})
    assert data.lower().count(b"origin:") == 2
    assert ask(raw, daemon, data)[0] == 403


def test_the_name_of_the_header_is_spelt_in_any_case(daemon, raw):
    data = request("/exact", {"oRIGIN": "https://evil.example"})
    assert ask(raw, daemon, data)[0] == 403


def test_look_alike_headers_do_not_count(daemon, raw):
    for name in "X-Origin", "Sec-WebSocket-Origin", "Referer":
        data = request(
            "/exact",
            {"Origin": "https://evil.x", name: "https://app.example.com"},
        )
        assert ask(raw, daemon, data)[0] == 403


def test_who_is_no_browser_passes(daemon, raw):
    assert ask(raw, daemon, request("/exact"))[0] == 101


def test_a_real_client(daemon, connect):
    client = connect(daemon, "/wild", origin="https://app.example.com")
    daemon.publisher().publish("roomcast:room:lobby", "hi")
    assert client.recv() == "hi"
    with pytest.raises(Refused) as refusal:
        connect(daemon, "/wild", origin="https://evil-example.com")
    assert refusal.value.status_code == 403


def test_the_origin_is_judged_before_the_token(gateway, raw, tmp_path):
    """Another site learns nothing about tokens."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    daemon = gateway(
        auth={
            "people": {
                "type": "jwt",
                "algorithms": ["HS256"],
                "secret_file": str(secret),
            }
        },
        routes=[
            {
                "path": "/user",
                "rooms": ["{user}"],
                "auth": "people",
                "origins": ["https://app.example.com"],
            }
        ],
    )
    evil = request("/user?token=x", {"Origin": "https://evil.x"})
    assert ask(raw, daemon, evil)[0] == 403
    app = request("/user?token=x", {"Origin": "https://app.example.com"})
    assert ask(raw, daemon, app)[0] == 401


# -- the warning at start

WARNING = "a browser from any site may connect"


def warnings(daemon):
    return [line for line in daemon.log().splitlines() if WARNING in line]


def test_open_doors_are_named_at_start(gateway):
    daemon = gateway(
        routes=[
            {"path": "/open/{room}", "rooms": ["{room}"]},
            {
                "path": "/closed",
                "rooms": ["x"],
                "origins": ["https://app.example.com"],
            },
        ]
    )
    (line,) = warnings(daemon)
    assert "routes[0]: /open/{room} has auth none" in line
    assert " warn " in f" {line.lower()} "


def test_a_closed_door_is_not_worth_a_word(daemon):
    assert warnings(daemon) == []


def test_a_door_with_a_lock_is_not_worth_a_word(gateway, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    jwt = {"type": "jwt", "algorithms": ["HS256"], "secret_file": str(secret)}
    hook = {
        "type": "http",
        "url": "http://127.0.0.1:1/auth",
        "headers": ["authorization"],
    }
    daemon = gateway(
        auth={"token": jwt, "app": hook},
        routes=[
            {"path": "/token", "rooms": ["x"], "auth": "token"},
            {"path": "/app", "rooms": ["x"], "auth": "app"},
        ],
    )
    assert warnings(daemon) == []


def test_a_lock_that_cookies_open_is(gateway):
    """Browsers send them along whatever page opens the WebSocket."""
    hook = {"type": "http", "url": "http://127.0.0.1:1/auth"}
    route = {"path": "/app", "rooms": ["x"], "auth": "app"}
    (line,) = warnings(gateway(auth={"app": hook}, routes=[route]))
    assert "goes by a cookie" in line
