"""One mode from its start to the verdict."""

import asyncio
import itertools
import random
import time

from company import Company
from horizon import Horizon
from judge import judge, misnamed
from ledger import Ledger
from listener import Listener
from publisher import Publisher
from verdicts import Verdict, explain
from rights import Rights
from steerer import Steerer
from world import World

PUBLISHERS = 3
# When all is quiet, and everything runs again, clients must catch up.
SETTLE_S = 60


async def run(mode, chosen, folder):
    dice = random.Random(f"{chosen.seed} {mode.name}")
    world = World(mode, folder, dice)
    try:
        await world.start()
        return await listen(world, chosen, folder)
    finally:
        await asyncio.to_thread(world.finish)


async def listen(world, chosen, folder):
    ledger = Ledger(world.dice)
    company = Company(world.dice, chosen.clients)
    listeners = [
        Listener(i, world, ledger, company) for i in range(chosen.clients)
    ]
    publishers = [
        Publisher(i, world, ledger, company) for i in range(PUBLISHERS)
    ]
    steerer = Steerer(world, ledger, company)
    hops = [asyncio.create_task(x.hop()) for x in listeners]
    await trouble(world, publishers, steerer, chosen)
    await settle(publishers, listeners)
    for task in hops:
        task.cancel()
    await asyncio.gather(*hops, return_exceptions=True)
    for sender in (*publishers, steerer):
        sender.close()
    await asyncio.to_thread(world.count)
    return verdict(world, ledger, listeners, folder)


async def trouble(world, publishers, steerer, chosen):
    """Until the time is over; then all processes are there again."""
    until = time.monotonic() + chosen.minutes * 60
    rate = chosen.rate / len(publishers)
    killing = asyncio.create_task(world.kill_every(chosen.every, until))
    await asyncio.gather(
        steerer.steer(until), *(p.publish(rate, until) for p in publishers)
    )
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
    pages = list(itertools.chain(*(x.pages for x in listeners)))
    horizon = Horizon(pages, world.breaks, world.mode.gateways)
    rights = Rights(ledger, horizon)
    found = [judge(page, rights, messages, world.mode) for page in pages]
    texts = list(misnamed(page.items for page in pages))
    texts += itertools.chain(*(x.refused for x in listeners))
    stuck = [
        f"client {x.number} is stuck" for x in listeners if not x.saw_last
    ]
    result = Verdict(
        mode=world.mode.name,
        kills=world.kills,
        hops=sum(x.hops for x in listeners),
        slow=sum(x.ends[1013] for x in listeners) + world.fell_behind,
        sent=len(messages),
        acked=ledger.acked,
        commands=len(ledger.moves) + len(ledger.forgets),
        owed=sum(f.owed for f in found),
        received=sum(f.received for f in found),
        gaps=sum(f.gaps for f in found),
        moved=sum(f.moved for f in found),
        told=sum(f.told for f in found),
        lost=sum(len(f.lost) for f in found),
        doubled=sum(len(f.doubled) for f in found),
        disorder=sum(len(f.disorder) for f in found),
        wrong=sum(len(f.wrong) for f in found) + len(texts),
        stuck=len(stuck),
    )
    if not result.is_good:
        explain(folder, texts + stuck, pages, found)
    return result
