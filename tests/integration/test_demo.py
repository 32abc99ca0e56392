"""`make demo-resume`: what it prints and what its page shows."""

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

from rig.gateway import ROOT
from rig.waiting import eventually, seconds

pytestmark = pytest.mark.outside

PROC = Path("/proc")
LAST = re.compile(
    r"gateway was killed (\d+) times, Redis (\d+) times\n"
    r"(\d+) published, (\d+) arrived, (\d+) missing, (\d+) twice, (\d+) gaps"
)


@pytest.mark.waits
def test_nothing_is_lost_on_the_page_either(page):
    demo = subprocess.Popen(
        [ROOT / "scripts" / "demo-resume", "--seconds", "9", "--pause", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    url = next(x.strip() for x in demo.stdout if "file://" in x)
    page.open(url)
    page.wait("count.came > 0", True)
    text, _ = demo.communicate(timeout=seconds(60))
    assert demo.returncode == 0, text
    killed, redis, sent, came, *bad = map(int, LAST.search(text).groups())
    assert killed > 0 and redis > 0 and sent == came > 20 and bad == [0, 0, 0]
    names = "count.missing", "count.twice", "count.gaps"
    assert [page.evaluate(x) for x in names] == [0, 0, 0]
    assert "exception" not in text
    assert page.evaluate("count.came") > 0


@pytest.mark.waits
def test_it_leaves_nothing_behind(tmp_path):
    """When it is ended before its time, however impatiently."""
    demo = subprocess.Popen(
        [ROOT / "scripts" / "demo-resume"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    next(x for x in demo.stdout if "published" in x)
    children = subprocess.run(
        ["pgrep", "-P", str(demo.pid)], capture_output=True, text=True
    ).stdout.split()
    assert len(children) >= 1
    deadline = time.monotonic() + seconds(30)
    while demo.poll() is None and time.monotonic() < deadline:
        demo.terminate()
    assert "Traceback" not in demo.communicate(timeout=seconds(30))[0]
    assert not list(tmp_path.iterdir())
    for child in children:
        eventually(lambda: not (PROC / child).exists())
