"""The tables of docs/performance.md, as Markdown."""

from report.ahead import ahead
from report.drawings import LATENCY_CASES
from report.figures import CPU, HANDSHAKE, MEMORY

TLS_CASES = {"tls-paced": "paced-1k", "tls-flat": "flat-1k",
             "tls-large": "large"}  # each with the same without TLS


def table(headings, rows):
    """Lines of Markdown; all columns but the first hold numbers."""
    yield "| " + " | ".join(headings) + " |"
    yield "| --- |" + " ---: |" * (len(headings) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def cell(value, form):
    return "–" if value is None else form.format(value)


def times(spread, inverse=False):
    """A ratio; inverse: of what more is better."""
    return "–" if spread is None else str(
        spread.inverse() if inverse else spread)


def origin(record):
    """Where and when it was measured."""
    machine = record["machine"]
    rounds, close = record["rounds"], record.get("close_rounds", 0)
    return (f"Measured {record['date'][:10]} at {record['commit'] or '?'} on "
            f"{machine['processor']}, {machine['processors']} processors, "
            f"Linux {machine['kernel']}; load before: {machine['load']:.2f}. "
            f"Medians of one to {rounds} rounds"
            + (f"; of {close} where a server is within 30 % of roomcast."
               if close > rounds else "."))


def ratio_row(figures, name):
    def to_bare(case, path, inverse=False):
        return times(figures.ratio(case, name, "bare", *path), inverse)
    return [
        figures.titles[name],
        to_bare("paced-1k", CPU), to_bare("paced-many", CPU),
        to_bare("flat-1k", CPU, inverse=True),
        to_bare("flat-many", CPU, inverse=True),
        to_bare("handshake", HANDSHAKE), to_bare("memory", MEMORY),
    ]


def ratios(figures):
    many = f"{figures.members('flat-many'):,}"
    yield "Times the bare `send` loop in the same round, median (min–max):"
    yield ""
    yield from table(
        ["server", "CPU of a delivery, paced, 1,000 members",
         f"{many} members",
         "deliveries a CPU-second, flat out, 1,000 members (more is better)",
         f"{many} members (more is better)", "CPU of a handshake",
         "memory of an idle connection"],
        [ratio_row(figures, name) for name in figures.names()])


def cost_row(figures, name):
    flat = [figures.value(case, name, "deliveries_per_cpu_s")
            for case in ("flat-1k", "flat-many")]
    return [
        figures.titles[name],
        cell(figures.value("paced-1k", name, *CPU), "{:.2f}"),
        cell(figures.value("paced-many", name, *CPU), "{:.2f}"),
        *(cell(v and v / 1000, "{:,.0f} k") for v in flat),
        cell(figures.value("handshake", name, *HANDSHAKE), "{:.1f}"),
        cell(figures.value("memory", name, *MEMORY), "{:,.0f}"),
    ]


def costs(figures):
    many = f"{figures.members('flat-many'):,}"
    yield "The same in figures, which are this machine's:"
    yield ""
    yield from table(
        ["server", "CPU µs of a delivery, paced, 1,000 members",
         f"{many} members", "deliveries a CPU-second, flat out, 1,000 members",
         f"{many} members", "CPU µs of a handshake",
         "bytes of an idle connection"],
        [cost_row(figures, name) for name in figures.names()])


def tls_row(figures, name):
    return [
        figures.titles[name],
        *(times(figures.ratio(case, name, "bare", *CPU, base_case=plain),
                inverse=case == "tls-flat")
          for case, plain in TLS_CASES.items()),
        *(times(figures.ratio(case, name, name, *CPU, base_case=plain))
          for case, plain in TLS_CASES.items()),
        cell(figures.value("tls-paced", name, *MEMORY), "{:,.0f}"),
    ]


def over_tls(figures):
    names = figures.measured("tls-paced")
    if not names:
        return
    yield "### Over TLS"
    yield ""
    yield "<picture>"
    yield ('  <source media="(prefers-color-scheme: dark)" '
           'srcset="img/tls-dark.svg">')
    yield '  <img alt="CPU for a delivery over TLS" src="img/tls-light.svg">'
    yield "</picture>"
    yield ""
    rounds = {len(figures.runs(case, "roomcast")) for case in TLS_CASES}
    yield ("CPU of a delivery over TLS 1.3 (flat out: deliveries a CPU-second, "
           "more is better), times the bare loop's median without TLS, and "
           "times the same server's; those are cases of their own, not run in "
           "turns with these. Median (min–max) of "
           f"{' or '.join(map(str, sorted(rounds)))} rounds:")
    yield ""
    yield from table(
        ["server", "paced, times bare",
         "flat out, times bare (more is better)", "64 KiB, times bare",
         "paced, times plain", "flat out, times plain", "64 KiB, times plain",
         "bytes of an idle connection"],
        [tls_row(figures, name) for name in names])


def latencies(figures):
    def one(case, name):
        p50, p99 = (figures.value(case, name, "latency_ms", q)
                    for q in ("p50", "p99"))
        return "–" if p50 is None else f"{p50:.2f} / {p99:.2f}"

    yield "### Latency"
    yield ""
    yield "In ms, p50 / p99, by members of the room:"
    yield ""
    yield from table(
        ["server", *(f"{figures.members(c):,}" for c in LATENCY_CASES)],
        [[figures.titles[name], *(one(c, name) for c in LATENCY_CASES)]
         for name in figures.names()])


def versions(figures):
    yield "### What was run"
    yield ""
    yield "| server | version |"
    yield "| --- | --- |"
    for peer in figures.peers:
        found = ", ".join(f"{k} {v}" for k, v in peer["versions"].items())
        what = peer["skipped"] and f"skipped: {peer['skipped']}" or found
        yield f"| {peer['title']} | {what or 'built here'} |"


def troubles(figures):
    found = list(figures.troubles())
    if found:
        yield "What went wrong:"
        yield ""
        yield from (f"- {trouble}" for trouble in found)


def lines_of(figures):
    yield origin(figures.record)
    for part in (ratios, costs, ahead, over_tls, latencies, versions,
                 troubles):
        lines = list(part(figures))
        if lines:
            yield ""
            yield from lines


def text_of(figures):
    return "\n".join(lines_of(figures))
