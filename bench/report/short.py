"""The figures in few words: for README, for the top of docs/performance.md and
for docs/choosing.md."""

from report.drawings import kilobytes
from report.figures import CPU, MEMORY
from report.tables import table

SHOWN = ("roomcast", "uwebsockets", "nchan", "centrifugo", "anycable",
         "mercure", "socketio")  # of the table
CHOICE = ("roomcast", "nchan", "centrifugo", "mercure", "socketio")


def memory(figures, name, case="memory"):
    value = figures.value(case, name, *MEMORY)
    if value is None:
        return "–"
    return f"{value:.0f} bytes" if value < 1000 else kilobytes(value)


def to_bare(figures, case, name, form, base_case=None, inverse=False):
    ratio = figures.ratio(case, name, "bare", *CPU, base_case=base_case)
    if ratio is None:
        return "–"
    return form.format((ratio.inverse() if inverse else ratio).median)


def in_short(figures):
    """A table of ratios: what counts on any machine."""
    names = [name for name in SHOWN if name in figures.names()]
    rows = [
        ("CPU of a delivery, paced, times the bare loop's",
         [to_bare(figures, "paced-1k", n, "{:.2f}") for n in names]),
        ("deliveries for one CPU-second, flat out, times the bare loop's",
         [to_bare(figures, "flat-1k", n, "{:.1f}", inverse=True)
          for n in names]),
        ("memory of an idle connection", [memory(figures, n) for n in names]),
    ]
    if figures.measured("tls-paced"):
        rows[2:2] = [
            ("CPU of a delivery over TLS, paced, times the bare loop's "
             "without",
             [to_bare(figures, "tls-paced", n, "{:.2f}", "paced-1k")
              for n in names]),
            ("deliveries for one CPU-second over TLS, flat out, times the bare "
             "loop's without",
             [to_bare(figures, "tls-flat", n, "{:.1f}", "flat-1k", True)
              for n in names]),
            ("CPU of a delivery of 64 KiB over TLS, times the bare loop's "
             "without",
             [to_bare(figures, "tls-large", n, "{:.2f}", "large")
              for n in names]),
        ]
        rows.append(("the same over TLS",
                     [memory(figures, n, "tls-paced") for n in names]))
    return "\n".join(table(
        ["one room, one processor", *(figures.titles[n] for n in names)],
        [[what, *cells] for what, cells in rows]))


def to_choose(figures):
    """Two sentences."""
    names = [name for name in CHOICE if name in figures.names()]
    cpu = ", ".join(
        f"{figures.titles[n]} {to_bare(figures, 'paced-1k', n, '{:.2f}')}"
        for n in names)
    sizes = ", ".join(memory(figures, n) for n in names)
    return (f"CPU for a delivery, times that of a bare `send` loop:\n{cpu}.\n"
            f"Memory of an idle connection: {sizes}.")
