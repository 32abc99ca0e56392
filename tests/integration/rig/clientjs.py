"""clients/roomcast.js as who installs the package has it, and its tests."""

import json
import subprocess
from pathlib import Path

import pytest

from . import node
from .gateway import ROOT
from .once import once
from .waiting import seconds

HERE = Path(__file__).resolve().parent.parent / "js"
PACKAGE = "roomcast-client"


def run(*command, cwd, **options):
    """What it prints; it must succeed."""
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds(120),
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def pack(folder, *options):
    """What npm says of the package that it makes of clients/."""
    options = "--json", "--pack-destination", folder, *options
    (said,) = json.loads(run("npm", "pack", *options, cwd=ROOT / "clients"))
    return said


def _install(folder):
    node.install(folder, HERE)
    package = folder / "node_modules" / PACKAGE
    package.mkdir()
    archive = folder / pack(folder)["filename"]
    run("tar", "-xzf", archive, "--strip-components=1", cwd=package)
    return folder


@pytest.fixture(scope="session")
def client_js(tmp_path_factory):
    """A folder with the tests, what they need, and the package."""
    node.need()
    return once(tmp_path_factory, "js", _install)
