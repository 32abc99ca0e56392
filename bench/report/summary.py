"""From the reports of all rounds to one row for each server, and the rows as
a table for people. KINDS has what a scenario may show."""

import dataclasses
import statistics
import sys

FAULTS = ("lost", "duplicated", "reordered", "foreign", "damaged", "refused",
          "closed", "refusals", "gave_up", "arrivals_refused", "lacking",
          "wrong")

# Two paced runs can be compared when their clients read equally many frames
# at a time: a write to a client that has not read yet wakes nobody, and is
# cheaper for that.
PACED = ("paced", "tls-paced")
FRAMES_TOLERANCE = 0.02


def at(*path):
    """A value deep in a report, or None."""
    def dig(report):
        for key in path:
            report = report.get(key)
            if report is None:
                return None
        return report
    return dig


def megabytes(*path):
    """The same, in MiB."""
    return lambda report: at(*path)(report) / (1 << 20)


@dataclasses.dataclass(frozen=True)
class Kind:
    """What is compared, what else is kept of each report, and what is
    printed: headings with the field and how to write it."""

    figure: callable
    details: dict
    heading: str
    figure_format: str
    columns: dict
    publishes: bool = True


LATENCY = {"p50": at("latency_ms", "p50"), "p99": at("latency_ms", "p99")}
DELIVERY = {
    "per_cpu_s": at("deliveries_per_cpu_s"),
    "per_s": at("deliveries_per_s"),
    "frames": at("frames_per_read"),
    **LATENCY,
}
DELIVERY_COLUMNS = {
    "k/CPU-s": ("per_cpu_s", lambda v: f"{v / 1e3:.0f}"),
    "k/s": ("per_s", lambda v: f"{v / 1e3:.0f}"),
    "frames/read": ("frames", lambda v: f"{v:.2f}"),
    "p50 ms": ("p50", lambda v: f"{v:.2f}"),
    "p99 ms": ("p99", lambda v: f"{v:.2f}"),
}
ARRIVAL_COLUMNS = {
    "arrival p50 ms": ("arrival_p50", lambda v: f"{v:.2f}"),
    "p99 ms ": ("arrival_p99", lambda v: f"{v:.2f}"),
}
PER_DELIVERY = Kind(at("cpu_us_per_delivery"), DELIVERY, "CPU us/delivery",
                    ".3f", DELIVERY_COLUMNS)
HANDSHAKE = {
    "per_s": at("connects_per_s"),
    "handshake_us": at("cpu_us_per_handshake"),
    "client_us": at("client_cpu_us_per_handshake"),
    "resumed": at("resumed"),
    "p50": at("handshake_ms", "p50"),
    "p99": at("handshake_ms", "p99"),
}

KINDS = {
    "paced": PER_DELIVERY,
    "events": PER_DELIVERY,
    "keeping": PER_DELIVERY,
    "rooms": PER_DELIVERY,
    "large": PER_DELIVERY,
    "tls": PER_DELIVERY,
    "tls-paced": PER_DELIVERY,
    "deflate": dataclasses.replace(
        PER_DELIVERY,
        details={**DELIVERY,
                 "bytes": lambda r: r["bytes"] / max(r["deliveries"], 1),
                 "deflated": lambda r: r["deflated"] / max(r["deliveries"], 1)},
        columns={**DELIVERY_COLUMNS,
                 "B/delivery": ("bytes", lambda v: f"{v:.0f}"),
                 "deflated": ("deflated", lambda v: f"{v:.0%}")}),
    "busy": dataclasses.replace(
        PER_DELIVERY,
        details={**DELIVERY, "seconds": at("seconds")},
        columns={**DELIVERY_COLUMNS,
                 "took s": ("seconds", lambda v: f"{v:.2f}")}),
    "flat": dataclasses.replace(
        PER_DELIVERY,
        details={**DELIVERY, "arrival_p50": at("arrival_ms", "p50"),
                 "arrival_p99": at("arrival_ms", "p99")},
        columns={**DELIVERY_COLUMNS, **ARRIVAL_COLUMNS}),
    "beside": Kind(
        at("latency_ms", "p99"), {
            "p50": at("latency_ms", "p50"), "p99": at("latency_ms", "p99"),
            "large_p50": at("large_ms", "p50"),
            "large_p99": at("large_ms", "p99"),
        }, "small: p99 ms", ".2f", {
            "p50 ms": ("p50", lambda v: f"{v:.2f}"),
            "large: p50 ms": ("large_p50", lambda v: f"{v:.2f}"),
            "p99 ms": ("large_p99", lambda v: f"{v:.2f}"),
        }),
    "handshake": Kind(
        at("cpu_us_per_handshake"), HANDSHAKE, "CPU us/handshake", ".1f", {
            "/s": ("per_s", lambda v: f"{v:.0f}"),
            "client us": ("client_us", lambda v: f"{v:.1f}"),
            "p50 ms": ("p50", lambda v: f"{v:.2f}"),
            "p99 ms": ("p99", lambda v: f"{v:.2f}"),
        }, publishes=False),
    "storm": Kind(
        at("arrivals_s"), {
            "meanwhile_p50": at("meanwhile_ms", "p50"),
            "meanwhile_p99": at("meanwhile_ms", "p99"),
            "meanwhile_count": at("meanwhile"),
            "arrival_p50": at("arrival_ms", "p50"),
            "arrival_p99": at("arrival_ms", "p99"),
        }, "all in s", ".3f", {
            **ARRIVAL_COLUMNS,
            "message p50 ms": ("meanwhile_p50", lambda v: f"{v:.2f}"),
            "p99 ms  ": ("meanwhile_p99", lambda v: f"{v:.2f}"),
        }),
    "returning": Kind(
        at("cpu_ratio"), {
            "cpu_us": at("arrival_cpu_us"), "plain_us": at("plain_cpu_us"),
            "caught_up_p50": at("caught_up_ms", "p50"),
            "caught_up_max": at("caught_up_ms", "max"),
            "meanwhile_p50": at("meanwhile_ms", "p50"),
            "meanwhile_p99": at("meanwhile_ms", "p99"),
            "meanwhile_count": at("meanwhile"),
        }, "CPU, times plain", ".2f", {
            "CPU us": ("cpu_us", lambda v: f"{v:.1f}"),
            "plain": ("plain_us", lambda v: f"{v:.1f}"),
            "caught up p50 ms": ("caught_up_p50", lambda v: f"{v:.0f}"),
            "last ms": ("caught_up_max", lambda v: f"{v:.0f}"),
            "message p50 ms": ("meanwhile_p50", lambda v: f"{v:.2f}"),
            "p99 ms": ("meanwhile_p99", lambda v: f"{v:.2f}"),
        }),
    "memory": Kind(
        at("bytes_per_connection"), HANDSHAKE, "B/connection", ".0f", {
            "CPU us/handshake": ("handshake_us", lambda v: f"{v:.1f}"),
        }, publishes=False),
    "burst": Kind(
        lambda r: at("memory_later", "rss")(r) / at(
            "memory_connected", "rss")(r), {
            "before": megabytes("memory_connected", "rss"),
            "peak": megabytes("memory_stalled", "rss"),
            "after": megabytes("memory_after", "rss"),
            "later": megabytes("memory_later", "rss"),
        }, "30 s later/before", ".2f", {
            f"{name} MiB": (name, lambda v: f"{v:.1f}")
            for name in ("before", "peak", "after", "later")
        }),
    "churn": Kind(
        at("cpu_us_many"), {
            "few_us": at("cpu_us_few"), "growth": at("growth"),
            "few": at("few"), "many": at("many"),
        }, "CPU us/join+leave", ".2f", {
            "with few rooms": ("few_us", lambda v: f"{v:.2f}"),
            "growth": ("growth", lambda v: f"{v:.2f}"),
        }),
    "nobody": Kind(
        at("cpu_us_per_payload"), {
            "per_cpu_s": lambda r: 1e6 / r["cpu_us_per_payload"],
        }, "CPU us/payload", ".2f", {
            "k/CPU-s": ("per_cpu_s", lambda v: f"{v / 1e3:.0f}"),
        }),
    "ping": Kind(
        at("cpu_us_per_ping"), {
            "pings": at("pings"), "slot_ratio": at("slot_ratio"),
            "slot_max": at("pings_a_slot_max"), "slot": at("pings_a_slot"),
        }, "CPU us/ping+pong", ".2f", {
            "pings": ("pings", lambda v: f"{v:.0f}"),
            "in 10 ms": ("slot", lambda v: f"{v:.0f}"),
            "at most": ("slot_max", lambda v: f"{v:.0f}"),
        }, publishes=False),
}


def faults_of(reports):
    """What went wrong in these runs, as text; empty when nothing did."""
    sums = {key: sum(r.get(key, 0) for r in reports) for key in FAULTS}
    return ", ".join(f"{n} {key}" for key, n in sums.items() if n)


def is_comparable(scenario, report, base):
    """Whether the ratio of these two runs means something."""
    if scenario["show"] not in PACED:
        return True
    frames = base["frames_per_read"]
    return abs(report["frames_per_read"] - frames) <= frames * FRAMES_TOLERANCE


def comparable_rounds(scenario, results):
    """How many rounds compare all servers with the first."""
    first, *others = results.values()
    return sum(all(is_comparable(scenario, r[i], first[i]) for r in others)
               for i in range(len(first)))


def ratios_of(scenario, value_of, reports, base):
    """The value in each comparable round, as a ratio to the base's."""
    pairs = [(value_of(r), value_of(b)) for r, b in zip(reports, base)
             if is_comparable(scenario, r, b)]
    return [mine / theirs for mine, theirs in pairs if mine and theirs]


def median(values):
    return statistics.median(values) if values else None


def details_of(kind, reports):
    """Medians of all that the kind keeps."""
    return {name: median([v for v in map(value_of, reports) if v is not None])
            for name, value_of in kind.details.items()}


def summarise(scenario, results):
    """One row for each server; ratios are medians over the rounds."""
    kind = KINDS[scenario["show"]]
    base = next(iter(results.values()))
    rows = []
    for name, reports in results.items():
        figures = [kind.figure(r) for r in reports]
        ratios = ratios_of(scenario, kind.figure, reports, base)
        row = {
            "server": name, "figure": statistics.median(figures),
            "low": min(figures), "high": max(figures),
            "ratio": median(ratios),
            "ratio_low": min(ratios, default=None),
            "ratio_high": max(ratios, default=None),
            "compared": len(ratios), "rounds": len(reports),
            "faults": faults_of(reports), **details_of(kind, reports)}
        for field in ("p50", "p99"):
            if field in kind.details:
                row[f"{field}_ratio"] = median(ratios_of(
                    scenario, kind.details[field], reports, base))
        rows.append(row)
    return rows


def columns_of(scenario, row):
    """The row's cells by their headings."""
    kind = KINDS[scenario["show"]]
    low, high = (format(row[end], kind.figure_format)
                 for end in ("low", "high"))
    cells = {
        "server": row["server"],
        kind.heading: format(row["figure"], kind.figure_format),
        "low..high": f"{low}..{high}",
        "ratio": "-" if row["ratio"] is None else f"{row['ratio']:.2f}",
        "of rounds": f"{row['compared']}/{row['rounds']}",
    }
    for heading, (field, write) in kind.columns.items():
        cells[heading] = "-" if row[field] is None else write(row[field])
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
    sys.stdout.flush()
