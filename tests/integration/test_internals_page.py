"""What docs/internals.md and its picture name must be there: a reader goes
from a word of the page to the file."""

import re

import pytest

from rig.gateway import ROOT

pytestmark = pytest.mark.outside

PAGE = (ROOT / "docs" / "internals.md").read_text(encoding="utf-8")
PICTURE = (ROOT / "docs" / "internals.svg").read_text(encoding="utf-8")
FOLDERS = "base|conf|proto|sys|core|net|backend"
MODULES = re.compile(rf"(?<![\w/])(?:{FOLDERS})/\w+(?:\.def)?")
SOURCES = [*(ROOT / "src").rglob("*.[ch]"), *(ROOT / "src").rglob("*.def")]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)


@pytest.mark.parametrize("module", sorted(set(MODULES.findall(PAGE + PICTURE))))
def test_its_files_are_there(module):
    path = ROOT / "src" / module
    endings = ("", ".c", ".h")
    assert any(path.with_name(path.name + x).is_file() for x in endings)


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:src|scripts|tests)/[\w./-]+)`", PAGE)))
)
def test_its_other_paths_are_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`(?:struct )?([a-z]+_[a-z_]+)`", PAGE)))
)
def test_its_functions_and_structs_are_there(name):
    assert re.search(rf"\b{name}\b", TEXT)


@pytest.mark.parametrize(
    "state", sorted(set(re.findall(r"\(([A-Z]+)[,)]", PAGE)))
)
def test_its_states_are_there(state):
    assert re.search(rf"\bCONN_{state}\b", TEXT)
