"""What docs/performance.md says of other servers must be what was measured."""

import json
import sys

import pytest

from rig.gateway import ROOT

sys.path.append(str(ROOT / "bench"))

from report.ahead import ahead  # noqa: E402
from report.figures import Figures  # noqa: E402
from report.short import in_short, to_choose  # noqa: E402

pytestmark = pytest.mark.outside

LIKES = {
    "bare": "roomcast",
    "roomcast": "roomcast",
    "roomcast-redis": "roomcast-redis",
    "nchan": "roomcast",
    "ws": "roomcast-redis",
}


def delivery(us, **more):
    return {"cpu_us_per_delivery": us, "latency_ms": {"p50": 1, "p99": 2}, **more}


@pytest.fixture
def figures(tmp_path):
    """Of a case with these reports of each server."""

    def made(case, **runs):
        peers = [
            {"name": name, "title": name, "like": like, "versions": {}, "skipped": None}
            for name, like in LIKES.items()
        ]
        runs = {name.replace("_", "-"): reports for name, reports in runs.items()}
        path = tmp_path / "peers.json"
        cases = [{"name": case, "title": case, "load": {}, "runs": runs}]
        path.write_text(json.dumps({"peers": peers, "cases": cases}))
        return Figures(path)

    return made


def said(figures):
    return [line for line in ahead(figures) if line.startswith("- ")]


def test_a_peer_that_is_ahead_is_named_with_the_spread(figures):
    found = figures(
        "flat-1k",
        bare=[delivery(10), delivery(10), delivery(10)],
        roomcast=[delivery(1.2), delivery(1.5), delivery(1.3)],
        nchan=[delivery(1), delivery(1), delivery(1)],
        roomcast_redis=[delivery(1), delivery(1), delivery(1)],
        ws=[delivery(2), delivery(0.5), delivery(0.9)],
    )
    (line,) = said(found)
    assert "flat out, 1,000 members**: nchan 1.30 (1.20–1.50) times; " in line
    assert line.endswith("ws 1.11 (0.50–2.00) times, not in every round.")


def test_a_run_that_lost_messages_is_ahead_of_nobody(figures):
    found = figures(
        "flat-1k",
        bare=[delivery(10), delivery(10)],
        roomcast=[delivery(2), delivery(2)],
        nchan=[delivery(1, lost=1), {"failed": "no end"}],
    )
    assert said(found) == []
    assert "nowhere" in "\n".join(ahead(found))


def test_rounds_are_compared_with_their_own(figures):
    """Of one that failed in the first round the second counts alone."""
    found = figures(
        "paced-1k",
        bare=[delivery(10), delivery(20)],
        roomcast=[delivery(10), delivery(30)],
        nchan=[{"failed": "no end"}, delivery(25)],
    )
    ratio = found.ratio("paced-1k", "nchan", "bare", "cpu_us_per_delivery")
    assert str(ratio) == "1.25"
    (line,) = said(found)
    assert line.endswith("1,000 members**: nchan 1.20 times, in one round.")


def test_the_short_table_leads_with_ratios(figures):
    found = figures(
        "flat-1k",
        bare=[delivery(10)],
        roomcast=[delivery(0.5)],
        nchan=[delivery(20)],
    )
    assert "times the bare loop's | 20.0 | 0.5 |" in in_short(found)
    assert "nchan –" in to_choose(found)
