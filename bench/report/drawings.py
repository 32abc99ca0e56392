"""The figures of README and docs/performance.md, as SVG."""

import math

from report.svg import Drawing, spread

WIDTH = 760
LABELS = 140  # what the servers' names take on the left
ROW, BAR = 24, 14
TOP = 58  # below title and subtitle
LATENCY_CASES = ("paced-1", "paced-10", "paced-100", "paced-1k", "paced-many")


def compact(value):
    """A number in three digits or so."""
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if value >= size:
            scaled = value / size
            return f"{scaled:.{0 if scaled >= 100 else 1}f} {unit}"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def kilobytes(value):
    return f"{value / 1000:.{2 if value < 1000 else 1}f} kB"


def microseconds(value):
    return f"{value:.1f} µs"


def kind_of(name):
    """Its colour in the bars."""
    return {"bare": "bare", "roomcast": "ours",
            "roomcast-redis": "ours too"}.get(name, "peer")


def heading(drawing, title, subtitle):
    drawing.text(0, 12, title, size=16, weight=600)
    drawing.text(0, 34, subtitle, size=12.5, colour="muted")


def panel_of_bars(drawing, rows, left, width, top, form):
    """One bar for each (name, value); a value of None is a gap. Room for the
    number is kept behind the longest."""
    longest = max((value for _, value in rows if value), default=1)
    scale = (width - 64) / longest
    for i, (name, value) in enumerate(rows):
        middle = top + i * ROW + ROW / 2
        if value is None:
            drawing.text(left, middle, "–", colour="muted")
            continue
        drawing.bar(left, middle - BAR / 2, value * scale, BAR, kind_of(name))
        drawing.text(left + max(value * scale, 1.5) + 6, middle, form(value),
                     weight=600 if name.startswith("roomcast") else 400)


def names_of_bars(drawing, figures, names, top):
    for i, name in enumerate(names):
        drawing.text(LABELS - 10, top + i * ROW + ROW / 2,
                     figures.titles[name], anchor="end",
                     weight=600 if name.startswith("roomcast") else 400)


def ranked(figures, case, path, best_last=False):
    """Names and values, the best on top, those without a figure last."""
    rows = [(n, figures.value(case, n, *path)) for n in figures.names()]
    return sorted(rows, key=lambda row: (
        row[1] is None, -(row[1] or 0) if best_last else row[1] or 0))


def bars(theme, figures, title, subtitle, panels):
    """Panels of bars beside each other, ranked by the first. A panel has a
    heading or None, its rows and the form of its numbers."""
    names = [name for name, _ in panels[0][1]]
    top = TOP + (20 if panels[0][0] else 0)
    drawing = Drawing(WIDTH, top + len(names) * ROW + 4, theme, title)
    heading(drawing, title, subtitle)
    names_of_bars(drawing, figures, names, top)
    width = (WIDTH - LABELS) / len(panels)
    for i, (label, rows, form) in enumerate(panels):
        left = LABELS + i * width
        if label:
            drawing.text(left, TOP + 6, label, colour="muted")
        values = dict(rows)
        panel_of_bars(drawing, [(n, values[n]) for n in names], left,
                      width - 16 * (len(panels) > 1), top, form)
    return str(drawing)


def cpu(theme, figures):
    rows = ranked(figures, "paced-1k", ("cpu_us_per_delivery",))
    return bars(
        theme, figures, "CPU for one delivery",
        "20 messages a second to 1,000 members of one room; less is better",
        [(None, rows, microseconds)])


def flat(theme, figures):
    path = ("deliveries_per_cpu_s",)
    return bars(
        theme, figures, "Deliveries for one second of CPU",
        "Messages as fast as they are taken, at most 64 ahead of the slowest "
        "member; more is better",
        [(f"{figures.members(case):,} members",
          ranked(figures, case, path, best_last=True), compact)
         for case in ("flat-1k", "flat-many")])


def memory(theme, figures):
    rows = ranked(figures, "memory", ("bytes_per_connection",))
    return bars(
        theme, figures, "Memory of an idle connection",
        f"Private memory of the process over {figures.members('memory'):,} "
        "connections; less is better", [(None, rows, kilobytes)])


class LogScale:
    """From values to pixels, by their logarithm."""

    def __init__(self, low, high, first, last):
        self.low, self.high = math.log10(low), math.log10(high)
        self.first, self.last = first, last

    def __call__(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.first + share * (self.last - self.first)


def line_styles(drawing, names):
    """Colour, width and dashes of each server's line."""
    hues = iter(drawing.theme["hues"] * 3)
    styles = {}
    for name in names:
        if name == "roomcast":
            styles[name] = ("ours", 3, None)
        elif name == "bare":
            styles[name] = ("muted", 1.6, "5 4")
        else:
            styles[name] = (next(hues), 1.6, None)
    return styles


def axes(drawing, x, y, members):
    """Faint lines at the powers of ten, and what they stand for."""
    left, right = x(members[0]), x(members[-1])
    for power in range(math.ceil(y.low), math.floor(y.high) + 1):
        height = y(10 ** power)
        drawing.line([(left, height), (right, height)], "grid")
        drawing.text(left - 8, height, f"{10 ** power:g} ms", size=11,
                     colour="muted", anchor="end")
    for count in members:
        drawing.text(x(count), y.first + 16, f"{count:,}", size=11,
                     colour="muted", anchor="middle")
    drawing.text((left + right) / 2, y.first + 33, "members of the room",
                 size=11, colour="muted", anchor="middle")


def panel_of_lines(drawing, figures, names, quantile, x, y):
    members = [figures.members(case) for case in LATENCY_CASES]
    axes(drawing, x, y, members)
    styles = line_styles(drawing, names)
    ends = []
    for name in sorted(names, key=lambda n: n == "roomcast"):  # on top
        points = [(x(count), y(value)) for case, count
                  in zip(LATENCY_CASES, members)
                  if (value := figures.value(case, name, "latency_ms",
                                             quantile))]
        if not points:
            continue
        colour, width, dash = styles[name]
        drawing.line(points, colour, width, dash)
        for point in points:
            drawing.dot(*point, 1.2 + width / 2, colour)
        ends.append((name, points[-1]))
    heights = spread([point[1] for _, point in ends], 15)
    below = max(0, y.last - min(heights, default=y.last))  # the subtitle
    heights = [height + below for height in heights]
    for (name, point), height in zip(ends, heights):
        edge = x(members[-1])
        drawing.line([(point[0] + 5, point[1]), (edge + 16, height)], "grid")
        drawing.dot(edge + 20, height, 3, styles[name][0])
        drawing.text(edge + 28, height, figures.titles[name],
                     weight=600 if name == "roomcast" else 400)


def latency(theme, figures):
    names = [n for n in figures.names() if n != "roomcast-redis"]
    plain = {n: [v for case in LATENCY_CASES for q in ("p50", "p99")
                 if (v := figures.value(case, n, "latency_ms", q))]
             for n in names}
    values = [v for vs in plain.values() for v in vs] or [1]
    members = [figures.members(case) for case in LATENCY_CASES]
    drawing = Drawing(WIDTH, 402, theme, "Latency against members")
    heading(drawing, "Latency against members",
            "From the publisher's write to the member's read; all members are "
            "one process on one processor. Less is better")
    y = LogScale(min(values) * 0.8, max(values) * 1.2, 360, 84)
    for i, (quantile, label) in enumerate((
            ("p50", "half of the deliveries within"),
            ("p99", "99 of 100 within"))):
        left = 52 + i * (WIDTH / 2 + 6)
        x = LogScale(members[0], members[-1], left, left + 176)
        drawing.text(left - 52, 66, label, colour="muted")
        panel_of_lines(drawing, figures, names, quantile, x, y)
    return str(drawing)


def tls(theme, figures):
    cost = ("cpu_us_per_delivery",)

    def rows(case, *path, best_last=False):
        return [row for row in ranked(figures, case, path, best_last)
                if row[0] in figures.measured("tls-paced")]

    return bars(
        theme, figures, "Over TLS",
        "128 bytes to 1,000 members, 64 KiB to 200; CPU of a delivery, and "
        "flat out deliveries of a CPU-second",
        [("20/s, less is better", rows("tls-paced", *cost), microseconds),
         ("flat out, more is better",
          rows("tls-flat", "deliveries_per_cpu_s", best_last=True), compact),
         ("64 KiB, less is better", rows("tls-large", *cost),
          microseconds)])


# Each with a case without which there is nothing to draw.
DRAWINGS = {"cpu": (cpu, "paced-1k"), "flat": (flat, "flat-1k"),
            "memory": (memory, "memory"), "latency": (latency, "paced-1k"),
            "tls": (tls, "tls-paced")}
