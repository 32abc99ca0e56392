"""What a file of bench/results says, one figure at a time."""

import json
import statistics

from report.summary import faults_of

# Where a figure stands in the report of a run.
CPU = ("cpu_us_per_delivery",)
HANDSHAKE = ("cpu_us_per_handshake",)
MEMORY = ("bytes_per_connection",)


def _dig(report, path):
    for key in path:
        report = report[key]
    return report


def _is_sound(report):
    return not any(report.get(fault) for fault in ("failed", "lost", "refused"))


class Spread:
    """The median of some figures, and the least and the greatest of them."""

    def __init__(self, values):
        self.values = sorted(values)
        self.median = statistics.median(values)
        self.least, self.greatest = self.values[0], self.values[-1]

    def inverse(self):
        return Spread([1 / value for value in self.values if value])

    def __str__(self):
        text = f"{self.median:.2f}"
        if len(self.values) == 1:
            return text
        return f"{text} ({self.least:.2f}–{self.greatest:.2f})"


class Figures:
    """The results of one `make bench-peers`."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.record = json.load(file)
        self.cases = {c["name"]: c for c in self.record["cases"]}
        self.peers = self.record["peers"]
        self.titles = {p["name"]: p["title"] for p in self.peers}
        # Which roomcast gets its messages as this server does.
        self.likes = {p["name"]: p.get("like", "roomcast") for p in self.peers}

    def names(self):
        """The servers that were measured, in the order of the results."""
        return [p["name"] for p in self.peers if not p["skipped"]]

    def runs(self, case, name):
        """Of each round its report."""
        return self.cases.get(case, {"runs": {}})["runs"].get(name, [])

    def value(self, case, name, *path):
        """Median over the rounds; None when there is no figure, or one that
        says nothing because messages were lost."""
        values = [_dig(r, path) for r in self.runs(case, name) if _is_sound(r)]
        return statistics.median(values) if values else None

    def ratio(self, case, name, base, *path, base_case=None):
        """This server's figure to the base's, in the rounds that both ran; to
        the base's median in another case, which is not run in turn with this
        one. None when there is none."""
        runs = self.runs(case, name)
        if base_case:
            bases = [self.value(base_case, base, *path)] * len(runs)
        else:
            bases = [_is_sound(b) and _dig(b, path)
                     for b in self.runs(case, base)]
        ratios = [_dig(r, path) / b for r, b in zip(runs, bases)
                  if _is_sound(r) and b]
        return Spread(ratios) if ratios else None

    def measured(self, case):
        """The servers that have a figure in this case."""
        return [name for name in self.names()
                if any(_is_sound(r) for r in self.runs(case, name))]

    def members(self, case):
        return self.cases[case]["load"]["connections"]

    def troubles(self):
        """What went wrong, one sentence for each server and case."""
        for case in self.record["cases"]:
            for name, runs in case["runs"].items():
                failed = {r["failed"] for r in runs if "failed" in r}
                faults = faults_of([r for r in runs if "failed" not in r])
                for what in [*sorted(failed), *([faults] if faults else [])]:
                    yield f"{self.titles[name]}, {case['title']}: {what}."
        for peer in self.peers:
            if peer["skipped"]:
                yield f"{peer['title']} was skipped: {peer['skipped']}."
