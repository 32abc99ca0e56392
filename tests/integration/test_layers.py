"""The gate of the house: what it refuses, and that it says where."""

import shutil
import subprocess

import pytest

from rig.gateway import ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside


@pytest.fixture
def house(tmp_path):
    """A checkout with these files, each including what is listed; what the
    script says of it."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")

    def run(script, files):
        for name, includes in files.items():
            path = tmp_path / "src" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [f'#include "{header}"\n' for header in includes]
            path.write_text("".join(lines))
        done = subprocess.run(
            [tmp_path / "scripts" / script],
            capture_output=True,
            text=True,
            timeout=seconds(30),
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


def test_no_circle(house):
    """Two ways to the same file are none."""
    files = {
        "core/a.c": ["core/a.h", "core/b.h", "core/c.h"],
        "core/a.h": ["core/table.def"],
        "core/b.c": ["core/b.h", "core/c.h"],
        "core/table.def": [],
    }
    assert house("circles", files) == (0, "")


def test_a_circle_that_the_sources_close(house):
    """Header and source are one: the headers alone have none."""
    files = {
        "core/a.c": ["core/a.h", "core/b.h"],
        "core/b.c": ["core/b.h", "core/a.h"],
        "core/c.c": ["core/a.h"],
    }
    assert house("circles", files) == (1, "2 core/a core/b\n")


def test_circles_apart_are_told_apart(house):
    files = {
        "net/a.c": ["net/b.h"],
        "net/b.h": ["net/a.h"],
        "conf/a.h": ["conf/b.h"],
        "conf/b.c": ["conf/c.h"],
        "conf/c.c": ["conf/a.h"],
    }
    circles = "3 conf/a conf/b conf/c\n2 net/a net/b\n"
    assert house("circles", files) == (1, circles)


def test_the_gate_refuses_a_circle_and_names_its_files(house):
    files = {"net/a.c": ["net/b.h"], "net/b.c": ["net/c.h"], "net/c.c": []}
    assert house("check-layers", files) == (0, "")
    files["net/c.c"] = ["net/a.h"]
    status, says = house("check-layers", files)
    assert status == 1
    assert "3 net/a net/b net/c" in says


def test_the_gate_refuses_what_climbs(house):
    files = {"core/a.c": ["net/b.h"], "net/b.h": []}
    status, says = house("check-layers", files)
    assert (status, says) == (1, "src/core/a.c:1: core must not include net\n")


def test_the_gate_refuses_what_is_too_wide(house, tmp_path):
    """Where it is: a tab counts as eight, a literal may be longer."""
    wide = tmp_path / "src" / "core" / "wide.c"
    wide.parent.mkdir(parents=True)
    wide.write_text("\t/* " + 69 * "x" + " */\n" + '"' + 90 * "x" + '"\n')
    status, says = house("check-layers", {})
    assert (status, says) == (1, "src/core/wide.c:1: beyond 80 columns\n")
    wide.write_text("\t/* " + 66 * "x" + " */\n")
    assert house("check-layers", {}) == (0, "")


def test_the_gate_refuses_a_log_line_that_does_something(house, tmp_path):
    """Where the line is not written it would not be done."""
    source = tmp_path / "src" / "core" / "loud.c"
    source.parent.mkdir(parents=True)
    line = 'log_warn(LOG_HUB, "x",\n    kv_cut("a", %s(&left, 1), 2));\n'
    source.write_text(line % "slice_cut")
    status, says = house("check-layers", {})
    told = "src/core/loud.c:2: a log line calls slice_cut\n"
    assert (status, says) == (1, told)
    source.write_text(line % "left_of")
    assert house("check-layers", {}) == (0, "")
