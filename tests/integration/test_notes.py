"""What is allowed but may not be meant: in the check, and in the log."""

import subprocess

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.waiting import seconds

ODD = [
    {"path": "/{any}", "rooms": ["a"], "origins": ["https://a.test"]},
    {"path": "/p", "rooms": ["a"], "origins": ["https://a.test"]},
]


def check(path):
    return subprocess.run(
        [BINARY, "--check-config", "-c", path],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )


def test_the_check_prints_all_notes(tmp_path):
    changes = {"routes": ODD, "redis": {"heartbeat": "1s"}}
    path = write_conf(tmp_path / "roomcast.yaml", merged(BASE, changes))
    done = check(path)
    assert (done.returncode, done.stderr) == (0, "")
    *notes, last = done.stdout.splitlines()
    assert last == f"{path}: the configuration is fine"
    assert len(notes) == 2
    assert all(line.startswith(f"note: {path}:") for line in notes)
    assert "routes[1].path: /p is never reached" in notes[0]
    assert "redis: counts only with backend: redis" in notes[1]


def test_the_log_has_them_at_start(gateway):
    daemon = gateway(routes=ODD)
    line = daemon.wait_line(lambda line: line.event == "note")
    assert line.level == "warn"
    assert "routes[1].path: /p is never reached" in line.pairs["text"]
