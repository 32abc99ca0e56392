"""The examples of docs/admin.md, run as they stand there."""

import json
import re
import subprocess

import pytest

from rig.gateway import ROOT
from rig.waiting import seconds

PAGE = (ROOT / "docs" / "admin.md").read_text()
PLACE = "127.0.0.1:9180"
EXAMPLES = re.findall(r"```console\n\$ (.+?[^\\])\n(.*?)```", PAGE, re.S)


def shape(text):
    """The keys at the top of what an example shows; `...` leaves some out."""
    return set(re.findall(r'"(\w+)": ', re.sub(r"[\[{].*[\]}]", "", text[1:-1])))


def test_all_pages_are_there(gateway):
    listed = re.findall(r"^\| `(/\S*)` \| ([A-Z, ]+) \|", PAGE, re.M)
    there = gateway().api("nope")[1]["remedy"].split(": ")[1].split()
    assert [path for path, _ in listed] == there
    for path in there:
        assert not path.startswith("/api/") or f"\n## {path}\n" in PAGE


def test_an_error_is_as_it_is_shown(gateway, tmp_path):
    file = tmp_path / "token"
    file.write_text("secret")
    daemon = gateway(admin={"token_file": str(file)})
    assert json.dumps(daemon.api("config")[1]) in PAGE


@pytest.mark.parametrize("command, shown", EXAMPLES)
def test_an_example_gives_what_is_shown(gateway, connect, command, shown):
    daemon = gateway()
    connect(daemon)
    place = daemon.admin_url[len("http://") :]
    done = subprocess.run(
        ["sh", "-c", command.replace(PLACE, place)],
        capture_output=True,
        text=True,
        timeout=seconds(20),
    )
    assert done.returncode == 0 and PLACE in command, done
    got = json.loads(done.stdout)
    assert shape(shown.strip()) <= set(got) and "error" not in got, got
