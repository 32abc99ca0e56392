"""The apps of examples/ in four languages, each with its gateway.yaml, against
the embedded port and a Redis, by PUBLISH and by XADD."""

import json

import pytest

from rig.client import Refused
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
            gateway(server, **app.sections()).wait_ready()
        else:
            port = free_port()
            app.start(f"redis://127.0.0.1:{port}", stream)
            listen = {"listen": f"127.0.0.1:{port}"}
            gateway(embedded=listen, **app.sections())
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
    for user, room, status in (nobody, "lobby", 401), (ann, "secret", 403):
        with pytest.raises(Refused) as refused:
            user.tab(room)
        assert refused.value.status_code == status


@pytest.mark.parametrize("language", ["python", "php"])
def test_their_page(launch, page, language):
    """With a token, and with a cookie."""
    app = launch(language, "embedded", True)
    page.open(app.url)
    page.evaluate("$('name').value = 'ann'; $('who').requestSubmit()")
    page.wait("$('state').textContent", "connected")
    bob = User(app, "bob")
    page.evaluate("$('text').value = '<b>hi</b>'; $('say').requestSubmit()")
    page.wait("$('text').value", "")
    bob.post("/rooms/lobby/messages", 201, text="hello")
    page.evaluate("$('report').requestSubmit()")
    page.wait("$('percent').value", 100)
    lines = "[...document.querySelectorAll('li')].map(li => li.textContent)"
    assert page.evaluate(lines) == ["ann: <b>hi</b>", "bob: hello"]


def test_they_are_small():
    """And their packages are pinned."""
    sources = "app.py", "app.js", "*.go", "app.php"
    for file in (x for name in sources for x in EXAMPLES.glob(f"*/{name}")):
        assert len(file.read_text().splitlines()) <= 120, file
    lock = json.loads((EXAMPLES / "node/package-lock.json").read_text())
    for name, one in lock["packages"].items():
        assert not name or one["integrity"].startswith("sha512-")
