"""`make demo`: two tabs that chat, while all below them is killed."""

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from rig.chatdemo import Demo, write
from rig.gateway import ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside

# What comes through the socket is written down; the page itself would pass over
# what comes twice.
WATCH = """
var arrived = [];
const before = handle;
handle = message => {
	if (message.type === "message") arrived.push(message.text);
	before(message);
};
null
"""
TEXTS = """[...document.querySelectorAll("#messages li")].map(
	li => li.querySelector("p").textContent)"""
SENDING = 'document.querySelectorAll(".pending").length'


@pytest.fixture
def demo(tmp_path):
    started = Demo(tmp_path)
    started.said("Ctrl-C ends")
    yield started
    if started.process.poll() is None:
        started.finish()


@pytest.fixture
def tab(chromium, demo):
    """A function that opens one for a person, in the room of the demo."""
    tabs = []
    (url,) = demo.said("http://")

    def enter(name):
        tabs.append(chromium.new_page())
        tabs[-1].open(url)
        tabs[-1].evaluate(
            f"{WATCH.strip().removesuffix('null')}"
            f'$("name").value = {json.dumps(name)};'
            '$("who").requestSubmit(); null'
        )
        tabs[-1].wait('$("state").textContent', "connected", 30)
        return tabs[-1]

    yield enter
    for one in tabs:
        one.close()


def wait_all(pages, count):
    for page in pages:
        page.wait(f"arrived.length >= {count} && {SENDING} === 0", True, 30)


@pytest.mark.waits
def test_every_message_once_in_both_tabs(demo, tab):
    """In one order, whatever is killed; and a page that is loaded anew shows
    them all, and goes on from there."""
    ann, bob = tab("ann"), tab("bob")
    for i, victim in enumerate(["the gateway", "Redis", "the app", None]):
        for page, name in (ann, "ann"), (bob, "bob"):
            write(page, f"{name} {i}")
        if victim:
            demo.kill(victim)
        for page, name in (ann, "ann"), (bob, "bob"):
            write(page, f"{name} {i} again")
    wait_all([ann, bob], 16)
    heard = ann.evaluate("arrived")
    assert bob.evaluate("arrived") == heard
    for name in "ann", "bob":
        own = [x for x in heard if x.startswith(name)]
        assert own == [
            f"{name} {i}{more}" for i in range(4) for more in ("", " again")
        ]
    assert ann.evaluate(TEXTS) == bob.evaluate(TEXTS) == heard
    eve = tab("eve")
    assert eve.evaluate(TEXTS) == heard
    write(bob, "<b>bye</b>")
    wait_all([eve], 1)
    assert eve.evaluate(TEXTS) == [*heard, "<b>bye</b>"]
    assert eve.evaluate("arrived") == ["<b>bye</b>"]


def test_who_is_typing_and_in_which_room(demo, tab):
    """It is of this room, and not for the tab that types."""
    ann, bob = tab("ann"), tab("bob")
    for page in ann, bob:
        page.wait("connection !== null", True)
    ann.evaluate('$("text").dispatchEvent(new Event("input")); null')
    bob.wait('$("typing").textContent', "ann is typing …")
    assert ann.evaluate('$("typing").textContent') == ""
    bob.evaluate('location.hash = "kitchen"; null')
    bob.wait('$("title").textContent', "kitchen · bob")
    bob.wait('$("state").textContent', "connected")
    write(bob, "only here")
    bob.wait(TEXTS, ["only here"])
    write(ann, "only there")
    ann.wait(TEXTS, ["only there"])
    assert bob.evaluate(TEXTS) == ["only here"]


def test_who_is_here(demo, tab):
    """Also when the gateway could tell nobody that it ended."""
    here = "[...$('here').children].map(li => li.textContent).join()"
    ann, bob = tab("ann"), tab("bob")
    for page in ann, bob:
        page.wait(here, "ann,bob")
    demo.kill("the gateway")
    for page in ann, bob:
        page.wait(here, "ann,bob", 30)
    bob.evaluate('location.hash = "garden"; null')
    ann.wait(here, "ann", 30)
    bob.wait(here, "bob")


def test_nothing_is_left_behind(demo, tmp_path):
    (children,) = [
        Path(f"/proc/{demo.process.pid}/task/{demo.process.pid}/children")
    ]
    pids = children.read_text().split()
    assert len(pids) == 3
    demo.finish(signal.SIGINT)
    assert not [pid for pid in pids if Path("/proc", pid).exists()]
    assert not list(tmp_path.iterdir())
    assert "Traceback" not in "\n".join(demo.lines)


def test_a_port_that_is_taken_is_named(demo):
    """With what is to be done."""
    port = re.search(r":(\d+)/", demo.said("http://")[0])[1]
    done = subprocess.run(
        [ROOT / "scripts" / "demo", "--port", port],
        capture_output=True,
        text=True,
        timeout=seconds(20),
    )
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr
    assert re.search(r"`make demo PORT=\d+` takes", done.stderr)
