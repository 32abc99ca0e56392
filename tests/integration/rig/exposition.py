"""What /metrics says, read as strictly as the text format 0.0.4 is written."""

import re

NAME = r"[a-z_][a-z0-9_]*"
TEXT = r'"((?:[^"\\\n]|\\["\\n])*)"'
LABEL = re.compile(rf"({NAME})={TEXT}(?:,(?!$)|$)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.+)\}})? (\d+(?:\.\d*[1-9])?)")
ENDS = ("_bucket", "_sum", "_count")


def read_labels(text):
    labels, at = {}, 0
    while at < len(text):
        match = LABEL.match(text, at)
        assert match, text
        name, value = match.groups()
        assert name not in labels, text
        labels[name] = value
        at = match.end()
    return labels


class Family:
    """All samples of a name: (what is behind the name, labels, value)."""

    def __init__(self, name, text):
        self.name = name
        self.text = text
        self.kind = None
        self.samples = []

    def take(self, line):
        match = SAMPLE.fullmatch(line)
        assert match and match[1].startswith(self.name), line
        end = match[1].removeprefix(self.name)
        assert end in (ENDS if self.kind == "histogram" else [""]), line
        labels = read_labels(match[2] or "")
        key = (end, sorted(labels.items()))
        assert key not in [(e, sorted(x.items())) for e, x, _ in self.samples]
        self.samples.append((end, labels, float(match[3])))

    def check(self):
        assert self.text and self.samples, self.name
        assert (self.kind == "counter") == self.name.endswith("_total")
        if self.kind == "histogram":
            for labels in {
                tuple(sorted(x.items()))
                for end, x, _ in self.samples
                if end == "_count"
            }:
                self.check_histogram(dict(labels))

    def check_histogram(self, labels):
        """Its buckets stand in order, each with all that is below it."""
        buckets, rest = [], {}
        for end, found, value in self.samples:
            bound = found.get("le")
            if {k: v for k, v in found.items() if k != "le"} != labels:
                continue
            if end == "_bucket":
                buckets.append((float(bound), value))
            else:
                rest[end] = value
        assert buckets == sorted(buckets)
        assert [n for _, n in buckets] == sorted(n for _, n in buckets)
        assert buckets[-1] == (float("inf"), rest["_count"])
        assert (rest["_sum"] > 0) <= (rest["_count"] > 0)


def read(body):
    """The families by name; fails where the text is not as it must be."""
    assert body.endswith("\n")
    families, last = {}, None
    for line in body.splitlines():
        if line.startswith("# HELP "):
            _, _, name, text = line.split(" ", 3)
            assert name not in families, name
            last = families[name] = Family(name, text)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == last.name and last.kind is None
            assert kind in ("counter", "gauge", "histogram")
            last.kind = kind
        else:
            last.take(line)
    for family in families.values():
        family.check()
    return families
