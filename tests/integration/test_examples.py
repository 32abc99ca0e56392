"""The apps of examples/ in four languages, each with its gateway.yaml, against
the embedded port and a Redis, by PUBLISH and by XADD."""

import json

import pytest

from rig.exampleapps import COMMANDS, EXAMPLES, App, User
from rig.ports import free_port

pytestmark = pytest.mark.outside

REPORTS = [{"type": "report", "percent": x} for x in (25, 50, 75, 100)]


@pytest.fixture
def launch(tmp_path, tmp_path_factory, gateway, request):
    """Start an app and its gateway."""
    apps = []

    def start(language, backend, stream):
        app = App(language, tmp_path, tmp_path_factory)
        apps.append(app)
        if backend == "redis":
            server = request.getfixturevalue("redis_server")
            app.start(server.url, stream)
            app.daemon = gateway(server, **app.sections())
            app.daemon.wait_ready()
        else:
            port = free_port()
            app.start(f"redis://127.0.0.1:{port}", stream)
            listen = {"listen": f"127.0.0.1:{port}"}
            app.daemon = gateway(embedded=listen, **app.sections())
        return app

    yield start
    for app in apps:
        app.finish()


@pytest.mark.parametrize("stream", [False, True], ids=["publish", "xadd"])
@pytest.mark.parametrize("backend", ["embedded", "redis"])
@pytest.mark.parametrize("language", COMMANDS)
def test_an_app(launch, language, backend, stream):
    """Most of the time is the app's own: its start, half a second of a processor
    in Python and Node.js, and the pauses of the job, four of 0.2 s."""
    app = launch(language, backend, stream)
    ann, bob = User(app, "ann"), User(app, "bob")
    one, two, his = ann.tab(), ann.tab(), bob.tab()
    said = {"type": "message", "from": "ann", "text": "grüße <b>"}
    answer = ann.post(
        "/rooms/lobby/messages",
        201,
        text=said["text"],
        connection=one.connection,
    )
    assert answer == two.message(stream) == his.message(stream) == said
    # The next that the first tab hears is the job, and that it alone hears.
    ann.post("/reports", 202)
    for tab in one, two:
        assert [tab.message(stream) for _ in REPORTS] == REPORTS
    his.close()
    bob.post("/rooms/lobby/messages", 201, text="all")
    heard = {"type": "message", "from": "bob", "text": "all"}
    assert one.message(stream) == two.message(stream) == heard
    if stream:
        his = bob.tab(since=his.cursor)
        assert his.message(stream) == heard
    for tab in one, two, his:
        tab.close()


@pytest.mark.parametrize("language", COMMANDS)
def test_who_is_not_let_in(launch, language):
    app = launch(language, "embedded", False)
    nobody, ann = User(app, None), User(app, "ann")
    nobody.post("/rooms/lobby/messages", 401, text="hi")
    nobody.post("/reports", 401)
    ann.post("/rooms/secret/messages", 404, text="hi")
    for user, room, code in (nobody, "lobby", 4401), (ann, "secret", 4403):
        assert user.connect(room).wait_closed().code == code


def log_in(page):
    page.evaluate("$('name').value = 'ann'; $('who').requestSubmit()")
    page.wait("$('state').textContent", "connected")


@pytest.mark.parametrize("language", ["python", "php"])
def test_their_page(launch, page, language):
    """With a token, and with a cookie."""
    app = launch(language, "embedded", True)
    page.open(app.url)
    page.evaluate("say(''); $('text').value = 'hi'; $('say').requestSubmit()")
    page.wait("$('state').textContent", "log in first")
    log_in(page)
    bob = User(app, "bob")
    page.evaluate("$('text').value = '<b>hi</b>'; $('say').requestSubmit()")
    page.wait("$('text').value", "")
    bob.post("/rooms/lobby/messages", 201, text="hello")
    page.evaluate("$('report').requestSubmit()")
    page.wait("$('percent').value", 100)
    lines = "[...document.querySelectorAll('li')].map(li => li.textContent)"
    assert page.evaluate(lines) == ["ann: <b>hi</b>", "bob: hello"]


COUNT = """
const first = connection, fetched = [], plain = fetch;
fetch = (path, ...more) => { fetched.push(path); return plain(path, ...more); };
pause = 20;
"""


@pytest.mark.parametrize("language", ["python", "php"])
def test_their_page_comes_back_as_each_code_says(launch, page, language):
    """With a token that is new, or the cookie that it has; or not at all."""
    app = launch(language, "embedded", True)
    page.open(app.url)
    log_in(page)
    page.evaluate(COUNT)
    close(app, 4000, "away")
    page.wait("connection !== first && $('state').textContent", "connected")
    logins = ["/login"] if language == "python" else []
    assert page.evaluate("fetched") == logins
    close(app, 4001, "signed out")
    page.wait("$('state').textContent", "signed out (4001)")
    assert page.evaluate("$('who').hidden") is False
    page.evaluate("$('who').requestSubmit()")
    page.wait("$('state').textContent", "connected")
    assert page.evaluate("fetched") == [*logins, "/login"]


def close(app, code, reason):
    command = {"command": "disconnect", "users": ["ann"], "code": code}
    app.daemon.publisher().publish(
        "roomcast:control", json.dumps({**command, "reason": reason})
    )


def test_they_are_small():
    """And their packages are pinned."""
    sources = "page.html", "*/app.py", "*/app.js", "*/*.go", "*/app.php"
    for file in (x for name in sources for x in EXAMPLES.glob(name)):
        assert len(file.read_text().splitlines()) <= 120, file
    lock = json.loads((EXAMPLES / "node/package-lock.json").read_text())
    for name, one in lock["packages"].items():
        assert not name or one["integrity"].startswith("sha512-")
