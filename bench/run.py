#!/usr/bin/python3
"""Measure roomcast against a bare loop of send(): starts both in turn, runs
the load client against them, prints a table. See bench/README.md.

    bench/run.py [--only NAME ...] [--servers NAME ...] [--rounds N]
                 [--out [FILE]]

Standard library only. Exit status 1 when a message was lost, doubled or out
of order anywhere, or a process failed."""

import argparse
import datetime
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile

from scenarios import MANY, SCENARIOS
from servers import ROOT, SERVERS, Failed, pin

LOAD = os.path.join(ROOT, "build/bench/load")
RESERVED_FILES = 200  # of the limit, for all that is not a member's socket
LOAD_TIMEOUT_S = 180
FAULTS = ("lost", "duplicated", "reordered", "foreign", "damaged", "refused",
          "closed", "refusals", "gave_up")


def processors():
    """One for the server and one for the client, where there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return None, None
    return allowed[0], allowed[1]


def resolve(scenario):
    """The scenario with the number of members that this machine allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    load = dict(scenario["load"])
    if load["connections"] == MANY and hard != resource.RLIM_INFINITY:
        usable = (hard - RESERVED_FILES) // 1000 * 1000
        load["connections"] = max(min(MANY, usable), 100)
    title = scenario["title"].format(connections=f"{load['connections']:,}")
    return {**scenario, "load": load, "title": title}


def run_load(server, scenario, cpu):
    """One run of the load client; its report."""
    command = [LOAD, "--server-pid", str(server.pid)]
    if scenario["show"] != "memory":
        command += ["--publish", server.publish_url]
    for option, value in scenario["load"].items():
        command += [f"--{option}", str(value)]
    done = subprocess.run(
        command + [server.url], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=LOAD_TIMEOUT_S, check=False,
        preexec_fn=lambda: pin(cpu))
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Failed(f"load: {done.stderr.strip()}\n"
                     + server.log_text()) from None


def run_scenario(scenario, rounds, names, cpus):
    """All rounds, the servers in turn; a list of reports for each server."""
    results = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            note(f"{scenario['name']}: round {number + 1}/{rounds}, {name}")
            kind = SERVERS[name]
            with kind(scenario["load"]["connections"], cpus[0]) as server:
                results[name].append(run_load(server, scenario, cpus[1]))
    return results


def note(text):
    """Progress, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def faults_of(reports):
    """What went wrong in these runs, as text; empty when nothing did."""
    sums = {key: sum(r.get(key, 0) for r in reports) for key in FAULTS}
    return ", ".join(f"{n} {key}" for key, n in sums.items() if n)


def figure_of(scenario, report):
    """The number that this scenario compares."""
    if scenario["show"] == "memory":
        return report["bytes_per_connection"]
    return report["cpu_us_per_delivery"]


def median_of(reports, *path):
    """Median over the runs of a value deep in the report."""
    def dig(report):
        for key in path:
            report = report[key]
        return report
    return statistics.median(dig(r) for r in reports)


def summarise(scenario, results):
    """One row for each server; ratios are medians over the rounds."""
    first = next(iter(results))
    rows = []
    for name, reports in results.items():
        figures = [figure_of(scenario, r) for r in reports]
        base = [figure_of(scenario, r) for r in results[first]]
        ratios = [f / b for f, b in zip(figures, base) if b > 0]
        row = {
            "server": name, "figure": statistics.median(figures),
            "low": min(figures), "high": max(figures),
            "ratio": statistics.median(ratios) if ratios else None,
            "faults": faults_of(reports),
        }
        if scenario["show"] != "memory":
            row.update(
                per_cpu_s=median_of(reports, "deliveries_per_cpu_s"),
                per_s=median_of(reports, "deliveries_per_s"),
                frames=median_of(reports, "frames_per_read"),
                p50=median_of(reports, "latency_ms", "p50"),
                p99=median_of(reports, "latency_ms", "p99"))
        row.update(
            handshake_us=median_of(reports, "cpu_us_per_handshake"),
            memory=median_of(reports, "bytes_per_connection"))
        rows.append(row)
    return rows


def print_rows(scenario, rows):
    """The scenario's part of the table."""
    note("")
    print(f"\n{scenario['title']}")
    if scenario["show"] == "memory":
        print(f"  {'server':<10} {'B/connection':>13} {'low..high':>15} "
              f"{'CPU us/handshake':>17}")
        for r in rows:
            span = f"{r['low']:.0f}..{r['high']:.0f}"
            print(f"  {r['server']:<10} {r['figure']:13.0f} {span:>15} "
                  f"{r['handshake_us']:17.1f}  {r['faults']}")
        return
    print(f"  {'server':<10} {'CPU us/delivery':>15} {'low..high':>13} "
          f"{'ratio':>6} {'k/CPU-s':>8} {'k/s':>6} {'frames/read':>11} "
          f"{'p50 ms':>8} {'p99 ms':>8}  faults")
    for r in rows:
        span = f"{r['low']:.2f}..{r['high']:.2f}"
        ratio = f"{r['ratio']:.2f}" if r["ratio"] is not None else "-"
        print(f"  {r['server']:<10} {r['figure']:15.3f} {span:>13} "
              f"{ratio:>6} {r['per_cpu_s'] / 1e3:8.0f} "
              f"{r['per_s'] / 1e3:6.0f} {r['frames']:11.2f} {r['p50']:8.2f} "
              f"{r['p99']:8.2f}  {r['faults'] or 'none'}")


def machine():
    """Where it was measured."""
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"processor": model, "processors": os.cpu_count(),
            "kernel": platform.release(), "load": os.getloadavg()[0]}


def commit():
    """The commit that was measured, or None outside a clone."""
    try:
        return subprocess.run(
            ["git", "-C", ROOT, "describe", "--always", "--dirty"],
            capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def save(path, record):
    """Write the record in one step: a file is whole or absent."""
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with tempfile.NamedTemporaryFile(
            "w", dir=os.path.dirname(os.path.abspath(path)), suffix=".tmp",
            delete=False, encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.write("\n")
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
    print(f"\nwritten to {os.path.relpath(path)}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    names = [s["name"] for s in SCENARIOS]
    parser.add_argument("--only", nargs="+", choices=names, default=names,
                        help="scenarios to run")
    parser.add_argument("--servers", nargs="+", choices=list(SERVERS),
                        default=list(SERVERS), help="servers to run")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", nargs="?", const="", metavar="FILE",
                        help="write all figures as JSON, by default to "
                        "bench/results/DATE.json")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    now = datetime.datetime.now(datetime.timezone.utc)
    record = {"date": now.isoformat(timespec="seconds"), "commit": commit(),
              "machine": machine(), "scenarios": []}
    cpus = processors()
    is_clean = True
    print("one processor for server and client" if cpus[0] is None else
          f"server on processor {cpus[0]}, client on {cpus[1]}",
          f"{arguments.rounds} rounds, medians", sep="; ")
    try:
        for scenario in SCENARIOS:
            if scenario["name"] not in arguments.only:
                continue
            scenario = resolve(scenario)
            names = [n for n in scenario["servers"] if n in arguments.servers]
            if not names:
                continue
            results = run_scenario(scenario, arguments.rounds, names, cpus)
            rows = summarise(scenario, results)
            print_rows(scenario, rows)
            is_clean = is_clean and not any(r["faults"] for r in rows)
            record["scenarios"].append(
                {**scenario, "summary": rows, "runs": results})
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    if arguments.out is not None:
        stamp = now.strftime("%Y-%m-%dT%H%M%SZ")
        save(arguments.out or os.path.join(
            ROOT, "bench", "results", f"{stamp}.json"), record)
    return 0 if is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
