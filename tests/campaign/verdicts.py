"""The verdict as a table, and what there is to know of what went wrong."""

from dataclasses import dataclass

COLUMNS = {
    "mode": "mode",
    "kills": "kills",
    "hops": "hops",
    "slow": "slow",
    "acked": "sent",
    "commands": "commands",
    "owed": "owed",
    "received": "received",
    "gaps": "gaps",
    "moved": "gaps, moved",
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
    kills: int
    hops: int
    slow: int  # closed with 1013, or left to catch up
    sent: int
    acked: int  # of these; nobody knows whether the others were published
    commands: int
    owed: int
    received: int
    gaps: int
    moved: int  # gaps of pages that a command had moved, or without ids
    told: int
    lost: int
    doubled: int
    disorder: int
    wrong: int
    stuck: int  # clients that the last message has not reached

    @property
    def is_good(self):
        counts = self.lost, self.doubled, self.disorder, self.wrong, self.stuck
        return not any(counts) and self.received > 0


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


def around(items, index, count=10):
    """The items beside one, one a line, and its visit."""
    if items:
        yield items[index].visit
    for i in range(max(0, index - count), min(len(items), index + count + 1)):
        item = items[i]
        what = item.word or (
            f"{item.message.key} sent {item.message.sent:.3f} "
            f"placed {item.message.placed:.3f}"
        )
        mark = ">" if i == index else " "
        where = f"visit {item.visit.number} {item.id!r}"
        yield f"{mark} {i} {item.received:.3f} {where} {what}"


def describe(message):
    kept = "kept" if message.is_kept else "not kept"
    return (
        f"{message.key} to {sorted(message.to or ['everybody'])} but "
        f"{sorted(message.spared)}, {kept}, sent {message.sent:.3f} placed "
        f"{message.placed:.3f}"
    )


def faults(page, finding):
    """(index in its list, text) of each, in order."""
    bad = [(i, f"lost {describe(m)}") for i, m in finding.lost]
    bad += [(i, "doubled") for i in finding.doubled]
    bad += [(i, "disorder") for i in finding.disorder]
    for i, text in finding.wrong:
        message = page.items[i].message if page.items else None
        bad.append((i, f"{text} {describe(message) if message else ''}"))
    return sorted(bad)


def explain(folder, texts, pages, found):
    """What is wrong with whom, into a file that is named."""
    path = folder / "findings"
    with open(path, "w") as file:
        for text in texts:
            print(text, file=file)
        for number, (page, finding) in enumerate(zip(pages, found)):
            bad = faults(page, finding)
            for index, text in bad[:20]:
                print(
                    f"page {number} of {page.user} in {sorted(page.rooms)}: "
                    f"{text}",
                    file=file,
                )
                for one in around(page.items, index):
                    print(f"  {one}", file=file)
    print(f"what went wrong: {path}", flush=True)
