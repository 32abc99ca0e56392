"""What an expression of Prometheus names, held against what /metrics shows."""

import re

METRIC = re.compile(r"\b((?:roomcast|process)_\w+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'(\w+)(=~|!=|!~|=)"([^"]*)"')
GROUPING = re.compile(r"\b(?:by|without|on|ignoring) \(([^)]*)\)")
OF_PROMETHEUS = {"job", "instance"}
ENDS = r"_(bucket|sum|count)$"


class Known:
    """The labels and values of each metric, from families as
    rig.exposition reads them."""

    def __init__(self, families):
        self.labels = {}
        for name, family in families.items():
            values = self.labels.setdefault(name, {})
            for _, labels, _ in family.samples:
                for label, value in labels.items():
                    values.setdefault(label, set()).add(value)
        self.histograms = {
            name for name, f in families.items() if f.kind == "histogram"
        }

    def family(self, name):
        """The metric that a sample of this name is of."""
        base = re.sub(ENDS, "", name)
        return base if base in self.histograms else name

    def check(self, expression):
        names = [(self.family(n), m) for n, m in METRIC.findall(expression)]
        seen = set()
        for name, matchers in names:
            assert name in self.labels, f"no metric {name}: {expression}"
            seen |= set(self.labels[name])
            for label, how, value in MATCHER.findall(matchers):
                self.check_matcher(name, label, how, value)
        for group in GROUPING.findall(expression):
            wanted = set(re.findall(r"\w+", group))
            assert wanted <= seen | OF_PROMETHEUS, expression
        return names

    def check_matcher(self, name, label, how, value):
        if label in OF_PROMETHEUS:
            return
        there = self.labels[name].get(label)
        assert there, f"{name} has no label {label}"
        parts = value.split("|") if "~" in how else [value]
        for part in parts:
            assert any(re.fullmatch(part, x) for x in there), (name, part)

    def check_legend(self, expression, legend):
        """What {{this}} of a legend or a summary stands for."""
        of = {x for n, _ in METRIC.findall(expression)
              for x in self.labels[self.family(n)]}
        named = set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", legend))
        assert named <= of | OF_PROMETHEUS, (expression, legend)
