"""One mode from its start to the verdict."""

import asyncio
import random
import time

from judge import judge, misnamed
from ledger import Ledger
from listener import Listener
from publisher import Publisher
from report import Verdict, explain
from world import World

ROOMS = [f"room{i}" for i in range(8)]
PUBLISHERS = 3
# When all is quiet, and everything runs again, clients must catch up.
SETTLE_S = 60


def some_rooms(dice):
    return frozenset(dice.sample(ROOMS, dice.randint(1, 3)))


async def run(mode, chosen, folder):
    dice = random.Random(f"{chosen.seed} {mode.name}")
    world = World(mode, folder, dice)
    try:
        await world.start()
        return await listen(world, chosen, folder)
    finally:
        await asyncio.to_thread(world.finish)


async def listen(world, chosen, folder):
    dice = world.dice
    ledger = Ledger(dice)
    listeners = [
        Listener(world, ledger, dice, some_rooms(dice))
        for _ in range(chosen.clients)
    ]
    publishers = [
        Publisher(i, world, ledger, dice, ROOMS) for i in range(PUBLISHERS)
    ]
    hops = [asyncio.create_task(x.hop()) for x in listeners]
    await trouble(world, publishers, chosen)
    await settle(publishers, listeners)
    for task in hops:
        task.cancel()
    await asyncio.gather(*hops, return_exceptions=True)
    for publisher in publishers:
        publisher.close()
    await asyncio.to_thread(world.count)
    return verdict(world, ledger, listeners, folder)


async def trouble(world, publishers, chosen):
    """Until the time is over; then all processes are there again."""
    until = time.monotonic() + chosen.minutes * 60
    rate = chosen.rate / len(publishers)
    killing = asyncio.create_task(world.kill_every(chosen.every, until))
    await asyncio.gather(*(p.publish(rate, until) for p in publishers))
    await killing


async def settle(publishers, listeners):
    """Last messages, again and again, until every client has one."""
    until = time.monotonic() + SETTLE_S
    while time.monotonic() < until:
        await publishers[0].say_last()
        await asyncio.sleep(0.5)
        if all(x.saw_last for x in listeners):
            return


def verdict(world, ledger, listeners, folder):
    messages = sorted(ledger.messages.values(), key=lambda m: m.sent)
    found = [judge(x.items, x.rooms, messages) for x in listeners]
    names = list(misnamed(x.items for x in listeners))
    result = Verdict(
        mode=world.mode.name,
        may_tell=world.mode.may_tell,
        kills=world.kills,
        hops=sum(x.hops for x in listeners),
        slow=sum(x.ends[1013] for x in listeners) + world.fell_behind,
        sent=len(messages),
        acked=ledger.acked,
        owed=sum(f.owed for f in found),
        received=sum(f.received for f in found),
        gaps=sum(f.gaps for f in found),
        told=sum(f.told for f in found),
        lost=sum(len(f.lost) for f in found),
        doubled=sum(len(f.doubled) for f in found),
        disorder=sum(len(f.disorder) for f in found),
        wrong=sum(len(x.wrong) for x in listeners) + len(names),
        stuck=sum(not x.saw_last for x in listeners),
    )
    if not result.is_good:
        explain(folder, result, names, listeners, found)
    return result
