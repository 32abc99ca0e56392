"""The single lines of examples/, run from the top of a clone."""

import json
import shutil
import subprocess
import sys

import pytest

from rig.exampleapps import EXAMPLES, with_packages, with_redis
from rig.node import missing
from rig.once import once
from rig.pages import filled
from rig.people import people, user_path
from rig.waiting import seconds

pytestmark = pytest.mark.outside

COMMANDS = {"py": sys.executable, "js": "node", "php": "php", "sh": "sh"}
NEEDED = {**COMMANDS, "js": "npm", "sh": "redis-cli"}


def fetched(kind, top, factory):
    """The packages that lines of this kind want, which are installed."""
    if not shutil.which(NEEDED[kind]):
        missing(f"there is no {NEEDED[kind]}")
    if kind == "js":
        packages = top / "node_modules"
        if not packages.is_symlink():
            packages.symlink_to(once(factory, "example-node", with_packages))
    if kind == "php":
        once(factory, "example-php", with_redis)


@pytest.fixture
def clone(tmp_path, tmp_path_factory):
    """Runs an example where all others lie beside it, with its port changed."""
    top = tmp_path / "clone"
    ignored = shutil.ignore_patterns("node_modules", "secret", "__pycache__")
    shutil.copytree(EXAMPLES, top / "examples", ignore=ignored)

    def run(name, daemon):
        kind = name.rpartition(".")[2]
        fetched(kind, top, tmp_path_factory)
        file = top / "examples" / name
        port = str(daemon.publish_port)
        file.write_text(filled(file.read_text(), {"6390": port}))
        done = subprocess.run(
            [COMMANDS[kind], f"examples/{name}"],
            cwd=top,
            capture_output=True,
            text=True,
            timeout=seconds(30),
        )
        assert (done.returncode, done.stderr) == (0, "")

    return run


@pytest.mark.parametrize(
    "name", sorted(file.name for file in EXAMPLES.glob("publish.*"))
)
def test_a_line_publishes_to_a_room(gateway, connect, clone, name):
    daemon = gateway()
    client = connect(daemon)
    clone(name, daemon)
    assert json.loads(client.recv())["text"].startswith("hello from ")


@pytest.mark.parametrize("kind", ["py", "js"])
def test_a_line_reaches_a_user_and_one_signs_him_out(
    gateway, connect, people, clone, kind
):
    daemon = gateway(**people)
    tabs = [connect(daemon, user_path("42")) for _ in range(2)]
    other = connect(daemon, user_path("43"))
    for client in *tabs, other:
        client.recv()  # the welcome
    clone(f"publish-user.{kind}", daemon)
    for tab in tabs:
        assert json.loads(tab.recv()) == {"text": "for all your tabs"}
    clone(f"disconnect.{kind}", daemon)
    for tab in tabs:
        end = tab.wait_closed()
        assert (end.code, end.reason) == (4001, "signed out")
    daemon.publisher().publish("roomcast:broadcast", "still here")
    assert other.recv() == "still here"


def test_none_takes_the_place_of_a_module_of_python():
    """A program finds its own folder before Python's library."""
    files = EXAMPLES.rglob("*.py")
    programs = {file.stem for file in files if "node_modules" not in file.parts}
    assert programs and not programs & sys.stdlib_module_names
