"""The campaign: publishers that number what they send, clients that hop from
gateway to gateway with their cursor, and processes that are killed under
them. At the end every client's list is compared with what was sent.

    /usr/bin/python3 tests/campaign [--minutes 10] [--seed N] [MODE...]

modes says what there is to run, listener what a client does, judge what is
wrong with its list. The exit status is not zero when something was lost
untold, doubled, out of order or not as it was sent.
"""

import argparse
import asyncio
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "integration"))

from campaign import run  # noqa: E402
from modes import MODES  # noqa: E402
from verdicts import COLUMNS, line, table  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(
        prog="tests/campaign", description="Is a message ever lost untold?"
    )
    parser.add_argument(
        "modes",
        nargs="*",
        metavar="MODE",
        help=f"of {', '.join(MODES)}; all when none is named",
    )
    parser.add_argument(
        "--minutes", type=float, default=2, help="of each mode (2)"
    )
    parser.add_argument(
        "--in-all", type=float, help="minutes, shared by the modes"
    )
    parser.add_argument("--seed", type=int, help="of what is random")
    parser.add_argument(
        "--clients", type=int, default=24, help="that listen (24)"
    )
    parser.add_argument(
        "--rate", type=float, default=120, help="messages a second (120)"
    )
    parser.add_argument(
        "--every", type=float, default=3, help="seconds between kills (3)"
    )
    chosen = parser.parse_args()
    chosen.modes = chosen.modes or list(MODES)
    for name in chosen.modes:
        if name not in MODES:
            parser.error(f"no mode {name}: there are {', '.join(MODES)}")
    if chosen.in_all:
        chosen.minutes = chosen.in_all / len(chosen.modes)
    if chosen.seed is None:
        chosen.seed = random.SystemRandom().randrange(1_000_000)
    return chosen


def interrupt(*_):
    """What ends the run ends its processes, too."""
    raise KeyboardInterrupt


def main():
    chosen = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    print(f"seed {chosen.seed}", flush=True)
    verdicts = []
    for name in chosen.modes:
        folder = Path(tempfile.mkdtemp(prefix=f"roomcast-{name}-"))
        print(f"{name}: {chosen.minutes:.1f} min in {folder}", flush=True)
        verdict = asyncio.run(run(MODES[name], chosen, folder))
        verdicts.append(verdict)
        print(f"    {line(verdict)}", flush=True)
        if verdict.is_good:
            shutil.rmtree(folder)
    print()
    print(table(COLUMNS, verdicts))
    failed = sum(not v.is_good for v in verdicts)
    print(f"{len(verdicts) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
