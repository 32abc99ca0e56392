"""The page at / of the admin listener, in a real browser."""

import json
import re

import pytest

from rig.ports import free_port
from rig.seated import sections
from rig.waiting import eventually

WORKERS = (1, 2)
TOKEN = "correct-horse-battery-staple"
HOSTILE = "<script>document.title='had'</script><img src=x onerror=alert(1)>"

__all__ = ["chromium", "page"]  # fixtures

# Before any script of the page: what its policy forbids, and what fails.
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
	e => violations.push(e.violatedDirective + " " + e.blockedURI));
window.addEventListener("error", e => violations.push(e.message));
"""
STATE = "document.body.dataset.state"
CHARTS = "[...document.querySelectorAll('#charts .value')].map(e => e.textContent)"


@pytest.fixture
def opened(page):
    """Call it with a daemon: its page, when it shows something."""
    page.call("Page.enable")
    page.call("Page.addScriptToEvaluateOnNewDocument", source=LISTEN)

    def open_page(daemon, state="there"):
        page.open(daemon.admin_url + "/")
        page.wait(STATE, state)
        return page

    yield open_page
    assert page.evaluate("window.violations ?? []") == []


def text(page, selector):
    return page.evaluate(f"document.querySelector({json.dumps(selector)}).innerText")


def shows(page, selector, wanted, timeout=20):
    eventually(
        lambda: wanted in text(page, selector), timeout,
        f"{wanted} stands in {selector}",
    )


def fill_in(page, **values):
    for name, value in values.items():
        page.evaluate(
            f"document.getElementById('{name}').value = {json.dumps(value)}")


def submit(page, form):
    page.evaluate(f"document.querySelector('#{form} button').click()")


def test_it_says_who_and_how(gateway, connect, opened):
    daemon = gateway()
    connect(daemon)
    connect(daemon, "/ws/hall")
    seen = opened(daemon)
    assert text(seen, "#state") == "ready"
    status = daemon.api("status")[1]
    assert status["instance"] in text(seen, "#facts")
    assert status["host"] in text(seen, "#facts")
    assert seen.evaluate(CHARTS)[0].startswith("2 of ")
    shows(seen, "#rooms", "lobby")
    shows(seen, "#rooms", "hall")
    shows(seen, "#readers", "nothing waits")
    shows(seen, "#sources", "embedded port")
    assert len(status["workers"]) == seen.evaluate(
        "document.querySelectorAll('#workers tr:not(.rest)').length")


@pytest.mark.workers(2)
def test_what_goes_back_to_the_app(gateway, redis_server, opened):
    daemon = gateway(redis_server, **sections())
    daemon.wait_metric("roomcast_presence_up", 1)
    seen = opened(daemon)
    shows(seen, "#sources", "presence\twritten")
    shows(seen, "#sources", "events\t0 lost\t0 B wait")
    redis_server.kill()
    shows(seen, "#sources", "presence\taway")
    shows(seen, "#sources", "events\taway, 0 lost")


@pytest.mark.workers(2)
def test_a_lease_that_events_alone_need(gateway, redis_server, opened):
    daemon = gateway(redis_server, events=sections()["events"])
    daemon.wait_metric("roomcast_presence_up", 1)
    shows(opened(daemon), "#sources", "lease\theld")


def test_numbers_change_when_something_is_published(gateway, connect, opened):
    daemon = gateway()
    client = connect(daemon)
    seen = opened(daemon)
    fill_in(seen, room="lobby", text="grüße <b>")
    submit(seen, "publish")
    assert client.recv() == "grüße <b>"
    shows(seen, "#result", "it reached 1 connections of this instance")
    eventually(
        lambda: seen.evaluate(
            "[...document.querySelectorAll('#charts .sub')]"
            ".map(e => e.textContent).join()").count("1 since the start") == 2,
        20, "a message and a delivery")
    path = "document.querySelectorAll('#charts .graph')[2].querySelector('.s0')"
    eventually(
        lambda: len(set(re.findall(
            r" ([\d.]+)", seen.evaluate(f"{path}.getAttribute('d')")))) > 1,
        20, "the graph of deliveries is no flat line")
    label = "document.querySelectorAll('#charts .graph')[2].ariaLabel"
    assert "Deliveries in the last ten minutes: now" in seen.evaluate(label)


@pytest.mark.workers(2)
def test_what_cannot_be_published_says_why(gateway, opened):
    seen = opened(gateway(channels={"send": ""}))
    fill_in(seen, room="lobby", text="x")
    submit(seen, "publish")
    shows(seen, "#result", "give the channel a name")
    assert seen.evaluate("document.getElementById('result').className") == "bad"


@pytest.mark.workers(2)
def test_names_are_text_whatever_they_are(gateway, connect, opened):
    daemon = gateway()
    connect(daemon, "/ws/" + "".join(f"%{ord(c):02x}" for c in HOSTILE))
    seen = opened(daemon)
    shows(seen, "#rooms", HOSTILE)
    assert seen.evaluate("document.querySelectorAll('#rooms :is(script, img)').length") == 0
    assert "had" != seen.evaluate("document.title")


@pytest.mark.workers(2)
def test_the_last_ten_minutes_are_there_at_once(gateway, connect, opened):
    """Whoever opens the page sees what was before."""
    daemon = gateway()
    connect(daemon)
    eventually(
        lambda: len(daemon.api("graphs")[1]["time_ms"]) >= 3, 20, "three points")
    seen = opened(daemon)
    assert seen.evaluate("points.count()") >= 3
    seen.call("Input.dispatchMouseEvent", type="mouseMoved",
              **seen.evaluate("""(() => {
        const b = document.querySelector('.graph').getBoundingClientRect();
        return { x: b.right - 2, y: b.top + 40 };
    })()"""))
    eventually(lambda: ":" in text(seen, ".graph .top"), 10, "a time is shown")


def test_refusals_and_warnings_stand_there(gateway, redis_server, opened, raw):
    daemon = gateway(server=redis_server)
    daemon.wait_ready()
    raw(daemon).handshake("/nowhere")
    seen = opened(daemon)
    shows(seen, "#reasons", "404 route")
    shows(seen, "#sources", f"127.0.0.1:{redis_server.port}")
    assert "master" in text(seen, "#sources")
    redis_server.kill()
    shows(seen, "#warnings", "connection lost")
    shows(seen, "#state", "not ready")
    shows(seen, "#said", "backend: redis is not connected")
    redis_server.start()
    seen.wait("document.getElementById('state').textContent", "ready", 30)
    assert text(seen, "#said") == ""


@pytest.mark.workers(2)
def test_slow_readers_are_named(gateway, raw, opened):
    daemon = gateway(delivery={"socket_buffer": "4KiB", "queue": "64MiB"})
    slow = raw(daemon, receive_buffer=4096)
    assert slow.handshake("/ws/slow").status == 101
    for _ in range(20):
        daemon.publisher().publish("roomcast:room:slow", "x" * 200000)
    seen = opened(daemon)
    shows(seen, "#readers", "/ws/{room}")
    shows(seen, "#readers", "MiB")


# -- the token


@pytest.fixture
def with_token(gateway, tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return gateway(admin={"token_file": str(file)})


@pytest.mark.workers(2)
def test_the_token_is_asked_for_and_kept_in_the_tab(with_token, opened):
    seen = opened(with_token, "asked")
    assert seen.evaluate("document.getElementById('ask').hidden") is False
    assert seen.evaluate(CHARTS)[0] == "–"
    fill_in(seen, token="wrong")
    submit(seen, "ask")
    shows(seen, "#said", "This is not the token of this gateway")
    fill_in(seen, token="zwölf")
    submit(seen, "ask")
    shows(seen, "#said", "A token has none of these characters")
    fill_in(seen, token=f" {TOKEN} ")
    submit(seen, "ask")
    seen.wait(STATE, "there")
    assert seen.evaluate("document.getElementById('ask').hidden") is True
    assert text(seen, "#said") == ""
    assert seen.evaluate("document.getElementById('token').value") == ""
    opened(with_token)  # once more: it is still known
    assert seen.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    assert TOKEN not in with_token.log()


@pytest.mark.workers(2)
def test_another_token_is_asked_for(with_token, opened, tmp_path):
    seen = opened(with_token, "asked")
    fill_in(seen, token=TOKEN)
    submit(seen, "ask")
    seen.wait(STATE, "there")
    (tmp_path / "token").write_text("the-next-one")
    seen.wait(STATE, "asked", 20)
    fill_in(seen, token="the-next-one")
    submit(seen, "ask")
    seen.wait(STATE, "there")


@pytest.mark.workers(2)
def test_the_page_itself_holds_nothing(with_token, connect):
    connect(with_token, "/ws/secret-room")
    code, body, head = with_token.admin("/")
    assert code == 200 and "secret-room" not in body
    assert head["Content-Type"] == "text/html; charset=utf-8"
    assert head["Cache-Control"] == "no-store"
    assert head["X-Content-Type-Options"] == "nosniff"
    assert head["Referrer-Policy"] == "no-referrer"
    assert head["X-Frame-Options"] == "DENY"
    policy = dict(
        part.strip().split(" ", 1)
        for part in head["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"
    for kind in "script-src", "style-src":
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", policy[kind])
    assert not re.search(r"<[^>]+ on\w+=|<[^>]+ style=|innerHTML|https?://(?!www\.w3\.org/2000/svg)", body)


# -- when it goes


def test_a_gateway_that_goes_and_comes(gateway, opened):
    daemon = gateway(admin={"listen": f"127.0.0.1:{free_port()}"})
    seen = opened(daemon)
    first = daemon.api("status")[1]["instance"]
    daemon.kill()
    seen.wait(STATE, "gone", 20)
    assert "does not answer" in text(seen, "#said")
    assert text(seen, "#state") == "gone"
    daemon.start()
    seen.wait(STATE, "there", 30)
    assert text(seen, "#said") == ""
    assert first not in text(seen, "#facts")


TURNS = """
window.delays = [];
const arm = setTimeout;
window.setTimeout = (what, delay, ...more) => {
	delays.push(delay);
	return arm(what, delay, ...more);
};
window.seem = hidden => {
	Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
	document.dispatchEvent(new Event("visibilitychange"));
};
"""


@pytest.mark.workers(2)
def test_who_does_not_look_costs_little(gateway, page, opened):
    page.call("Page.enable")
    page.call("Page.addScriptToEvaluateOnNewDocument", source=TURNS)
    seen = opened(gateway())
    seen.wait("delays.at(-1)", 2000)
    seen.evaluate("seem(true)")
    seen.wait("delays.at(-1)", 20000)
    seen.evaluate("seem(false)")
    seen.wait("delays.at(-1)", 2000, 4)


# -- how it looks


def look_as(page, width, scheme):
    page.call("Emulation.setEmulatedMedia",
              features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=700,
              deviceScaleFactor=1, mobile=width < 500)


def luminance(color):
    parts = [int(x) / 255 for x in re.findall(r"\d+", color)[:3]]
    parts = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4
             for x in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), parts))


def contrast(a, b):
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.workers(2)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(gateway, opened, page, scheme):
    """WCAG 2.2, 1.4.3: text has a contrast of 4.5 to what is behind it."""
    look_as(page, 1280, scheme)
    seen = opened(gateway())
    style = "getComputedStyle(document.querySelector('%s')).%s"
    card = seen.evaluate(style % (".card", "backgroundColor"))
    assert (luminance(card) > 0.5) == (scheme == "light")
    for selector in "h2", ".sub", "th", "td", "dt", ".axis", "label":
        color = seen.evaluate(style % (".card " + selector, "color"))
        assert contrast(color, card) >= 4.5, selector
    for selector in "#state", "#publish button":
        assert contrast(
            seen.evaluate(style % (selector, "color")),
            seen.evaluate(style % (selector, "backgroundColor")),
        ) >= 4.5, selector


@pytest.mark.workers(2)
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_is_wider_than_the_window(gateway, connect, opened, page, width):
    look_as(page, width, "light")
    daemon = gateway()
    connect(daemon, "/ws/" + "x" * 200)
    seen = opened(daemon)
    shows(seen, "#rooms", "xxx")
    assert seen.evaluate("innerWidth") == width
    assert seen.evaluate(
        "document.documentElement.scrollWidth"
        " <= document.documentElement.clientWidth")
    for last in "#sources", "#workers":
        fits = f"""(cell => {{
            const kept = cell.textContent;
            cell.textContent = '23 h 59 min';
            const fits = cell.scrollWidth <= cell.clientWidth &&
                parseFloat(getComputedStyle(cell).paddingLeft) > 5;
            cell.textContent = kept;
            return fits;
        }})(document.querySelector('{last} td:last-child'))"""
        assert seen.evaluate(fits), last


@pytest.mark.workers(2)
def test_everything_has_its_place_from_the_start(gateway, connect, opened):
    daemon = gateway()
    connect(daemon)
    shift = """
window.shifted = 0;
new PerformanceObserver(list => list.getEntries().forEach(
	e => { shifted += e.value; })).observe({ type: "layout-shift", buffered: true });
"""
    seen = opened(daemon)
    seen.call("Page.addScriptToEvaluateOnNewDocument", source=shift)
    opened(daemon)
    shows(seen, "#rooms", "lobby")
    assert seen.evaluate("shifted") < 0.02


@pytest.mark.workers(2)
def test_the_keyboard_does_it_all(gateway, opened):
    seen = opened(gateway())
    order = """[...document.querySelectorAll(
        'input, textarea, button, [tabindex]')].filter(e => e.offsetParent &&
        !e.disabled).every(e => e.tabIndex === 0)"""
    assert seen.evaluate(order) is True
    unnamed = """[...document.querySelectorAll('input, textarea')]
        .filter(e => e.labels.length === 0).length"""
    assert seen.evaluate(unnamed) == 0
    eventually(lambda: seen.evaluate("points.count()") > 0, 20, "a point")
    seen.evaluate("document.querySelector('.graph').focus()")
    seen.call("Input.dispatchKeyEvent", type="keyDown", key="ArrowLeft")
    eventually(lambda: ":" in text(seen, ".graph .top"), 10, "a time is shown")
