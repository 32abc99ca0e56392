"""What docs/reliability.md names must be there: whoever is woken at night
looks for these very words."""

import re

import pytest

from rig.gateway import ROOT

pytestmark = pytest.mark.outside

PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
METRICS = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
SOURCES = {
    path.relative_to(ROOT / "src").as_posix(): path.read_text(encoding="utf-8")
    for ending in ("*.[ch]", "*.def")
    for path in (ROOT / "src").rglob(ending)
}
# Literals that the formatter has cut in two are one again.
TEXT = re.sub(r'"\s*\n\s*"', "", "\n".join(SOURCES.values()))
CELLS = [
    cell.strip()
    for line in PAGE.splitlines()
    if line.startswith("| ")
    for cell in re.split(r"(?<!\\)\|", line)
]
TESTS = {
    "py": (ROOT / "tests" / "integration", re.compile(r"^def (\w+)", re.M)),
    "c": (ROOT / "tests" / "unit", re.compile(r"^START_TEST\((\w+)", re.M)),
}


def found(pattern):
    return sorted({m for cell in CELLS for m in re.findall(pattern, cell)})


@pytest.mark.parametrize("name", found(r"`([\w/]*test_\w+\.\w+)`"))
def test_its_tests_are_there(name):
    folder, definition = TESTS[name.rsplit(".", 1)[1]]
    names = definition.findall((folder / name).read_text(encoding="utf-8"))
    parts = found(rf"`{re.escape(name)}` \(([^)]*)\)")
    for part in ", ".join(parts).split(", "):
        assert any(part in x for x in names), part


@pytest.mark.parametrize("name", found(r"`((?:\w+)/\w+\.[ch])`"))
def test_its_sources_are_there(name):
    assert name in SOURCES or (ROOT / "tests" / "unit" / name).exists()


@pytest.mark.parametrize("metric", found(r"\b(roomcast_[a-z_]+)"))
def test_its_metrics_are_there(metric):
    assert f"`{metric}`" in METRICS


@pytest.mark.parametrize(
    "metric, labels", found(r'`(roomcast_\w+)\{(\w+="[^}]*)\}`')
)
def test_their_labels_are_there(metric, labels):
    (row,) = [x for x in METRICS.splitlines() if f"| `{metric}`" in x]
    for name, value in re.findall(r'(\w+)="([^"]*)"', labels):
        values = re.findall(rf"`{name}`: (.*?)(?:<br>| \|)", row)
        assert f'`{name}="{value}"`' in row or any(
            value in x.split(", ") for x in values
        )


@pytest.mark.parametrize("line", found(r"`([a-z]+: [^`]+)`"))
def test_its_log_lines_are_there(line):
    token, event = line.split(": ", 1)
    assert f'"{token}"' in TEXT
    assert f'"{event}' in TEXT


def test_no_row_stands_twice():
    """Or in a form of its own, in which nothing above finds its test."""
    rows = [x for x in PAGE.splitlines() if x.startswith("| ")]
    firsts = [x.split(" | ")[0].lower() for x in rows if x[:5] != "| ---"]
    twice = {x for x in firsts if firsts.count(x) > 1} - {"| fault"}
    assert twice == set()
    loose = [x for x in CELLS if re.search(r"(?<![\w/`])test_\w", x)]
    assert loose == []
