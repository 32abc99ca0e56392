"""examples/README.md: its commands, as they stand there and at the ports that
are in them, in a network of the test's own. Those that install or build are long;
what they start is in test_examples.py."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from rig.exampleapps import EXAMPLES, User, program, with_packages
from rig.gateway import BINARY, ROOT
from rig.network import network  # noqa: F401
from rig.node import missing
from rig.once import once
from rig.pages import snippets
from rig.waiting import eventually, seconds

pytestmark = pytest.mark.outside

sys.path.insert(0, str(ROOT / "clients" / "python" / "src"))
import roomcast  # noqa: E402

PAGE = "examples/README.md"
BLOCKS = {
    re.search(r"-c (\w+)/gateway.yaml", block)[1]: block
    for block in snippets(PAGE, "sh")
}
APP, GATEWAY = 8000, 8080
# What the network of a test cannot fetch was fetched before.
OFFLINE = {"npm_config_offline": "true", "GOPROXY": "off"}
# Debian's Python has Debian's packages.
PATH = {"PATH": f"/usr/bin:{os.environ['PATH']}"}
FETCH = {
    "node": ("npm", with_packages),
    "go": ("go", program),
    "python": ("python3", None),
    "php": ("php", None),
}


@pytest.fixture
def folder(tmp_path):
    """A copy, beside a gateway that is built."""
    copy = tmp_path / "examples"
    ignored = shutil.ignore_patterns("node_modules", "secret", "__pycache__")
    shutil.copytree(EXAMPLES, copy, ignore=ignored)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "roomcast").symlink_to(BINARY)
    return copy


@pytest.fixture
def terminal(network, folder):  # noqa: F811
    """Commands of somebody who is in this folder, each in its terminal."""
    there = network("net")
    started = []

    def run(line, port):
        log = folder.parent / f"log-{port}"
        with open(log, "w") as out:
            process = subprocess.Popen(
                ["bash", "-c", line],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **OFFLINE, **PATH},
                preexec_fn=there.enter,
                start_new_session=True,
            )
        started.append(process)

        def answers():
            assert process.poll() is None, log.read_text()
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0

        eventually(lambda: there.call(answers), 60, line)

    run.there = there
    yield run
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait(seconds(10))


def talk():
    """ann says a thing to the lobby; what she hears."""
    app = SimpleNamespace(url=f"http://127.0.0.1:{APP}")
    ann = User(app, "ann")
    cookies = "; ".join(f"{x.name}={x.value}" for x in ann.jar)
    headers = {"Origin": app.url, **({"Cookie": cookies} if cookies else {})}
    with roomcast.listen(
        f"ws://127.0.0.1:{GATEWAY}/ws/lobby",
        headers=headers,
        token=ann.token,
        token_in="subprotocol",
    ) as messages:
        ann.post("/rooms/lobby/messages", 201, text="hi")
        return messages.next(timeout=seconds(20)).json()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a network of its own")
@pytest.mark.parametrize(
    "language",
    [
        pytest.param(x, marks=pytest.mark.long) if x in ("node", "go") else x
        for x in BLOCKS
    ],
)
def test_in_two_terminals(terminal, tmp_path_factory, language):
    needed, fetch = FETCH[language]
    if not shutil.which(needed):
        missing(f"there is no {needed}")
    if fetch:
        once(tmp_path_factory, f"example-{language}", fetch)
    app, gateway = BLOCKS[language].strip().splitlines()
    terminal(app, APP)
    terminal(gateway, GATEWAY)
    heard = terminal.there.call(talk)
    assert heard == {"type": "message", "from": "ann", "text": "hi"}


def test_there_is_no_other_command():
    """And what is to be installed is what the tests have."""
    assert set(BLOCKS) == set(FETCH) and len(BLOCKS) == len(snippets(PAGE, "sh"))
    script = (ROOT / "scripts" / "deps").read_text()
    page = (ROOT / PAGE).read_text()
    for names in re.findall(r"\.\./scripts/deps only (.*)", page):
        assert set(names.split()) <= set(re.findall(r"[\w-]+", script)), names
