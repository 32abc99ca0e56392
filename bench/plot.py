#!/usr/bin/python3
"""Figures and tables of the comparison with others, from its results.

    bench/plot.py [--check] [RESULTS.json]

Writes docs/img/NAME-light.svg and -dark.svg and the tables of
docs/performance.md; with --check only says which of them are not current, and
exits with 1 if any. Without a file, the newest bench/results/peers-*.json."""

import argparse
import glob
import os
import sys

from report.drawings import DRAWINGS
from report.figures import Figures
from report.record import RESULTS
from report.svg import THEMES
from report.tables import text_of
from rig.servers import ROOT

DOCS = os.path.join(ROOT, "docs")
PAGE = os.path.join(DOCS, "performance.md")
BEGIN, END = "<!-- figures: made by bench/plot.py -->", "<!-- /figures -->"


def read(path):
    """The file's text; empty when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def with_tables(page, text):
    """The page with text between its markers."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"plot: {PAGE} lacks the lines {BEGIN} and {END}")
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def all_files(figures):
    """Path and content of everything that is made of the results."""
    for name, draw in DRAWINGS.items():
        for theme in THEMES:
            path = os.path.join(DOCS, "img", f"{name}-{theme}.svg")
            yield path, draw(theme, figures)
    yield PAGE, with_tables(read(PAGE), text_of(figures))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("results", nargs="?", metavar="RESULTS.json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    found = sorted(glob.glob(os.path.join(RESULTS, "peers-*.json")))
    path = arguments.results or (found[-1] if found else None)
    if not path and arguments.check:
        return 0  # nothing can be stale
    if not path:
        sys.exit("plot: no results yet; `make bench-peers` makes them")
    stale = [(where, text) for where, text in all_files(Figures(path))
             if read(where) != text]
    for where, text in stale:
        if arguments.check:
            print(f"{os.path.relpath(where)} is not current: bench/plot.py "
                  "writes it", file=sys.stderr)
            continue
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "w", encoding="utf-8") as file:
            file.write(text)
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
