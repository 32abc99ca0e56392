"""The clients that measure: one run of one of them, and its report."""

import json
import os
import subprocess

from rig.servers import ROOT, Failed, pin

LOAD = os.path.join(ROOT, "build/bench/load")


def run_client(command, server, load, publishes, cpu, timeout_s):
    """One run of a client, with `load` as its long options; its report."""
    command = command + ["--server-pid", str(server.pid)]
    if publishes:
        command += ["--publish", server.publish_url]
    for option, value in load.items():
        command += [f"--{option}"] + ([] if value is True else [str(value)])
    done = subprocess.run(
        command + server.client_options() + [server.url],
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=timeout_s, check=False, preexec_fn=lambda: pin(cpu))
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Failed(done.stderr.strip() or "no report") from None
