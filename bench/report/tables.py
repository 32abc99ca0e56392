"""The tables of docs/performance.md, as Markdown."""

from report.drawings import LATENCY_CASES


def table(headings, rows):
    """Lines of Markdown; all columns but the first hold numbers."""
    yield "| " + " | ".join(headings) + " |"
    yield "| --- |" + " ---: |" * (len(headings) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def cell(value, form):
    return "–" if value is None else form.format(value)


def origin(record):
    """Where and when it was measured."""
    machine = record["machine"]
    return (f"Measured {record['date'][:10]} at {record['commit'] or '?'} on "
            f"{machine['processor']}, {machine['processors']} processors, "
            f"Linux {machine['kernel']}; load before: {machine['load']:.2f}. "
            + (f"Medians of {record['rounds']} rounds with 1,000 members, one "
               "round otherwise." if record["rounds"] > 1 else "One round."))


def cost_row(figures, name):
    cpu = ("cpu_us_per_delivery",)
    flat = [figures.value(case, name, "deliveries_per_cpu_s")
            for case in ("flat-1k", "flat-many")]
    return [
        figures.titles[name],
        cell(figures.value("paced-1k", name, *cpu), "{:.2f}"),
        cell(figures.ratio("paced-1k", name, "bare", *cpu), "{:.2f}"),
        *(cell(v and v / 1000, "{:,.0f} k") for v in flat),
        cell(figures.value("memory", name, "bytes_per_connection"), "{:,.0f}"),
        cell(figures.value("handshake", name, "cpu_us_per_handshake"),
             "{:.1f}"),
    ]


def costs(figures):
    many = f"{figures.members('flat-many'):,}"
    yield from table(
        ["server", "CPU µs a delivery, paced", "to bare's",
         "deliveries a CPU-second, flat out, 1,000 members",
         f"{many} members", "bytes of an idle connection",
         "CPU µs a handshake"],
        [cost_row(figures, name) for name in figures.names()])


def latencies(figures):
    def one(case, name):
        p50, p99 = (figures.value(case, name, "latency_ms", q)
                    for q in ("p50", "p99"))
        return "–" if p50 is None else f"{p50:.2f} / {p99:.2f}"

    yield "Latency in ms, p50 / p99, by members of the room:"
    yield ""
    yield from table(
        ["server", *(f"{figures.members(c):,}" for c in LATENCY_CASES)],
        [[figures.titles[name], *(one(c, name) for c in LATENCY_CASES)]
         for name in figures.names()])


def versions(figures):
    yield "| server | what was run |"
    yield "| --- | --- |"
    for peer in figures.peers:
        found = ", ".join(f"{k} {v}" for k, v in peer["versions"].items())
        what = peer["skipped"] and f"skipped: {peer['skipped']}" or found
        yield f"| {peer['title']} | {what or 'built here'} |"


def lines_of(figures):
    yield origin(figures.record)
    for part in (costs, latencies, versions):
        yield ""
        yield from part(figures)
    troubles = list(figures.troubles())
    if troubles:
        yield ""
        yield "What went wrong:"
        yield ""
        yield from (f"- {trouble}" for trouble in troubles)


def text_of(figures):
    return "\n".join(lines_of(figures))
