#!/usr/bin/python3
"""Check the load client: a bare server that drops, doubles, swaps or misleads
messages on purpose must be found out, to the last message; and the gateway
must let it in, or not, as its credentials say."""

import json
import subprocess
import sys
import tempfile

from report.summary import FAULTS
from rig.admission import SERVERS
from rig.client import LOAD
from rig.credentials import Credentials
from rig.servers import Bare, Failed, Surroundings

CONNECTIONS, ROOMS, MESSAGES, EVERY = 60, 3, 1000, 10
HIT = MESSAGES // EVERY * (CONNECTIONS // ROOMS)  # deliveries with a fault

# Fault, messages a write, and what must be reported; all else must be 0.
CASES = [
    (None, 1, {}),
    (None, 10, {}),
    ("drop", 1, {"lost": HIT}),
    ("drop", 5, {"lost": HIT}),
    ("dup", 1, {"duplicated": HIT}),
    ("dup", 5, {"duplicated": HIT}),
    ("foreign", 1, {"lost": HIT, "foreign": HIT}),
]
SIZES = (96, 125 + 1, 65535, 65536)
ADMITTING = ("hs256", "rs256", "es256", "http", "tls-rsa", "tls-ecdsa",
             "tls-resumed", "tls-elsewhere")
RESUMED = ADMITTING[-2:]
REPEAT = 3


class Faulty(Bare):
    """A bare server with a fault."""

    def __init__(self, fault, batch):
        super().__init__(CONNECTIONS, Surroundings(None))
        self.batch = batch
        self.fault = fault

    def command(self):
        fault = ["--fault", f"{self.fault}:{EVERY}"] if self.fault else []
        return super().command() + fault


def load(server, *options, credentials=()):
    """The client's exit status and report."""
    done = subprocess.run(
        [LOAD, "--connections", str(CONNECTIONS), "--rooms", str(ROOMS),
         "--settle", "100", "--patience", "500", "--window", "2000",
         "--publish", server.publish_url, *options, *credentials, server.url],
        capture_output=True, text=True, timeout=60, check=False)
    if not done.stdout:
        raise Failed(done.stderr)
    return done.returncode, json.loads(done.stdout)


def faults_of(report):
    """What the report holds against the server; giving up is no such thing."""
    return {key: report[key] for key in FAULTS
            if key != "gave_up" and report.get(key)}


def compare(name, status, report, wanted):
    """Print and return whether the report holds exactly what is wanted."""
    found = faults_of(report)
    is_right = found == wanted and (status == 0) == (not wanted)
    print(f"{'ok' if is_right else 'WRONG'}  {name}: reported {found or 'none'}"
          + ("" if is_right else f", wanted {wanted or 'none'}"))
    return is_right


def check_faults():
    for fault, batch, wanted in CASES:
        with Faulty(fault, batch) as server:
            status, report = load(server, "--messages", str(MESSAGES))
        yield compare(f"{fault or 'no fault'}, {batch} a write", status,
                      report, wanted)


def check_swaps():
    """One room: every tenth message goes behind the next, the last stays."""
    with Faulty("reorder", 1) as server:
        status, report = load(server, "--messages", str(MESSAGES + 1),
                              "--rooms", "1")
    yield compare("reorder", status, report,
                  {"reordered": MESSAGES // EVERY * CONNECTIONS})


def check_sizes():
    for form in ("room", "envelope"):
        for size in SIZES:
            with Faulty(None, 3) as server:
                status, report = load(server, "--messages", "40", "--form",
                                      form, "--size", str(size))
            yield compare(f"{form} of {size} bytes", status, report, {})


def check_ways():
    """Random rooms, arrivals and a stall change nothing of what is found. A
    stall of 2 MiB a member makes the server meet full sockets."""
    for name, fault, options, wanted in (
            ("random rooms", "drop", ["--random"], {"lost": HIT}),
            ("arrivals", "drop", ["--arrivals", "50"], {"lost": HIT}),
            ("arrivals at a rate", None, ["--arrivals", "20",
                                          "--arrival-rate", "100"], {}),
            ("small buffer", None, ["--receive-buffer", "4096", "--size",
                                    "65536"], {})):
        with Faulty(fault, 1) as server:
            status, report = load(server, "--messages", str(MESSAGES),
                                  *options)
        yield compare(name, status, report, wanted)


def check_misled_arrivals():
    """What should go to the only room goes to the room of those that arrive,
    once they are there: how many by then differs from run to run. None of it
    is theirs, and nobody else is told of anything but a loss."""
    with Faulty("foreign", 1) as server:
        status, report = load(server, "--messages", str(MESSAGES), "--rate",
                              "1000", "--rooms", "1", "--arrivals", "30")
    found = faults_of(report)
    lost, wrong = found.pop("lost", 0), found.pop("wrong", 0)
    misled, rest = divmod(lost, CONNECTIONS)
    is_right = (0 < wrong <= misled * 30 and rest == 0 and not found
                and status != 0)
    print(f"{'ok' if is_right else 'WRONG'}  arrivals of a foreign room: "
          f"{lost} lost, {wrong} wrong of at most {misled * 30}"
          + (f", and {found}" if found else ""))
    yield is_right


def check_stall(around):
    """What the gateway keeps for those that do not read arrives later."""
    with SERVERS["roomcast"](CONNECTIONS, around,
                             {"delivery": {"socket_buffer": "4KiB"}}) as server:
        status, report = load(server, "--messages", "300", "--size", "4096",
                              "--stall", "--receive-buffer", "4096")
    yield compare("stall", status, report, {})


def check_admitted(around):
    """Repeated handshakes of each kind; messages follow the last. A message
    of 64 KiB takes several records of TLS."""
    for name in ADMITTING:
        with SERVERS[name](CONNECTIONS, around) as server:
            status, report = load(
                server, "--messages", "40", "--size", "65536", "--repeat",
                str(REPEAT), credentials=server.client_options())
        yield compare(f"{name}, repeated", status, report, {})
        made = CONNECTIONS * REPEAT
        resumed = made if name in RESUMED else 0
        is_right = (report["handshakes"], report["resumed"]) == (made, resumed)
        print(f"{'ok' if is_right else 'WRONG'}  {name}: "
              f"{report['handshakes']} handshakes, "
              f"{report['resumed']} resumed, "
              f"wanted {made} and {resumed}")
        yield is_right


def check_deflated(around):
    """Frames that are inflated whole, in one read and cut by several."""
    for size in (300, 1024, 65536):
        with SERVERS["deflate"](CONNECTIONS, around) as server:
            status, report = load(server, "--messages", "40", "--size",
                                  str(size), "--json",
                                  credentials=server.client_options())
        yield compare(f"deflated, {size} bytes", status, report, {})
        is_right = report["deflated"] == report["deliveries"] == \
            40 * CONNECTIONS // ROOMS
        print(f"{'ok' if is_right else 'WRONG'}  deflated, {size} bytes: "
              f"{report['deflated']} of {report['deliveries']}")
        yield is_right


def check_refused(around):
    """Nobody without a token, and nobody in plain text where TLS is spoken."""
    for name in ("hs256", "es256", "tls-ecdsa"):
        kind = type(name, (SERVERS[name],), {"scheme": "ws"})
        with kind(CONNECTIONS, around) as server:
            status, report = load(server, "--messages", "1")
        yield compare(f"{name}, without credentials", status, report,
                      {"refused": CONNECTIONS})


def main():
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        around = Surroundings(Credentials(folder))
        results = [*check_faults(), *check_swaps(), *check_sizes(),
                   *check_ways(), *check_misled_arrivals(),
                   *check_stall(around), *check_admitted(around),
                   *check_deflated(around), *check_refused(around)]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
