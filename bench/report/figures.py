"""What a file of bench/results says, one figure at a time."""

import json
import statistics

from report.summary import faults_of


def _dig(report, path):
    for key in path:
        report = report[key]
    return report


class Figures:
    """The results of one `make bench-peers`."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.record = json.load(file)
        self.cases = {c["name"]: c for c in self.record["cases"]}
        self.peers = self.record["peers"]
        self.titles = {p["name"]: p["title"] for p in self.peers}

    def names(self):
        """The servers that were measured, in the order of the results."""
        return [p["name"] for p in self.peers if not p["skipped"]]

    def reports(self, case, name):
        """Of the runs that came to an end."""
        runs = self.cases.get(case, {"runs": {}})["runs"].get(name, [])
        return [r for r in runs if "failed" not in r]

    def value(self, case, name, *path):
        """Median over the rounds; None when there is no figure, or one that
        says nothing because messages were lost."""
        reports = [r for r in self.reports(case, name)
                   if not r.get("lost") and not r.get("refused")]
        if not reports:
            return None
        return statistics.median(_dig(r, path) for r in reports)

    def ratio(self, case, name, base, *path):
        """Median over the rounds of this server's figure to the base's."""
        pairs = zip(self.reports(case, name), self.reports(case, base))
        ratios = [_dig(r, path) / _dig(b, path) for r, b in pairs
                  if _dig(b, path) and not r.get("lost")]
        return statistics.median(ratios) if ratios else None

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
