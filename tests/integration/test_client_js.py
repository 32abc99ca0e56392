"""clients/roomcast.js: the package, its size and types, and its own tests."""

import os
import shutil
import subprocess

import pytest

from rig.clientjs import PACKAGE, client_js, pack, run
from rig.gateway import BINARY, ROOT
from rig.pages import filled, snippet
from rig.ports import free_port
from rig.waiting import seconds

pytestmark = pytest.mark.outside

MOST = 4096  # bytes, minified
WIRE = ROOT / "clients" / "schema" / "wire.d.ts"


def test_the_package_holds_what_belongs_there(client_js, tmp_path):
    said = pack(tmp_path, "--dry-run")
    assert {file["path"] for file in said["files"]} == {
        *("package.json", "README.md", "LICENSE"),
        *("roomcast.js", "roomcast.d.ts"),
    }
    assert (said["name"], list(tmp_path.iterdir())) == (PACKAGE, [])
    makefile = (ROOT / "Makefile").read_text()
    assert f"VERSION := {said['version']}\n" in makefile
    for place in "", "clients/":
        assert (ROOT / f"{place}LICENSE").read_bytes() == (
            client_js / "node_modules" / PACKAGE / "LICENSE"
        ).read_bytes()


def test_it_is_small(client_js):
    path = f"node_modules/{PACKAGE}/roomcast.js"
    program = "node_modules/.bin/terser"
    options = "--module", "--compress", "passes=3", "--mangle"
    small = run(program, *options, "--", path, cwd=client_js)
    assert len(small.encode()) <= MOST
    (client_js / "small.mjs").write_text(small)
    run("node", "--check", "small.mjs", cwd=client_js)


TSC = (
    *("node_modules/.bin/tsc", "--noEmit", "--strict", "--target", "es2022"),
    *("--module", "nodenext", "--lib", "es2022,dom"),
)


def test_its_types_are_right(client_js):
    """With a program that has to compile; what has not to says so in it."""
    run(*TSC, "use.ts", cwd=client_js)


BAD = """import type { Envelope } from "./wire.js";
export const text: Envelope = { rooms: ["a"], text: 1 };
"""


def test_the_types_of_the_wire(client_js, tmp_path):
    """One program has to compile and another has not to: nor does the compiler
    pass over what it is given."""
    (tmp_path / "node_modules").symlink_to(client_js / "node_modules")
    for source in client_js / "package.json", client_js / "messages.ts", WIRE:
        shutil.copy(source, tmp_path)
    (tmp_path / "bad.ts").write_text(BAD)
    done = subprocess.run(
        [*TSC, "--exactOptionalPropertyTypes", WIRE.name, "messages.ts", "bad.ts"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=seconds(120),
    )
    errors = [x for x in done.stdout.splitlines() if "error" in x]
    assert done.returncode != 0 and len(errors) == 1, done.stdout
    assert errors[0].startswith("bad.ts(2,47): error TS"), errors


def test_the_lines_for_node(client_js, gateway):
    """They say nothing: it is the gateway that sees them."""
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}
    daemon = gateway(history={}, routes=[route])
    lines = snippet("docs/clients.md", "js", 'from "roomcast-client"')
    code = filled(lines, {"ws://127.0.0.1:8080/ws/lobby": daemon.ws_url()})
    command = ["node", "--input-type=module", "-e", code]
    with subprocess.Popen(command, cwd=client_js) as page:
        try:
            daemon.wait_metric("roomcast_connections", 1, timeout=20)
            assert page.poll() is None
        finally:
            page.kill()


@pytest.mark.waits
@pytest.mark.parametrize("name", ["rules", "returns", "gateway"])
def test_under_node(client_js, tmp_path, name):
    env = {
        **os.environ,
        "ROOMCAST_BIN": BINARY,
        "GATEWAY_PORT": str(free_port()),
        "PUBLISH_PORT": str(free_port()),
        "FOLDER": str(tmp_path),
        "RETURNS": str(ROOT / "clients" / "returns.json"),
    }
    said = run("node", "--test", f"{name}.test.mjs", cwd=client_js, env=env)
    assert "\n# fail 0\n" in said or "ℹ fail 0\n" in said
