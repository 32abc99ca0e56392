"""What an app does with the package: scenarios.py NAME ARGUMENT... Each says in
lines of JSON what it got. Pauses are short, and whoever hangs ends in time.
"""

import asyncio
import faulthandler
import itertools
import json
import logging
import os
import sys
import threading

import roomcast

QUICK = {"pause": (0.02, 0.2)}


def say(*words):
    print(json.dumps(words), flush=True)


def say_gap(gap):
    say("gap", gap.id, threading.current_thread() is threading.main_thread())


async def refetch(gap):
    await asyncio.sleep(0)
    say_gap(gap)


async def until_closed(stream):
    try:
        async for message in stream:
            if message.data == "end":
                break
            say(message.data if isinstance(message.data, str) else "bytes")
    except roomcast.Closed as closed:
        say("closed", closed.code, closed.reason)


async def follow(url, since=""):
    options = {"since": since, "on_gap": refetch, **QUICK}
    async with roomcast.connect(url, **options) as stream:
        say("in")
        await until_closed(stream)


async def hasty(url):
    options = {"since": "", "on_gap": refetch, "silence": 0.1, **QUICK}
    async with roomcast.connect(url, **options) as stream:
        say("in")
        await until_closed(stream)


async def plain(url):
    async with roomcast.connect(url, on_gap=refetch, **QUICK) as stream:
        say("in")
        await until_closed(stream)


async def spared(url, redis):
    """What it sends it does not hear, also as who it was before."""
    options = {"since": "", "on_gap": refetch, **QUICK}
    async with roomcast.AsyncPublisher(redis) as publisher:
        async with roomcast.connect(url, was=["me"], **options) as stream:
            await publisher.to_room("lobby", text="first")
            await until(stream, "first")
            was = stream.connection
            await publisher.disconnect(connections=was, code=4429)
            for ident in was, "me":
                message = f"not for {ident}"
                await publisher.send(rooms="lobby", except_=ident, text=message)
            await publisher.to_room("lobby", text="end")
            await until_closed(stream)
            say(stream.connection == was)


async def until(stream, last):
    async for message in stream:
        if message.data == last:
            return


async def missing(url):
    await come(url)


async def small(url):
    async with roomcast.connect(url, max_size=100, **QUICK) as stream:
        say("in")
        await until_closed(stream)


async def whoami(url):
    async with roomcast.connect(url) as stream:
        say("in")
        message = await stream.__anext__()
        say(message.json(), stream.connection)


async def come(url, **options):
    try:
        async with roomcast.connect(url, **options, **QUICK):
            say("in")
    except roomcast.Closed as closed:
        say("closed", closed.code)


async def tokens(url, old, good, *places):
    """Two in turn, wherever the gateway looks; then an old one, until it is
    enough."""
    turn = itertools.chain([old, good] * len(places), itertools.repeat(old))

    async def fetch():
        say("token")
        return next(turn)

    for place in places:
        await come(url, token=fetch, token_in=place)
    words = iter([None, "again", "stop"])
    await come(url, token=fetch, closed=lambda *_: next(words))
    await come(url, token=old)


async def drain(stream):
    async for _ in stream:
        pass


async def cancelled(url):
    """While it waits, while it handles, and by close() in another task."""
    handling = asyncio.Event()

    async def handle():
        async with roomcast.connect(url, **QUICK) as stream:
            async for _ in stream:
                handling.set()
                await asyncio.sleep(3600)

    async with roomcast.connect(url, **QUICK) as stream:
        waiting = asyncio.ensure_future(stream.__anext__())
        handler = asyncio.ensure_future(handle())
        say("in")
        await handling.wait()
        for task in waiting, handler:
            task.cancel()
        await asyncio.gather(waiting, handler, return_exceptions=True)
        closing = asyncio.ensure_future(drain(stream))
        await asyncio.sleep(0)
        await stream.close()
        await closing
        say("out")


def sync(url):
    options = {"since": "unknown", "on_gap": say_gap, **QUICK}
    with roomcast.listen(url, **options) as messages:
        try:
            messages.next(timeout=0.01)
        except TimeoutError:
            say("in")
        say(messages.next(timeout=60).data)
        try:
            for message in messages:
                say(message.data)
        except roomcast.Closed as closed:
            say("closed", closed.code, closed.reason)
    with roomcast.listen(url) as messages:
        say("in")
        for message in messages:
            say(message.data)
            break


def main(name, *words):
    faulthandler.dump_traceback_later(float(os.environ["DEADLINE"]), exit=True)
    logging.disable(logging.WARNING)
    done = globals()[name](*words)
    if asyncio.iscoroutine(done):
        asyncio.run(done)


main(*sys.argv[1:])
