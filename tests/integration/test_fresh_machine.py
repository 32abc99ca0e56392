"""README's first commands on a fresh Debian: from a clone to a message, and to a
chat whose processes are killed.

`make try-demo` runs these. They need root, namespaces and minutes.
"""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.request

import pytest

from rig.gateway import ROOT
from rig.machine import Machine, make_base, missing
from rig.pages import snippets
from rig.waiting import eventually, seconds

pytestmark = [pytest.mark.fresh, pytest.mark.xdist_group("machine")]

sys.path.insert(0, str(ROOT / "clients" / "python" / "src"))
import roomcast  # noqa: E402

RUN, DEMO = [
    line.partition("#")[0].strip() for line in snippets("README.md", "sh")[0].splitlines()
]
BEFORE = ["git", "make"]  # as README says
CHAT = "http://127.0.0.1:8000"


def all_packages():
    """What the two commands install: a machine without a network has to have
    them."""
    script = (ROOT / "scripts" / "deps").read_text()
    makefile = (ROOT / "Makefile").read_text()
    lines = re.findall(r"scripts/deps build (.*)", makefile)
    build = re.search(r"^build='(.*?)'", script, re.M | re.S)[1]
    return sorted({*BEFORE, *build.split(), *" ".join(lines).split()})


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A fresh system, and what `git clone` copies."""
    if missing():
        pytest.skip("no machine, missing: " + " ".join(missing()))
    bundle = tmp_path_factory.mktemp("git") / "roomcast.bundle"
    command = ["git", "bundle", "create", "-q", bundle, "HEAD"]
    subprocess.run(command, cwd=ROOT, check=True)
    return make_base(all_packages()), bundle


@pytest.fixture
def machine(fresh):
    base, bundle = fresh
    made = Machine(base)
    try:
        made.put(bundle, bundle.name)
        assert made.run("command -v python3 gcc redis-server", check=False).stdout == ""
        made.run(f"apt-get install -y --no-install-recommends {' '.join(BEFORE)}")
        made.run(f"git clone -q {bundle.name} roomcast")
        yield made
    finally:
        made.end()


class Command:
    """One in the clone; what it prints."""

    def __init__(self, machine, line):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            machine.words(f"cd roomcast && exec {line}"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        self.lines.extend(self.process.stdout)

    def said(self, words, timeout):
        """The lines with these words, once there is one."""

        def found():
            lines = list(self.lines)
            is_running = self.process.poll() is None
            assert is_running, "".join(lines[-40:])
            return [line.strip() for line in lines if words in line]

        return eventually(found, timeout, words)


def post(path, token=None, **body):
    """Until there is an answer: who is away comes back."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(CHAT + path, json.dumps(body).encode(), headers)

    def answered():
        try:
            with urllib.request.urlopen(request, timeout=seconds(10)) as answer:
                return json.load(answer)
        except OSError:
            return None

    return eventually(answered, 60, path)


def kill(machine, demo, name):
    """As the text says, and wait until it is there again."""
    lines = demo.said(name, 5)
    machine.run(re.search(r"kill -9 \d+", lines[-1])[0])
    eventually(lambda: len(demo.said(name, 5)) > len(lines), 60, f"{name} again")


def chat_under_kills(machine, demo):
    """What ann wrote, and what she heard of it, by the gateway."""
    got = post("/api/token", name="ann")
    options = {"token": got["token"], "token_in": "subprotocol", "pause": (0.1, 1)}
    options["headers"] = {"Origin": CHAT}
    gaps, heard = [], []
    listening = roomcast.listen(
        got["url"] + "lobby", since="", on_gap=gaps.append, **options
    )
    wrote = []

    def write():
        text = f"line {len(wrote)}"
        path = "/api/rooms/lobby/messages"
        post(path, got["token"], text=text, key=text)
        wrote.append(text)

    with listening as messages:
        for victim in "the gateway", "Redis", "the app", "the gateway":
            write()
            kill(machine, demo, victim)
            write()
        while len(heard) < len(wrote):
            message = messages.next(timeout=seconds(60)).json()
            if message["type"] == "message":
                heard.append(message["text"])
    return wrote, heard, gaps


def test_make_demo(machine):
    demo = Command(machine, DEMO)
    demo.said("Ctrl-C ends all of it.", 600)
    print(f"{DEMO}: the chat was there after {time.monotonic() - demo.began:.0f} s")
    assert demo.said(f"{CHAT}/", 5)
    wrote, heard, gaps = machine.call(lambda: chat_under_kills(machine, demo))
    assert heard == wrote and len(wrote) == 8 and gaps == []


def test_make_run(machine):
    """And what it says: publish by bash alone."""
    run = Command(machine, RUN)
    run.said("main: started", 600)
    print(f"{RUN}: the gateway was there after {time.monotonic() - run.began:.0f} s")
    (url,) = [x.split()[0].replace("ROOM", "lobby") for x in run.said("ws://", 5)]
    (publish,) = run.said("/dev/tcp/", 5)

    def hear():
        with roomcast.listen(url) as messages:
            machine.run(publish)
            return messages.next(timeout=seconds(20)).data

    assert machine.call(hear) == "hello"
    (status,) = run.said("roomcastctl status", 5)
    assert "serving, ready" in machine.run(f"cd roomcast && {status}").stdout
