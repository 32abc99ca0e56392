#!/usr/bin/python3
"""Figures and tables of the comparison with others, from its results.

    bench/plot.py [--check] [RESULTS.json]

Writes docs/img/NAME-light.svg and -dark.svg, the tables of
docs/performance.md, and the figures in README.md and docs/choosing.md; with
--check only says which of them are not current, and exits with 1 if any.
Without a file, the newest bench/results/peers-*.json."""

import argparse
import glob
import os
import sys

from report.drawings import DRAWINGS
from report.figures import Figures
from report.marked import update, with_part
from report.record import RESULTS
from report.short import in_short, to_choose
from report.svg import THEMES
from report.tables import text_of
from rig.servers import ROOT

DOCS = os.path.join(ROOT, "docs")
PAGE = os.path.join(DOCS, "performance.md")


def all_files(figures):
    """Path and content of everything that is made of the results."""
    for name, (draw, case) in DRAWINGS.items():
        for theme in THEMES if figures.measured(case) else ():
            path = os.path.join(DOCS, "img", f"{name}-{theme}.svg")
            yield path, draw(theme, figures)
    page = with_part(PAGE, "plot.py", in_short(figures), "in short")
    yield PAGE, with_part(PAGE, "plot.py", text_of(figures), page=page)
    for path, text in ((os.path.join(ROOT, "README.md"), in_short(figures)),
                       (os.path.join(DOCS, "choosing.md"),
                        to_choose(figures))):
        yield path, with_part(path, "plot.py", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("results", nargs="?", metavar="RESULTS.json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found = sorted(glob.glob(os.path.join(RESULTS, "peers-*.json")))
    path = arguments.results or (found[-1] if found else None)
    if not path and arguments.check:
        return  # nothing can be stale
    if not path:
        sys.exit("plot: no results yet; `make bench-peers` makes them")
    os.makedirs(os.path.join(DOCS, "img"), exist_ok=True)
    update(all_files(Figures(path)), arguments.check,
           "bench/plot.py writes it")


if __name__ == "__main__":
    main()
