"""make install and make uninstall, into a folder; the commit of a tarball."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from rig.gateway import BINARY, ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside

MODE = Path(BINARY).resolve().parent.name
CONF = "etc/roomcast/roomcast.yaml"


@pytest.fixture
def make(tmp_path):
    def run(target, *variables):
        subprocess.run(
            ["make", "-s", target, f"MODE={MODE}", f"DESTDIR={tmp_path}"]
            + [*variables],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=seconds(120),
        )

    return run


def files(folder):
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def test_what_is_installed_goes_again_but_the_configuration(make, tmp_path):
    make("install")
    there = files(tmp_path)
    assert there >= {
        CONF,
        "usr/local/bin/roomcast",
        "usr/local/bin/roomcastctl",
        "usr/local/share/bash-completion/completions/roomcastctl",
        "usr/local/share/zsh/site-functions/_roomcastctl",
        "usr/local/share/man/man1/roomcastctl.1",
        "usr/local/lib/systemd/system/roomcast.service",
        "usr/local/lib/systemd/system/roomcast.socket",
        "usr/local/lib/sysusers.d/roomcast.conf",
        "usr/local/share/man/man5/roomcast.yaml.5",
        "usr/local/share/man/man8/roomcast.8",
        "usr/local/share/doc/roomcast/README.md",
        "usr/local/share/doc/roomcast/docs/restarts.md",
        "usr/local/share/doc/roomcast/examples/publish.py",
        "usr/local/share/doc/roomcast/clients/roomcast.js",
    }
    make("uninstall")
    assert files(tmp_path) == {CONF}
    assert not (tmp_path / "usr/local/share/doc/roomcast").exists()


def test_a_configuration_that_is_there_stays(make, tmp_path):
    conf = tmp_path / CONF
    conf.parent.mkdir(parents=True)
    conf.write_text("mine\n")
    make("install")
    assert conf.read_text() == "mine\n"


def test_all_goes_where_the_variables_say(make, tmp_path):
    make("install", "prefix=/opt/r", "sysconfdir=/opt/etc", "bindir=/opt/b",
         "unitdir=/opt/u", "docdir=/opt/d", "mandir=/opt/m")
    assert not (tmp_path / "usr").exists() and not (tmp_path / "etc").exists()
    unit = (tmp_path / "opt/u/roomcast.service").read_text()
    start = "ExecStart=/opt/b/roomcast -c /opt/etc/roomcast/roomcast.yaml"
    assert start in unit.splitlines()
    assert "/usr/local" not in unit
    assert not re.search("(?<!/opt)/etc/roomcast", unit)
    subprocess.run(
        [tmp_path / "opt/b/roomcast", "--check-config"]
        + ["-c", tmp_path / "opt/etc/roomcast/roomcast.yaml"],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=seconds(10),
    )


@pytest.mark.parametrize(
    "archived, said",
    [("0123456789abcdef" * 2 + "01234567", "0123456789ab\n"),
     ("$Format:%H$", "unknown\n")],
)
def test_sources_without_git_know_their_commit_or_say_so(
    tmp_path, archived, said
):
    """By the line that `git archive` writes; not by a repository around it."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    script = tmp_path / "roomcast" / "scripts" / "commit"
    script.parent.mkdir(parents=True)
    text = (ROOT / "scripts" / "commit").read_text()
    assert text.count("$Format:%H$") == 1
    script.write_text(text.replace("$Format:%H$", archived))
    done = subprocess.run(
        ["sh", script], capture_output=True, text=True, env=os.environ
    )
    assert (done.stdout, done.stderr) == (said, "")
