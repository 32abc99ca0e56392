#!/usr/bin/python3
"""Figures of bench/run.py as Markdown.

    bench/table.py [--check] [RESULTS.json ...]

Writes the tables into bench/README.md; with --check only says whether they are
current, and exits with 1 if not. Without a file, all of run.py's in
bench/results/. Of several, the later ones replace scenarios of the earlier.
What no result has is said to be measured yet."""

import argparse
import glob
import json
import os

from report.goals import judged
from report.marked import update, with_part
from report.record import RESULTS
from report.summary import KINDS
from rig.servers import ROOT
from scenarios import SCENARIOS, title_of

PAGE = os.path.join(ROOT, "bench", "README.md")
MISSING = "to be measured"

ADMISSIONS = [  # server, what it is called, the scenario it is in
    ("bare", "bare server: no checks", "handshake"),
    ("roomcast", "none", "handshake"),
    ("hs256", "token, HS256", "handshake"),
    ("rs256", "token, RS256 (2048 bits)", "handshake"),
    ("es256", "token, ES256", "handshake"),
    ("http", "the app's hook", "handshake"),
    ("bare", "bare server, a room for each", "handshake-rooms"),
    ("roomcast", "none, a room for each", "handshake-rooms"),
    ("roomcast-redis", "none, a room for each, on Redis", "handshake-rooms"),
    ("tls-rsa", "none, TLS 1.3, RSA 2048", "handshake-tls"),
    ("tls-ecdsa", "none, TLS 1.3, ECDSA P-256", "handshake-tls"),
    ("tls-resumed", "none, TLS 1.3, resumed", "handshake-tls"),
    ("tls-elsewhere", "the same with another instance's ticket",
     "handshake-tls"),
]


class Figures:
    """Rows of all results, by scenario and server."""

    def __init__(self, records):
        self.records = records
        self.scenarios = {s["name"]: s for record in records
                          for s in record["scenarios"]}

    def row(self, scenario, server):
        rows = self.scenarios.get(scenario, {}).get("summary", [])
        return next((r for r in rows if r["server"] == server), None)

    def cell(self, scenario, server, make):
        """What `make` makes of the row."""
        row = self.row(scenario, server)
        return make(row) if row else MISSING

    def title(self, scenario):
        """As it was run, or as it is planned."""
        planned = {"title": title_of(scenario, scenario["load"])}
        return self.scenarios.get(scenario["name"], planned)["title"]


def table(headings, rows):
    """Lines of Markdown; all columns but the first hold numbers."""
    yield "| " + " | ".join(headings) + " |"
    yield "| --- |" + " ---: |" * (len(headings) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def scenarios_that_show(*kinds):
    return [s for s in SCENARIOS if s["show"] in kinds]


def ratio(row):
    return "not comparable" if row["ratio"] is None else f"{row['ratio']:.2f}"


def spread(row, form):
    """The median and, where there are several rounds, min-max."""
    middle, low, high = (format(row[key], form)
                         for key in ("figure", "low", "high"))
    return f"{middle} ({low}–{high})" if row["rounds"] > 1 else middle


def ratio_spread(row):
    if row["ratio"] is None or row["compared"] < 2:
        return ratio(row)
    return f"{ratio(row)} ({row['ratio_low']:.2f}–{row['ratio_high']:.2f})"


def kind_table(figures, kinds):
    """A row for each scenario and server, its columns from KINDS."""
    kind = KINDS[kinds[0]]
    rows = []
    for scenario in scenarios_that_show(*kinds):
        for server in scenario["servers"]:
            row = figures.row(scenario["name"], server)
            cells = [MISSING] * (2 + len(kind.columns))
            if row:
                cells = [spread(row, kind.figure_format), ratio_spread(row),
                         *("–" if row.get(field) is None else
                           write(row[field])
                           for field, write in kind.columns.values())]
            rows.append([figures.title(scenario), server, *cells])
    yield from table(["scenario", "server", kind.heading, "ratio",
                      *(h.strip() for h in kind.columns)], rows)


SECTIONS = [  # heading, kinds that are shown alike
    ("Paced", ("paced",)),
    ("Flat out, while 50 more arrive", ("flat",)),
    ("Busy", ("busy",)),
    ("Rooms of one member", ("rooms",)),
    ("Large messages", ("large",)),
    ("Small ones, while large ones go to others", ("beside",)),
    ("Deflated, beside plain", ("deflate",)),
    ("Through TLS, beside plain", ("tls-paced", "tls")),
    ("Server-sent events, beside WebSocket", ("events",)),
    ("A message that is kept, beside one that is not", ("keeping",)),
    ("For nobody here, without a history and with one", ("nobody",)),
    ("All come back at once", ("returning",)),
    ("User memory of an idle connection", ("memory",)),
    ("Given back after a burst", ("burst",)),
    ("Joining and leaving rooms", ("churn",)),
    ("Pings", ("ping",)),
    ("Storm of handshakes", ("storm",)),
]


def kind_tables(figures):
    for heading, kinds in SECTIONS:
        yield f"{heading}; median (min–max):"
        yield ""
        yield from kind_table(figures, kinds)
        yield ""


def goals_table(figures):
    yield "Goals, by item of what was wanted:"
    yield ""
    record = {"scenarios": list(figures.scenarios.values())}
    yield from table(["item", "figure", "goal", "measured", "met"],
                     judged(record))


def handshake_cells(figures, scenario, server):
    none = figures.row(scenario, "roomcast")
    makers = (
        lambda row: f"{row['figure']:.1f}",
        lambda row: f"{row['figure'] - none['figure']:+.1f}" if none else "–",
        lambda row: f"{1e6 / row['figure']:,.0f}",
        lambda row: f"{row['per_s']:,.0f}",
        lambda row: f"{row['client_us']:.1f}",
    )
    return [figures.cell(scenario, server, make) for make in makers]


def handshake_table(figures):
    yield "Handshakes, 64 at a time:"
    yield ""
    yield from table(
        ["who may connect", "CPU µs a handshake", "more than none",
         "a CPU-second", "a second", "client's CPU µs"],
        [[title, *handshake_cells(figures, scenario, server)]
         for server, title, scenario in ADMISSIONS])


def origin(record, is_first):
    """Where and when it was measured; of what, where it is not all."""
    machine = record["machine"]
    names = ", ".join(s["name"] for s in record["scenarios"])
    return (("" if is_first else f"{names}: ")
            + f"Measured {record['date'][:10]} at {record['commit'] or '?'}, "
            f"medians of {record['rounds']} rounds where the scenario does not "
            f"say otherwise, on {machine['processor']}, "
            f"{machine['processors']} processors, Linux {machine['kernel']}; "
            f"load before: {machine['load']:.2f}.")


def faults(figures):
    """Nothing, when nothing went wrong."""
    for scenario in figures.scenarios.values():
        for row in scenario["summary"]:
            if row["faults"]:
                yield (f"Faults in {scenario['name']}, {row['server']}: "
                       f"{row['faults']}.")


def lines_of(figures):
    for record in figures.records:
        yield origin(record, record is figures.records[0])
        yield ""
    for part in (goals_table, kind_tables, handshake_table):
        yield from part(figures)
        yield ""
    yield from faults(figures)


def read_records(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            yield json.load(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("results", nargs="*", metavar="RESULTS.json")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    kept = sorted(glob.glob(os.path.join(RESULTS, "2*.json")))
    records = list(read_records(arguments.results or kept))
    text = "\n".join(lines_of(Figures(records))).strip()
    update([(PAGE, with_part(PAGE, "table.py", text))], arguments.check,
           "bench/table.py writes it")


if __name__ == "__main__":
    main()
