"""From the reports of all rounds to one row for each server, and the rows as
a table for people."""

import statistics

FAULTS = ("lost", "duplicated", "reordered", "foreign", "damaged", "refused",
          "closed", "refusals", "gave_up")

# Two paced runs can be compared when their clients read equally many frames
# at a time: a write to a client that has not read yet wakes nobody, and is
# cheaper for that.
FRAMES_TOLERANCE = 0.02


def faults_of(reports):
    """What went wrong in these runs, as text; empty when nothing did."""
    sums = {key: sum(r.get(key, 0) for r in reports) for key in FAULTS}
    return ", ".join(f"{n} {key}" for key, n in sums.items() if n)


def figure_of(scenario, report):
    """The number that this scenario compares."""
    return report[{"memory": "bytes_per_connection",
                   "handshake": "cpu_us_per_handshake"}.get(
                       scenario["show"], "cpu_us_per_delivery")]


def is_comparable(scenario, report, base):
    """Whether the ratio of these two runs means something."""
    if scenario["show"] != "paced":
        return True
    frames = base["frames_per_read"]
    return abs(report["frames_per_read"] - frames) <= frames * FRAMES_TOLERANCE


def comparable_rounds(scenario, results):
    """How many rounds compare all servers with the first."""
    first, *others = results.values()
    return sum(all(is_comparable(scenario, r[i], first[i]) for r in others)
               for i in range(len(first)))


def ratios_of(scenario, reports, base):
    """The figure of each comparable round, as a ratio to the base's."""
    return [figure_of(scenario, r) / figure_of(scenario, b)
            for r, b in zip(reports, base)
            if figure_of(scenario, b) > 0 and is_comparable(scenario, r, b)]


def median_of(reports, *path):
    """Median over the runs of a value deep in the report."""
    def dig(report):
        for key in path:
            report = report[key]
        return report
    return statistics.median(dig(r) for r in reports)


def details_of(scenario, reports):
    """The further columns of the scenario's table."""
    if scenario["show"] in ("paced", "flat"):
        return {
            "per_cpu_s": median_of(reports, "deliveries_per_cpu_s"),
            "per_s": median_of(reports, "deliveries_per_s"),
            "frames": median_of(reports, "frames_per_read"),
            "p50": median_of(reports, "latency_ms", "p50"),
            "p99": median_of(reports, "latency_ms", "p99"),
        }
    return {
        "per_s": median_of(reports, "connects_per_s"),
        "handshake_us": median_of(reports, "cpu_us_per_handshake"),
        "client_us": median_of(reports, "client_cpu_us_per_handshake"),
        "resumed": median_of(reports, "resumed"),
        "p50": median_of(reports, "handshake_ms", "p50"),
        "p99": median_of(reports, "handshake_ms", "p99"),
    }


def summarise(scenario, results):
    """One row for each server; ratios are medians over the rounds."""
    base = next(iter(results.values()))
    rows = []
    for name, reports in results.items():
        figures = [figure_of(scenario, r) for r in reports]
        ratios = ratios_of(scenario, reports, base)
        rows.append({
            "server": name, "figure": statistics.median(figures),
            "low": min(figures), "high": max(figures),
            "ratio": statistics.median(ratios) if ratios else None,
            "compared": len(ratios), "rounds": len(reports),
            "faults": faults_of(reports), **details_of(scenario, reports)})
    return rows


def _delivery_columns(row):
    return {
        "CPU us/delivery": f"{row['figure']:.3f}",
        "low..high": f"{row['low']:.2f}..{row['high']:.2f}",
        "ratio": _ratio(row),
        "of rounds": f"{row['compared']}/{row['rounds']}",
        "k/CPU-s": f"{row['per_cpu_s'] / 1e3:.0f}",
        "k/s": f"{row['per_s'] / 1e3:.0f}",
        "frames/read": f"{row['frames']:.2f}",
    }


def _handshake_columns(row):
    return {
        "CPU us/handshake": f"{row['figure']:.1f}",
        "low..high": f"{row['low']:.1f}..{row['high']:.1f}",
        "ratio": _ratio(row),
        "/CPU-s": f"{1e6 / row['figure']:.0f}" if row["figure"] else "-",
        "/s": f"{row['per_s']:.0f}",
        "client us": f"{row['client_us']:.1f}",
    }


def _memory_columns(row):
    return {
        "B/connection": f"{row['figure']:.0f}",
        "low..high": f"{row['low']:.0f}..{row['high']:.0f}",
        "CPU us/handshake": f"{row['handshake_us']:.1f}",
    }


def _ratio(row):
    return f"{row['ratio']:.2f}" if row["ratio"] is not None else "-"


def columns_of(scenario, row):
    """The row's cells by their headings."""
    make = {"memory": _memory_columns, "handshake": _handshake_columns}.get(
        scenario["show"], _delivery_columns)
    cells = {"server": row["server"], **make(row)}
    if scenario["show"] != "memory":
        cells["p50 ms"] = f"{row['p50']:.2f}"
        cells["p99 ms"] = f"{row['p99']:.2f}"
    cells["faults"] = row["faults"] or "none"
    return cells


def print_rows(scenario, rows):
    """The scenario's part of the output."""
    table = [columns_of(scenario, row) for row in rows]
    widths = {heading: max(len(heading), *(len(r[heading]) for r in table))
              for heading in table[0]}
    print(f"\n{scenario['title']}")
    for cells in [{heading: heading for heading in widths}, *table]:
        left = cells["server"].ljust(widths["server"])
        rest = [cells[h].rjust(w) for h, w in widths.items()
                if h not in ("server", "faults")]
        print(" ", left, *rest, "", cells["faults"])
