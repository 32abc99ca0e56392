"""`make run`: what it prints must work as it stands there."""

import json
import re
import socket
import subprocess
import urllib.error
import urllib.request

import pytest

from rig.client import Client
from rig.gateway import ROOT
from rig.ports import free_ports
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PORTS = 8080, 8081, 6390, 9180
STATE = "document.getElementById('state').textContent"


def is_free(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


def start(*words):
    """The script in a pipe, and the first lines that it printed."""
    process = subprocess.Popen(
        [ROOT / "scripts" / "quickstart", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if "main: started" in line:
            return process, lines
    raise AssertionError("it did not start:\n" + "\n".join(lines))


def finish(process):
    process.terminate()
    process.stdout.read()
    assert process.wait(seconds(30)) == 0


@pytest.fixture
def started():
    if not all(map(is_free, PORTS)):
        pytest.skip(f"one of the ports {PORTS} is in use")
    process, lines = start()
    yield lines
    finish(process)


@pytest.fixture
def elsewhere():
    """At other ports: where its page is."""
    port = free_ports(4)
    process, lines = start("--port", str(port))
    yield f"http://127.0.0.1:{port + 1}"
    finish(process)


def test_the_printed_commands_work(started):
    url = next(x for x in started if x.startswith("ws://")).split()[0]
    client = Client.connect(url.replace("ROOM", "lobby"))
    commands = [x for x in started if "PUBLISH" in x]
    assert len(commands) == 2
    for command in commands:
        subprocess.run(["sh", "-c", command], check=True, timeout=seconds(10))
        assert client.recv() == "hello"
    client.close()
    (status,) = [x for x in started if "roomcastctl status" in x]
    shown = subprocess.check_output(status.split(), cwd=ROOT, text=True)
    assert "state        serving, ready" in shown
    listen, page_of_status = [x for x in started if re.fullmatch(r"http://\S+/", x)]
    with urllib.request.urlopen(page_of_status) as answer:
        assert b"<title>roomcast" in answer.read()
    with urllib.request.urlopen(listen) as answer:
        default = re.search(r'"(ws://[^"]+)"', answer.read().decode())[1]
    assert default == url.replace("ROOM", "lobby")


def test_the_page_publishes_and_hears_it(elsewhere, page):
    """At other ports too; with ids, the page comes back to what it missed."""
    page.open(elsewhere)
    page.wait(STATE, "connected")
    page.evaluate("document.getElementById('ids').click(); null")
    page.wait("since !== ''", True)
    page.evaluate("$('text').value = '<b>hi</b>'; $('publish').requestSubmit()")
    page.wait("document.querySelector('li pre')?.textContent", "<b>hi</b>")
    page.wait("$('said').textContent", "reached 1")
    page.evaluate("socket.onclose = null; socket.close(); null")
    page.evaluate("$('text').value = 'missed'; $('publish').requestSubmit()")
    page.wait("$('text').value", "")
    page.evaluate("connect()")
    texts = "[...document.querySelectorAll('li pre')].map(e => e.textContent)"
    page.wait(texts, ["missed", "<b>hi</b>"])


@pytest.mark.parametrize(
    "path, headers",
    [
        ("/publish", {"Origin": "http://elsewhere.example"}),
        ("/publish", {"Origin": "null"}),
        ("/publish", {"Host": "rebound.example:8081"}),
        ("/api/control", {}),
    ],
)
def test_no_other_page_publishes(elsewhere, path, headers):
    body = json.dumps({"rooms": ["lobby"], "text": "hi"}).encode()
    request = urllib.request.Request(elsewhere + path, body, headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=seconds(10))
    assert refused.value.code == 403


def test_a_port_that_is_taken_is_named(elsewhere):
    port = elsewhere.rpartition(":")[2]
    done = subprocess.run(
        [ROOT / "scripts" / "quickstart", "--port", port],
        capture_output=True,
        text=True,
        timeout=seconds(20),
    )
    assert done.returncode == 1 and done.stdout == ""
    assert re.search(rf"port {port} is taken by \S+ \(process \d+\)", done.stderr)
    assert re.search(r"`make run PORT=\d+` takes", done.stderr)
