"""clients/returns.json, for the Python client: what it does when a connection
ends, or none comes about. roomcast.js has the same cases in js/returns.test.mjs."""

import asyncio
import json
import random
import sys
from urllib.parse import parse_qsl, urlsplit

import pytest
from websockets.exceptions import ConnectionClosedError, WebSocketException
from websockets.frames import Close

from rig.gateway import ROOT
from rig.leaping import run
from rig.python import SOURCES

sys.path.insert(0, str(SOURCES / "src"))
import roomcast  # noqa: E402, which is there now
from roomcast import stream as streams  # noqa: E402

pytestmark = pytest.mark.outside

CASES = json.loads((ROOT / "clients" / "returns.json").read_text())
PAUSE = CASES["pause"] / 1000, CASES["maxPause"] / 1000
SILENCE = CASES["silence"] / 1000


def now():
    return asyncio.get_running_loop().time()


class Answered(WebSocketException):
    """A status in place of a connection."""

    def __init__(self, status):
        super().__init__(status)
        self.status_code = status


class Socket:
    """What the other side does is a part of a story."""

    def __init__(self, attempt, over):
        self.frames = list(attempt.get("says", ()))
        self.attempt = attempt
        self.over = over
        self.opened = now()
        self.transport = self
        self.is_broken = asyncio.Event()

    async def recv(self):
        if self.frames:
            return self.frames.pop(0)
        if self.attempt.get("silent"):
            await self.is_broken.wait()
            self.over(self.opened + SILENCE)
            raise ConnectionClosedError(None, None)
        await asyncio.sleep(self.attempt.get("lasts", 0) / 1000)
        self.over()
        code = self.attempt["closes"]
        frame = None if code == 1006 else Close(code, "")
        raise ConnectionClosedError(frame, None)

    def abort(self):
        self.is_broken.set()

    async def close(self):
        pass


class Story:
    """It is told to a client, and notes when that tries, and when it hears
    that an attempt is over."""

    def __init__(self, attempts):
        self.attempts = attempts
        self.begun = []
        self.ended = []
        self.is_over = asyncio.Event()

    def begin(self):
        self.begun.append(now())
        if len(self.begun) > len(self.attempts):
            self.is_over.set()
            return {"silent": True}
        return self.attempts[len(self.begun) - 1]

    def over(self, when=None):
        self.ended.append(now() if when is None else when)

    def token(self):
        attempt = self.begin()
        if attempt.get("fails") == "token":
            self.over()
            raise RuntimeError("no token")
        return "a.b.c"

    async def open(self, url, *_):
        attempt = (self.attempts + [{"silent": True}])[len(self.begun) - 1]
        if "asks" in attempt:
            assert dict(parse_qsl(urlsplit(url).query, True)) == attempt["asks"]
        if attempt.get("fails") == "line":
            self.over()
            raise OSError
        if "answers" in attempt:
            self.over()
            raise Answered(attempt["answers"])
        return Socket(attempt, self.over)

    def took(self, number):
        """Milliseconds from its end to the next attempt."""
        return (self.begun[number + 1] - self.ended[number]) * 1000


async def iterate(stream):
    async for _ in stream:
        pass


async def play(story, monkeypatch):
    told = Story(story["attempts"])
    is_fixed = story.get("token") == "fixed"

    async def opened(url, *words):
        if is_fixed:
            told.begin()
        return await told.open(url, *words)

    monkeypatch.setattr(streams, "open_socket", opened)
    decides = story.get("decides", {})
    stream = roomcast.connect(
        "ws://gateway/ws/lobby",
        since=None if story.get("resume") is False else "",
        on_gap=lambda gap: None,
        token="a.b.c" if is_fixed else told.token,
        was=story.get("was", ()),
        pause=PAUSE,
        silence=SILENCE,
        closed=lambda code, reason, usual: decides.get(str(code)),
    )
    stops = set()
    entering = stream.__aenter__()
    while not told.is_over.is_set():
        work = asyncio.ensure_future(entering or iterate(stream))
        over = asyncio.ensure_future(told.is_over.wait())
        await asyncio.wait(
            {work, over}, return_when=asyncio.FIRST_COMPLETED
        )
        over.cancel()
        if not work.done():
            work.cancel()
        try:
            await work
            entering = None
        except asyncio.CancelledError:
            break
        except roomcast.Closed:
            stops.add(len(told.ended) - 1)
            if len(told.ended) == len(told.attempts):
                break
            # Who did not come in enters again.
            entering = entering and stream.__aenter__()
    await stream.close()
    return [
        "stop" if i in stops else told.took(i)
        for i in range(len(told.attempts))
    ]


def all_stories():
    for how, kinds in ("closes", CASES["codes"]), ("answers", CASES["statuses"]):
        for then, numbers in kinds.items():
            pauses = CASES["pauses"].get(then, ["stop"])
            for number in numbers:
                attempts = [{how: number, "then": x} for x in pauses]
                yield {"what": f"{how} {number}", "attempts": attempts}
    yield from CASES["stories"]


@pytest.mark.parametrize("chance", [0, 1])
def test_all_cases(monkeypatch, chance):
    monkeypatch.setattr(random, "random", lambda: chance)
    for story in all_stories():
        wanted = [
            x["then"] if x["then"] == "stop" else x["then"][chance]
            for x in story["attempts"]
        ]
        took = run(play(story, monkeypatch))
        assert took == pytest.approx(wanted), story["what"]
