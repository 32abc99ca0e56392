"""`make run`: what it prints must work as it stands there."""

import re
import socket
import subprocess
import urllib.request

import pytest

from rig.client import Client
from rig.gateway import ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PORTS = 8080, 6390, 9180


def is_free(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture
def started():
    """The script in a pipe, and the first lines that it printed."""
    if not all(map(is_free, PORTS)):
        pytest.skip(f"one of the ports {PORTS} is in use")
    process = subprocess.Popen(
        [ROOT / "scripts" / "quickstart"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if "main: started" in line:
            break
    else:
        raise AssertionError("it did not start:\n" + "\n".join(lines))
    yield lines
    process.terminate()
    process.stdout.read()
    assert process.wait(seconds(30)) == 0


def test_the_printed_commands_work(started):
    url = next(x for x in started if x.startswith("ws://")).split()[0]
    client = Client.connect(url.replace("ROOM", "lobby"))
    commands = [x for x in started if "PUBLISH" in x]
    assert len(commands) == 2
    for command in commands:
        subprocess.run(["sh", "-c", command], check=True, timeout=seconds(10))
        assert client.recv() == "hello"
    client.close()
    page = next(x for x in started if x.endswith("listen.html"))
    (status,) = [x for x in started if "roomcastctl status" in x]
    shown = subprocess.check_output(status.split(), cwd=ROOT, text=True)
    assert "state        serving, ready" in shown
    (page_of_status,) = [x for x in started if re.fullmatch(r"http://\S+/", x)]
    with urllib.request.urlopen(page_of_status) as answer:
        assert b"<title>roomcast" in answer.read()
    default = re.search(r'"(ws://[^"]+)"', open(page).read())[1]
    assert default == url.replace("ROOM", "lobby")
