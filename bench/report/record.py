"""The file of a run's results, and what stands in it beside the figures."""

import json
import os
import platform
import subprocess
import tempfile

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESULTS = os.path.join(BENCH, "results")


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
            ["git", "-C", BENCH, "describe", "--always", "--dirty"],
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
