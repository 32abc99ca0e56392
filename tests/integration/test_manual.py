"""The manual pages: well written, and about this program."""

import re
import shutil
import subprocess

import pytest

from rig.gateway import BINARY, ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PAGES = sorted((ROOT / "man").glob("*.[1-8]"))
LINTERS = {"mandoc": ["mandoc", "-T", "lint"], "man": ["man", "--warnings", "-l"]}


def run(*command):
    return subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        timeout=seconds(30),
    )


@pytest.mark.parametrize("linter", LINTERS)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_nothing_to_complain_of(page, linter):
    if not shutil.which(linter):
        pytest.skip(f"{linter} is missing")
    done = run(*LINTERS[linter], page)
    assert done.returncode == 0
    assert done.stderr + (done.stdout if linter == "mandoc" else "") == ""


def test_every_option_and_signal_of_the_help_is_explained():
    text = (ROOT / "man" / "roomcast.8").read_text().replace("\\-", "-")
    words = set(re.findall(r"(?<!\w)--?[a-z][-a-z]*|SIG[A-Z0-9]+",
                           run(BINARY, "--help").stdout))
    assert {"--version", "-c", "SIGHUP"} <= words
    assert sorted(word for word in words if word not in text) == []


def test_every_key_is_explained():
    """make check says whether it is what the rows say now."""
    page = (ROOT / "man" / "roomcast.yaml.5").read_text().replace("\\-", "-")
    lines = (ROOT / "docs" / "configuration.md").read_text().splitlines()
    keys = [re.match(r"\| `(.+?)` \|", x) for x in lines]
    keys = [key[1] for key in keys if key]
    assert len(keys) > 100
    entries = set(re.findall(r"^\.TP\n\\fB(.+)\\fR$", page, re.M))
    assert sorted(set(keys) - entries) == []
