"""conf/roomcast.yaml, by which people learn the keys."""

import re
import subprocess

import pytest
import yaml

from rig.gateway import BINARY, ROOT
from rig.waiting import seconds

FILE = ROOT / "conf" / "roomcast.yaml"
REFERENCE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
KEYS = sorted(set(re.findall(r"^\| `([a-z_.]+)` \|", REFERENCE, re.M)))
ROUTES = 'routes: [{path: "/ws/{room}", rooms: ["{room}"]}]\n'


@pytest.mark.parametrize("key", KEYS)
def test_it_has_every_key(key):
    """Those that have no default as a comment."""
    last = key.rsplit(".", 1)[-1]
    assert re.search(rf"\b{last}:", FILE.read_text(encoding="utf-8"))


def differences(default, shown, where=""):
    """Where shown is not what default is, as paths."""
    if isinstance(default, list) and default and isinstance(default[0], dict):
        default, shown = default[0], shown[0]
    if not isinstance(default, dict):
        return [] if default == shown else [f"{where}: {default}, {shown}"]
    return [
        difference
        for key in default
        for difference in (
            differences(default[key], shown[key], f"{where}.{key}")
            if key in shown
            else [f"{where}.{key}"]
        )
    ]


def test_what_it_says_is_the_default(tmp_path):
    (tmp_path / "roomcast.yaml").write_text(ROUTES)
    dump = subprocess.run(
        [BINARY, "-c", tmp_path / "roomcast.yaml", "--dump-config"],
        capture_output=True,
        check=True,
        timeout=seconds(10),
    ).stdout
    shown = yaml.load(FILE.read_text(encoding="utf-8"), yaml.BaseLoader)
    default = yaml.load(dump, yaml.BaseLoader)
    # What does not count here is there as a comment.
    assert differences(default, shown) == [".channels.mark", ".embedded"]


def test_there_is_nothing_to_say_of_it_but_who_may_connect():
    said = subprocess.run(
        [BINARY, "--check-config", "-c", FILE],
        capture_output=True,
        check=True,
        timeout=seconds(10),
    )
    text = said.stdout.decode() + said.stderr.decode()
    notes = [line for line in text.splitlines() if line.startswith("note: ")]
    assert all("a browser from any site may connect" in n for n in notes)
