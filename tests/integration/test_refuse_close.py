"""`refuse: close`: why a WebSocket is refused, told to its page."""

import signal
import time

import pytest

from rig.asking import app
from rig.clock import NOW
from rig.events import request as stream_request
from rig.guarded import by_query, clock, clock_library, guarded
from rig.people import SECRET
from rig.people import token as token_of
from rig.raw import ACCEPT, CLOSE, request
from rig.rereading import change
from rig.tls import certificates
from rig.tokens import authenticator, token
from rig.waiting import eventually

ROOM = {"path": "/ws/{room}", "rooms": ["{room}"]}
TOLD = {**ROOM, "refuse": "close"}
OTHER_SITE = {"Origin": "https://b.example"}

# The same twice: a path, and what is asked for behind it.
ROUTES = [
    {"path": "/{room}", "rooms": ["{room}"]},
    {"path": "/site/a", "rooms": ["a"], "origins": ["https://a.example"]},
    {"path": "/user/{room}", "rooms": ["{room}"], "auth": "people",
     "permit": "claim.p"},
    {"path": "/app/a", "rooms": ["a"], "auth": "app"},
    {"path": "/stream/a", "rooms": ["a"], "transports": ["sse"]},
]
CASES = [
    (400, "room_name", "/%00", ()),
    (400, "room_name_too_long", "/" + "a" * 256, ()),
    (401, "no_token", "/user/a", ()),
    (401, "token", "/user/a?token=x.y.z", ()),
    (401, "token", "/user/a?token=" + token_of("ann", exp=1), ()),
    (403, "permit", "/user/a?token=" + token_of("ann", p=["b"]), ()),
    (403, "origin", "/site/a", OTHER_SITE),
    (403, "app", "/app/a", ()),
    (404, "transport", "/stream/a", ()),
]


def below(prefix, **more):
    return [{**r, "path": prefix + r["path"], **more} for r in ROUTES]


def told(s, subprotocol=None):
    """Code and reason of a connection that is refused; nothing else comes."""
    answer = s.read_response()
    assert answer.status == 101
    assert answer.headers["sec-websocket-accept"] == ACCEPT
    assert "sec-websocket-extensions" not in answer.headers
    assert answer.headers.get("sec-websocket-protocol") == subprotocol
    last = s.read_frame()
    assert last.opcode == CLOSE
    assert s.read_to_end() == b""
    return last.code, last.payload[2:].decode()


def ask(raw, daemon, path, headers=()):
    s = raw(daemon)
    s.send(request(path, headers))
    return s


def test_each_reason_is_the_one_of_the_status(gateway, raw, app, tmp_path):
    app.mode = "status/403"
    daemon = gateway(
        auth={
            "people": authenticator(
                tmp_path, secret_file=SECRET, token=["query.token"]
            ),
            "app": {"type": "http", "url": app.url},
        },
        routes=below("/status") + below("/close", refuse="close"),
        delivery={"compression": {}},
    )
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    seen = {}
    for status, label, path, headers in CASES:
        plain = ask(raw, daemon, "/status" + path, headers).read_refusal()
        assert plain.status == status
        s = ask(raw, daemon, "/close" + path, {**offer, **dict(headers)})
        assert told(s) == (4000 + status, plain.body.decode().rstrip("\n"))
        seen[status, label] = seen.get((status, label), 0) + 2
        daemon.wait_log(
            rf"handshake refused status={status} reason={label} .*"
            rf"code={4000 + status} .*route=/close/"
        )
    for (status, label), count in seen.items():
        daemon.wait_metric(
            f'roomcast_refused_total{{status="{status}",reason="{label}"}}',
            count,
        )
    # What no page can have asked for so.
    for status, data in [
        (404, request("/nowhere/a")),
        (426, request("/close/a", without=["Upgrade"])),
        (400, request("/close/a", without=["Host"])),
        (405, request("/close/a", method="POST")),
        (400, request(
            "/close/a", {"Sec-WebSocket-Extensions": "permessage-deflate;;"}
        )),
    ]:
        s = raw(daemon)
        s.send(data)
        assert s.read_refusal().status == status
    # Nobody of them has been counted as one that was let in.
    assert daemon.metrics().sum("roomcast_upgraded_total") == 0
    daemon.wait_metric("roomcast_connections", 0)


def test_a_client_hears_it(guarded, connect):
    """One that answers the close frame, and one that offers a subprotocol."""
    daemon = guarded(route={"refuse": "close"}, token=["subprotocol"])
    end = connect(daemon).wait_closed()
    assert (end.code, end.reason) == (4401, "no token")
    late = connect(
        daemon, subprotocols=["roomcast.jwt", token(exp=int(time.time()) - 60)]
    )
    assert late.subprotocol == "roomcast.jwt"
    end = late.wait_closed()
    assert (end.code, end.reason) == (4401, "the token has expired")


def test_credentials_that_expire(guarded, clock, connect):
    """The clock is set on; the daemon looks at it before each ping."""
    daemon = guarded(
        route={"refuse": "close"},
        leeway="30s",
        sections={"env": clock.env, "keepalive": {"ping_interval": "1s"}},
    )
    clock.check(daemon)
    client = connect(daemon, by_query(token(exp=NOW + 100)))
    clock.set(NOW + 130)
    end = client.wait_closed()
    assert (end.code, end.reason) == (4401, "expired")
    daemon.wait_metric(
        'roomcast_closed_total{reason="credentials_expired",code="4401"}', 1
    )
    late = connect(daemon, by_query(token(exp=NOW + 100))).wait_closed()
    assert (late.code, late.reason) == (4401, "the token has expired")


def test_an_address_that_has_too_many(gateway, raw):
    daemon = gateway(
        routes=[TOLD, {**ROOM, "path": "/status/{room}"}],
        limits={
            "connections_per_address": 2,
            "handshakes": 4,
            "handshake_timeout": "60s",
        },
    )
    clients = [raw.upgraded(daemon) for _ in range(2)]
    fast = "too many connections from this address"
    assert told(ask(raw, daemon, "/ws/a")) == (4429, fast)
    assert ask(raw, daemon, "/status/a").read_refusal().status == 429
    # Half of the places for handshakes are not for those who are refused
    # anyway: beyond that nobody waits for what they ask for.
    silent = [raw(daemon, source="127.0.0.2") for _ in range(2)]
    daemon.wait_metric("roomcast_handshakes_in_progress", 2)
    assert ask(raw, daemon, "/ws/a").read_refusal().status == 429
    silent[0].send(request())
    assert silent[0].read_response().status == 101
    for client in clients:
        client.close()


def test_a_full_gateway(gateway, raw):
    daemon = gateway(routes=[TOLD], limits={"connections": 1})
    stays = raw.upgraded(daemon)
    for _ in range(3):
        assert told(ask(raw, daemon, "/ws/a")) == (
            4503, "too many connections",
        )
    stays.close()


def test_during_a_drain(gateway, raw):
    daemon = gateway(routes=[TOLD], shutdown={"drain": "5s"})
    late = raw(daemon)
    stays = raw.upgraded(daemon)
    daemon.wait_metric("roomcast_handshakes_in_progress", 1)
    daemon.signal(signal.SIGTERM)
    daemon.wait_log("main: draining")
    late.send(request())
    assert told(late) == (4503, "the gateway is shutting down")
    late.close()
    stays.close()
    daemon.wait_exit()


def test_an_event_stream_has_a_status(guarded, raw):
    daemon = guarded(
        route={"refuse": "close", "transports": ["websocket", "sse"]}
    )
    s = raw(daemon)
    s.send(stream_request("/ws/lobby"))
    assert s.read_refusal().status == 401


def test_a_reload_changes_it(gateway, raw):
    daemon = gateway(routes=[{**ROOM, "origins": ["https://a.example"]}])

    def status():
        s = ask(raw, daemon, "/ws/a", OTHER_SITE)
        return s.read_response().status

    assert status() == 403
    change(daemon, routes=[{**TOLD, "origins": ["https://a.example"]}])
    eventually(lambda: status() == 101, what="the upgrade completes")


PAGE = """<!DOCTYPE html>
<script>
function ask(url, protocols) {
	return new Promise(done => {
		let was = "";
		const socket = new WebSocket(url, protocols);
		socket.onopen = () => { was = "open " + socket.protocol; };
		socket.onclose = e =>
			done([was, e.code, e.reason, e.wasClean].join("|"));
	});
}
let said = "";
async function run(url) {
	said = [
		await ask(url + "/user", ["roomcast.jwt", "x.y.z"]),
		await ask(url + "/site"),
		await ask(url + "/plain"),
	].join(" & ");
}
</script>
"""


def test_a_page_sees_it(gateway, certificates, page, tmp_path):
    daemon = gateway(
        listen=[
            {"address": "127.0.0.1:0"},
            {"address": "127.0.0.1:0", "tls": certificates.first.section},
        ],
        auth={"people": authenticator(tmp_path, token=["subprotocol"])},
        routes=[
            {"path": "/user", "rooms": ["a"], "auth": "people",
             "refuse": "close"},
            {"path": "/site", "rooms": ["a"], "refuse": "close",
             "origins": ["https://a.example"]},
            {"path": "/plain", "rooms": ["a"],
             "origins": ["https://a.example"]},
        ],
        delivery={"compression": {}},
    )
    (tmp_path / "page.html").write_text(PAGE)
    page.open((tmp_path / "page.html").as_uri())
    for index, scheme in enumerate(["ws", "wss"]):
        url = daemon.ws_url("", index).replace("ws:", scheme + ":")
        page.evaluate(f"said = ''; run('{url}')")
        page.wait("said.length > 0", True)
        assert page.evaluate("said").split(" & ") == [
            "open roomcast.jwt|4401|the token is malformed|true",
            "open |4403|the origin is not permitted|true",
            "|1006||false",
        ]
