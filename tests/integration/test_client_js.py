"""clients/roomcast.js: the package, its size and types, and its own tests."""

import os

import pytest

from rig.clientjs import PACKAGE, client_js, pack, run
from rig.gateway import BINARY, ROOT
from rig.ports import free_port

pytestmark = pytest.mark.outside

MOST = 4096  # bytes, minified


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


def test_its_types_are_right(client_js):
    options = (
        *("--noEmit", "--strict", "--target", "es2022"),
        *("--module", "nodenext", "--lib", "es2022,dom"),
    )
    run("node_modules/.bin/tsc", *options, "use.ts", cwd=client_js)


@pytest.mark.waits
@pytest.mark.parametrize("name", ["rules", "gateway"])
def test_under_node(client_js, tmp_path, name):
    env = {
        **os.environ,
        "ROOMCAST_BIN": BINARY,
        "GATEWAY_PORT": str(free_port()),
        "PUBLISH_PORT": str(free_port()),
        "FOLDER": str(tmp_path),
    }
    said = run("node", "--test", f"{name}.test.mjs", cwd=client_js, env=env)
    assert "\n# fail 0\n" in said or "ℹ fail 0\n" in said
