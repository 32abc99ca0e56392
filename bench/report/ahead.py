"""Where a peer is ahead of roomcast: found in the figures, so that none of it
can be left out."""

from report.figures import CPU, HANDSHAKE, MEMORY

P50, P99 = ("latency_ms", "p50"), ("latency_ms", "p99")

# What is compared: all of it is better when it is less.
COMPARED = [
    ("CPU of a delivery, 1 member", "paced-1", CPU),
    ("CPU of a delivery, 10 members", "paced-10", CPU),
    ("CPU of a delivery, 100 members", "paced-100", CPU),
    ("CPU of a delivery, paced, 1,000 members", "paced-1k", CPU),
    ("CPU of a delivery, paced, 9,000 members", "paced-many", CPU),
    ("CPU of a delivery, flat out, 1,000 members", "flat-1k", CPU),
    ("CPU of a delivery, flat out, 9,000 members", "flat-many", CPU),
    ("CPU of a delivery of 64 KiB", "large", CPU),
    ("CPU of a delivery over TLS, paced", "tls-paced", CPU),
    ("CPU of a delivery over TLS, flat out", "tls-flat", CPU),
    ("CPU of a delivery of 64 KiB over TLS", "tls-large", CPU),
    ("CPU of a handshake", "handshake", HANDSHAKE),
    ("CPU of a TLS handshake", "tls-paced", HANDSHAKE),
    ("memory of an idle connection", "memory", MEMORY),
    ("memory of a connection over TLS", "tls-paced", MEMORY),
    ("latency, 1 member, p50", "paced-1", P50),
    ("latency, 1 member, p99", "paced-1", P99),
    ("latency, 10 members, p50", "paced-10", P50),
    ("latency, 10 members, p99", "paced-10", P99),
    ("latency, 100 members, p50", "paced-100", P50),
    ("latency, 100 members, p99", "paced-100", P99),
    ("latency, 1,000 members, p50", "paced-1k", P50),
    ("latency, 1,000 members, p99", "paced-1k", P99),
    ("latency, 9,000 members, p50", "paced-many", P50),
    ("latency, 9,000 members, p99", "paced-many", P99),
]
OURS = ("bare", "roomcast", "roomcast-redis")
LEAST = 1.005  # times theirs: below it, both have the same


def _like(figures, case, name):
    """The roomcast to hold it against; over TLS there is one alone."""
    like = figures.likes[name]
    return like if figures.runs(case, like) else "roomcast"


def leads(figures):
    """(what, peer, how many times theirs ours is) wherever a peer has less."""
    for what, case, path in COMPARED:
        for name in figures.names():
            if name in OURS:
                continue
            ratio = figures.ratio(case, _like(figures, case, name), name,
                                  *path)
            if ratio and ratio.median >= LEAST:
                yield what, name, ratio


def _sentence(figures, name, ratio):
    """How far, and whether the rounds agree."""
    rounds = len(ratio.values)
    doubt = ", in one round" if rounds == 1 else \
        ", not in every round" if ratio.least < 1 else ""
    return f"{figures.titles[name]} {ratio} times{doubt}"


def ahead(figures):
    found = {}
    for what, name, ratio in leads(figures):
        found.setdefault(what, []).append(_sentence(figures, name, ratio))
    yield "### Where a peer is ahead"
    yield ""
    if not found:
        yield "Of what was measured, nowhere."
        return
    yield ("All that was measured and is better elsewhere, found by comparing "
           "the figures: what roomcast takes, times what the peer takes in "
           "the same round, median (min–max). Who reads from Redis is held "
           "against roomcast on Redis.")
    yield ""
    for what, sentences in found.items():
        yield f"- **{what}**: {'; '.join(sentences)}."
