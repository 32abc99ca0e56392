"""Prometheus' own tool, where it is installed: scripts/deps ci."""

import shutil
import subprocess

import pytest

installed = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed"
)


def run(*arguments, text=None, cwd=None):
    """What it prints; fails where it finds anything to say."""
    done = subprocess.run(
        ["promtool", *arguments],
        input=text,
        cwd=cwd,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
