"""The command line, and what a configuration may do to the start."""

import os
import re
import socket
import subprocess

import pytest

from rig.gateway import BASE, BINARY, ROOT, merged, write_conf
from rig.waiting import seconds

GOOD = 'routes: [{path: "/ws/{room}", rooms: ["{room}"]}]\n'


def run(*args, env=None, **options):
    return subprocess.run(
        [BINARY, *map(str, args)],
        capture_output=True,
        text=True,
        timeout=seconds(10),
        env={**os.environ, **(env or {})},
        **options,
    )


def written(tmp_path, text):
    path = tmp_path / "roomcast.yaml"
    path.write_text(text)
    return path


def test_help_names_every_option():
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in "-c", "--check-config", "--dump-config", "--health", "--version":
        assert option in done.stdout
    assert run("-h").stdout == done.stdout


def test_version():
    done = run("--version")
    assert (done.returncode, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    assert re.fullmatch(r"roomcast \d+\.\d+\.\d+", first)
    said = dict(line.split(": ", 1) for line in rest)
    assert list(said) == ["commit", "libraries", "features"]
    assert re.fullmatch(r"[0-9a-f]{12}|unknown", said["commit"])
    libraries = dict(x.split(" ") for x in said["libraries"].split(", "))
    assert list(libraries) == [
        "libevent", "OpenSSL", "zlib", "hiredis", "wslay", "cJSON", "libyaml"
    ]
    assert all(re.match(r"\d+\.\d+", x) for x in libraries.values())
    assert "sentinel" in said["features"].split(" ")
    with open("/dev/full", "w") as full:
        status = subprocess.run(
            [BINARY, "--version"], stdout=full, timeout=seconds(10)
        ).returncode
    assert status == 1


@pytest.mark.parametrize(
    "args", [["--nope"], ["-x"], ["-c"], ["extra"], ["--check-config", "a"]]
)
def test_bad_usage_is_status_2(args):
    done = run(*args)
    assert done.returncode == 2
    assert done.stderr
    assert done.stdout == ""


def test_a_missing_file_is_status_2(tmp_path):
    done = run("-c", tmp_path / "nope.yaml", "--check-config")
    assert done.returncode == 2
    assert "nope.yaml" in done.stderr


def test_a_good_file_is_status_0(tmp_path):
    done = run("-c", written(tmp_path, GOOD), "--check-config")
    assert done.returncode == 0, done.stderr


BAD = (
    "listn: x\n"
    "workers: many\n"
    "delivery: {queue: 12 bananas}\n"
    'routes: [{path: "/ws/{room}", rooms: ["{roon}"]}]\n'
)


@pytest.mark.parametrize("args", [["--check-config"], ["--dump-config"], []])
def test_all_mistakes_are_reported_at_their_places(tmp_path, args):
    path = written(tmp_path, BAD)
    done = run("-c", path, *args)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    for line in lines:
        assert re.match(rf"{re.escape(str(path))}:\d+:\d+: \S+: .+", line), line
    starts = [re.match(r".*?:(\d+):(\d+): (\S+):", x).groups() for x in lines]
    assert starts == [
        ("1", "1", "listn"),
        ("2", "10", "workers"),
        ("3", "19", "delivery.queue"),
        ("4", "39", "routes[0].rooms[0]"),
    ]
    assert "listen" in lines[0] and "room" in lines[3]


def test_the_dump_can_be_read_back(tmp_path):
    path = written(tmp_path, GOOD)
    first = run("-c", path, "--dump-config")
    assert first.returncode == 0, first.stderr
    second = run("-c", written(tmp_path, first.stdout), "--dump-config")
    assert second.stdout == first.stdout


def test_the_dump_masks_secrets(tmp_path):
    conf = GOOD + 'redis: {url: "redis://joe:s3cret@127.0.0.1:6379"}\n'
    done = run("-c", written(tmp_path, conf), "--dump-config")
    assert done.returncode == 0, done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert "joe" in done.stdout


def test_the_environment_fills_in(tmp_path):
    conf = GOOD + "limits:\n  connections: ${TEST_LIMIT}\n"
    path = written(tmp_path, conf)
    done = run("-c", path, "--dump-config", env={"TEST_LIMIT": "1234"})
    assert "connections: 1234" in done.stdout
    done = run("-c", path, "--dump-config")
    assert done.returncode == 2
    assert "TEST_LIMIT" in done.stderr


@pytest.mark.parametrize(
    "path", sorted((ROOT / "conf").glob("*.yaml")), ids=lambda path: path.name
)
def test_shipped_configurations_are_fine(path):
    done = run("-c", path, "--check-config", cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_an_address_in_use_is_status_1(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for section in [
            {"listen": [{"address": f"127.0.0.1:{port}"}]},
            {"embedded": {"listen": f"127.0.0.1:{port}"}},
            {"admin": {"listen": f"127.0.0.1:{port}"}},
        ]:
            path = tmp_path / "roomcast.yaml"
            done = run("-c", write_conf(path, merged(BASE, section)))
            assert done.returncode == 1
            assert f"127.0.0.1:{port}" in done.stderr


def test_checking_reads_keys_and_certificates(tmp_path):
    """What would stop the start shows in the check."""
    (tmp_path / "short").write_text("not 32 bytes")
    secret = f"{{type: jwt, algorithms: [HS256], secret_file: {tmp_path}/short}}"
    path = written(tmp_path, f"auth: {{a: {secret}}}\n" + GOOD)
    done = run("-c", path, "--check-config")
    assert done.returncode == 2
    assert "short: a secret of 12 bytes" in done.stderr
    tls = f"{{certificate: {tmp_path}/short, key: {tmp_path}/short}}"
    path = written(
        tmp_path, f'listen: [{{address: "*:0", tls: {tls}}}]\n' + GOOD
    )
    done = run("-c", path, "--check-config")
    assert done.returncode == 2
    assert "short: cannot be used as a PEM certificate" in done.stderr
