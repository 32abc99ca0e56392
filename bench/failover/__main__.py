"""What a failover costs, by the clock on the wall: numbered messages flow at a
steady rate while a server goes away, and one client listens.

    /usr/bin/python3 bench/failover [--runs 5] [--out [FILE]] [NAME...]

situations.py lists what may happen, ways.py how messages come. Servers, and the
gateway, are those of the tests. bench/failover_table.py makes the table of
docs/redis.md of the results."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "integration"))
sys.path.append(str(HERE.parent))

from measure import measure  # noqa: E402
from report.record import RESULTS, commit, machine, save  # noqa: E402
from situations import SITUATIONS  # noqa: E402
from ways import WAYS  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(
        prog="bench/failover", description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help=f"of {', '.join(SITUATIONS)}; all without one")
    parser.add_argument("--runs", type=int, default=5, help="of each (5)")
    parser.add_argument("--out", nargs="?", const="", metavar="FILE",
                        help="write results, by default to bench/results/")
    chosen = parser.parse_args()
    for name in chosen.names:
        if name not in SITUATIONS:
            parser.error(f"no situation {name}")
    return chosen


def run(name, way, number):
    with tempfile.TemporaryDirectory(prefix="failover-") as folder:
        result = measure(SITUATIONS[name], WAYS[way], Path(folder))
    print(f"{name}, {way}, run {number + 1}: "
          + ", ".join(f"{key} {value:.3g}" for key, value in result.items()),
          flush=True)
    return result


def rows(chosen):
    for name in chosen.names or SITUATIONS:
        for way in SITUATIONS[name].ways:
            yield {"what": SITUATIONS[name].title, "how": WAYS[way].title,
                   "runs": [run(name, way, n) for n in range(chosen.runs)]}


def main():
    chosen = arguments()
    record = {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
              "commit": commit(), "machine": machine(),
              "rows": list(rows(chosen))}
    if chosen.out is not None:
        day = record["date"][:10]
        save(chosen.out or os.path.join(RESULTS, f"failover-{day}.json"),
             record)


if __name__ == "__main__":
    main()
