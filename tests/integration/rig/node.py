"""Node.js, with the packages that a folder's package.json pins."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .once import once
from .waiting import seconds

HERE = Path(__file__).resolve().parent.parent / "node"


def missing(why):
    """A reason to skip; not in CI, which must have it."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


class Node:
    def __init__(self, folder):
        self.folder = folder

    def start(self, script, *words):
        """A script of the folder, running; it prints lines of JSON."""
        return subprocess.Popen(
            ["node", script, *words],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def install_packages(folder):
    """Those that are pinned there."""
    done = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds(120),
    )
    if done.returncode:
        missing(f"npm could not install: {done.stderr}")


def install(folder, source=HERE):
    shutil.copytree(source, folder, dirs_exist_ok=True)
    install_packages(folder)
    return Node(folder)


def need():
    """Skip where there is no Node.js."""
    if not (shutil.which("node") and shutil.which("npm")):
        missing("there is no node or no npm")


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    """Where the scripts of node/ find their packages."""
    need()
    return once(tmp_path_factory, "node", install)
