"""The verdict as a table, and what there is to know of what went wrong."""

from dataclasses import dataclass

COLUMNS = {
    "mode": "mode",
    "kills": "kills",
    "hops": "hops",
    "slow": "slow",
    "acked": "sent",
    "owed": "owed",
    "received": "received",
    "gaps": "gaps",
    "told": "lost, told",
    "lost": "lost untold",
    "doubled": "doubled",
    "disorder": "disorder",
    "wrong": "wrong",
    "stuck": "stuck",
}


@dataclass(frozen=True)
class Verdict:
    """Sums over all clients."""

    mode: str
    may_tell: bool
    kills: int
    hops: int
    slow: int  # closed with 1013, or left to catch up
    sent: int
    acked: int  # of these; nobody knows whether the others were published
    owed: int
    received: int
    gaps: int
    told: int
    lost: int
    doubled: int
    disorder: int
    wrong: int
    stuck: int  # clients that the last message has not reached

    @property
    def is_good(self):
        counts = self.lost, self.doubled, self.disorder, self.wrong, self.stuck
        if any(counts) or not self.received:
            return False
        return self.may_tell or self.gaps == 0


def line(verdict):
    return ", ".join(
        f"{title} {getattr(verdict, name)}"
        for name, title in list(COLUMNS.items())[1:]
    )


def table(columns, verdicts):
    """As Markdown."""
    rows = [list(columns.values())]
    rows += [[str(getattr(v, name)) for name in columns] for v in verdicts]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(
        1, ["-" * (w - 1) + (":" if i else "-") for i, w in enumerate(widths)]
    )
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(w) if i else cell.ljust(w)
            for i, (cell, w) in enumerate(zip(row, widths))
        )
        + " |"
        for row in rows
    )


def around(items, index, count=4):
    """The items beside one, one a line."""
    for i in range(max(0, index - count), min(len(items), index + count + 1)):
        item = items[i]
        what = item.word or (
            f"{item.message.key} sent {item.message.sent:.3f} "
            f"acked {item.message.acked:.3f}"
        )
        mark = ">" if i == index else " "
        where = f"{item.received:.3f} gateway-{item.gateway} {item.id!r}"
        yield f"{mark} {i} {where} {what}"


def explain(folder, verdict, names, listeners, found):
    """What is wrong with whom, into a file that is named."""
    path = folder / "findings"
    with open(path, "w") as file:
        for text in names:
            print(text, file=file)
        for number, (listener, finding) in enumerate(zip(listeners, found)):
            for text in listener.wrong:
                print(f"client {number}: {text}", file=file)
            if not listener.saw_last:
                print(f"client {number}: stuck", file=file)
            bad = [(i, f"lost {m}") for m, i in finding.lost]
            bad += [(i, "doubled") for i in finding.doubled]
            bad += [(i, "disorder") for i in finding.disorder]
            if not verdict.may_tell:
                bad += [
                    (i, "gap")
                    for i, item in enumerate(listener.items)
                    if item.word == "gap"
                ]
            for index, text in sorted(bad, key=lambda x: x[0])[:20]:
                print(f"client {number}: {text}", file=file)
                for one in around(listener.items, index):
                    print(f"  {one}", file=file)
    print(f"what went wrong: {path}", flush=True)
