"""The lines of docs/delivery.md with which an app publishes to a stream, in
the languages that are here, against a Redis and against the embedded port."""

import shutil
import subprocess
import sys

import pytest

from rig.node import node
from rig.pages import snippet
from rig.gateway import ROOT
from rig.resuming import Resuming
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PAGE = "docs/delivery.md"
ROUTE = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}
GO = """package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

func main() {
	ctx := context.Background()
	app := redis.NewClient(&redis.Options{Addr: "127.0.0.1:%d"})
	if err := %s.Err(); err != nil {
		panic(err)
	}
}
"""


def run(*command, cwd=None):
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=seconds(120)
    )
    assert done.returncode == 0, done.stderr


def needs(program, *check):
    """Skips where the language or its library is not installed."""
    if not shutil.which(program):
        pytest.skip(f"there is no {program}")
    if check and subprocess.run(check, capture_output=True).returncode:
        pytest.skip(f"{program} has no Redis library")


def python(line, port, request):
    begin = f"import redis\napp = redis.Redis(port={port})\n"
    run(sys.executable, "-c", begin + line)


def javascript(line, port, request):
    folder = request.getfixturevalue("node").folder
    begin = f'const app = new (require("ioredis"))({port});\n'
    run("node", "-e", f"{begin}{line}\napp.quit();", cwd=folder)


def php(line, port, request):
    needs("php", "php", "-r", "new Redis();")
    begin = f'$app = new Redis(); $app->connect("127.0.0.1", {port});\n'
    run("php", "-r", begin + line)


def ruby(line, port, request):
    needs("ruby", "ruby", "-rredis", "-e", "")
    run("ruby", "-rredis", "-e", f"app = Redis.new(port: {port})\n{line}")


def go(line, port, request):
    needs("go")
    folder = request.getfixturevalue("tmp_path") / "go"
    shutil.copytree(ROOT / "tests" / "integration" / "go", folder)
    (folder / "main.go").write_text(GO % (port, line.strip()))
    run("go", "run", ".", cwd=folder)


def shell(line, port, request):
    run("sh", "-ec", line.replace("redis-cli", f"redis-cli -e -p {port}"))


LINES = {
    "python": python,
    "js": javascript,
    "php": php,
    "ruby": ruby,
    "go": go,
    "sh": shell,
}


@pytest.fixture(params=["embedded", "redis"])
def streaming(request, gateway):
    """A gateway, and the port that its apps publish to."""
    sections = {"history": {"stream": "roomcast:stream"}, "routes": [ROUTE]}
    if request.param == "embedded":
        daemon = gateway(**sections)
        return daemon, daemon.publish_port
    server = request.getfixturevalue("redis_server")
    daemon = gateway(server=server, **sections)
    daemon.wait_ready()
    return daemon, server.port


@pytest.mark.parametrize(
    "language, publish", LINES.items(), ids=LINES.keys()
)
def test_it_arrives_with_an_id(streaming, request, language, publish):
    daemon, port = streaming
    page = Resuming(daemon.ws_url)
    page.come()
    publish(snippet(PAGE, language, "roomcast:room:lobby"), port, request)
    page.take_until("hi")
    assert page.cursor.partition("~")[0].replace("-", "").isdigit()
    page.leave()
