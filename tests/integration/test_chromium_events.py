"""A real browser's EventSource, which has no lines of ours."""

import json

import pytest

from rig.people import auth, token
from rig.ports import free_port
from rig.relay import Relay
from rig.tls import certificates

# A page that keeps what its stream tells it. It comes from disk: its origin is
# null, and every stream one of another site.
PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><title>test</title>
<script>
const got = [], others = [];
let source, opens = 0, errors = 0;
function start(url, options) {
	source = new EventSource(url, options);
	source.onopen = () => { opens++; };
	source.onerror = () => { errors++; };
	source.onmessage = e => got.push(e.data);
	for (const type of ["gap", "binary", "roomcast.welcome", "roomcast.close"])
		source.addEventListener(type, e => others.push([type, e.data]));
}
async function read(url, headers) {
	const answer = await fetch(url, { headers });
	const reader = answer.body.getReader();
	const { value } = await reader.read();
	await reader.cancel();
	return [answer.status, new TextDecoder().decode(value).slice(0, 7)];
}
</script>
"""

ROUTE = {
    "path": "/ws/{room}",
    "rooms": ["{room}"],
    "transports": ["websocket", "sse"],
    "origins": ["null"],
}


@pytest.fixture
def blank(page, tmp_path):
    (tmp_path / "page.html").write_text(PAGE)
    page.open((tmp_path / "page.html").as_uri())
    return page


def start(page, url, **options):
    page.evaluate(f"start({json.dumps(url)}, {json.dumps(options)})")


def http(daemon, path="/ws/lobby", index=0):
    return daemon.ws_url(path, index).replace("ws:", "http:", 1)


def publish(daemon, *contents, room="lobby"):
    publisher = daemon.publisher()
    for content in contents:
        publisher.publish(f"roomcast:room:{room}", content)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_text_and_bytes_arrive(gateway, certificates, blank, scheme):
    listen = {"address": "127.0.0.1:0"}
    if scheme == "https":
        listen["tls"] = certificates.first.section
    daemon = gateway(listen=[listen], routes=[{**ROUTE, "welcome": True}])
    url = http(daemon).replace("http:", f"{scheme}:")
    start(blank, url, withCredentials=True)
    blank.wait("opens", 1)
    publish(daemon, "grüße 🙂", "a\r\nb\rc\n", "", "\ufeffx\0y", b"\xff\x00")
    blank.wait("others.length", 2)
    assert blank.evaluate("got") == ["grüße 🙂", "a\nb\nc\n", "", "\ufeffx\0y"]
    (welcome, ident), binary = blank.evaluate("others")
    assert welcome == "roomcast.welcome" and "connection" in json.loads(ident)
    assert binary == ["binary", "/wA="]
    publish(daemon, "x" * 300_000)
    blank.wait("got.length === 5 && got[4] === 'x'.repeat(300000)", True)
    blank.evaluate("source.close()")
    daemon.wait_metric("roomcast_event_streams", 0)


@pytest.mark.waits
def test_a_stream_that_breaks_off_comes_back_and_misses_nothing(
    gateway, blank
):
    daemon = gateway(history={}, routes=[{**ROUTE, "resume": True}])
    relay = Relay(daemon.address()[1])
    try:
        port = relay.listener.getsockname()[1]
        start(blank, f"http://127.0.0.1:{port}/ws/lobby")
        blank.wait("opens", 1)
        for round in range(3):
            first = round * 20
            publish(daemon, *map(str, range(first, first + 10)))
            relay.cut()
            publish(daemon, *map(str, range(first + 10, first + 20)))
            blank.wait("opens", round + 2, 20)
        blank.wait("got.length", 60)
    finally:
        relay.finish()
    assert blank.evaluate("got") == [*map(str, range(60))]
    assert blank.evaluate("others") == []


@pytest.mark.waits
def test_a_restart_is_a_gap(gateway, blank):
    """What EventSource comes back with is of another life."""
    daemon = gateway(
        history={},
        routes=[{**ROUTE, "resume": True}],
        listen=[{"address": f"127.0.0.1:{free_port()}"}],
    )
    start(blank, http(daemon))
    blank.wait("opens", 1)
    publish(daemon, "1")
    blank.wait("got", ["1"])
    daemon.stop()
    blank.wait("others[0]", ["roomcast.close", "1012"])
    daemon.start()
    blank.wait("opens", 2, 20)
    blank.wait("others.length === 2 && others[1][0]", "gap")
    publish(daemon, "2")
    blank.wait("got", ["1", "2"])


def test_who_is_put_off_comes_again_and_who_is_refused_does_not(
    gateway, blank
):
    daemon = gateway(routes=[ROUTE], limits={"connections_per_address": 1})
    start(blank, http(daemon))
    blank.wait("source.readyState", 1)
    blank.evaluate("window.first = source")
    start(blank, http(daemon))
    blank.wait("opens > 1 && errors > 0", True)
    assert blank.evaluate("source.readyState") == 0  # it will come again
    blank.evaluate("source.close()")
    start(blank, http(daemon, "/nowhere"))
    blank.wait("source.readyState", 2)


def test_a_fetch_may_send_what_no_simple_request_has(
    gateway, blank, tmp_path
):
    sections = auth(tmp_path)
    sections["routes"] = [
        {**ROUTE, "auth": "people", "resume": True},
    ]
    daemon = gateway(history={}, **sections)
    headers = {
        "Accept": "text/event-stream",
        "Authorization": f"Bearer {token('ann')}",
        "Last-Event-ID": "x",
    }
    script = f"read({json.dumps(http(daemon))}, {json.dumps(headers)})"
    assert blank.evaluate(script) == [200, "retry: "]
    assert daemon.metric("roomcast_preflights_total") == 1
    headers["Authorization"] = "Bearer a.b.c"
    script = f"read({json.dumps(http(daemon))}, {json.dumps(headers)})"
    assert blank.evaluate(script)[0] == 401


def test_another_sites_page_cannot_read(gateway, blank):
    route = {**ROUTE, "origins": ["https://app.example.com"]}
    daemon = gateway(routes=[route, {**ROUTE, "path": "/open", "rooms": ["a"], "origins": []}])
    start(blank, http(daemon))
    blank.wait("source.readyState", 2)
    start(blank, http(daemon, "/open"))
    blank.wait("errors >= 2", True)
    assert blank.evaluate("opens") == 0
    blank.evaluate("source.close()")
