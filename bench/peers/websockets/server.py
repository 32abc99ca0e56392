"""Python's websockets with its broadcast(), on uvloop: the room is the last
segment of the path; messages come over Redis. No compression, no pings."""

import asyncio
import collections
import logging
import sys

import redis.asyncio
import uvloop
from websockets.asyncio.server import broadcast, serve

PREFIX = "roomcast:room:"
rooms = collections.defaultdict(set)


async def listen(socket):
    members = rooms[socket.request.path.rsplit("/", 1)[1]]
    members.add(socket)
    try:
        await socket.wait_closed()
    finally:
        members.discard(socket)


async def relay(port):
    async with redis.asyncio.Redis(port=port).pubsub() as subscription:
        await subscription.psubscribe(PREFIX + "*")
        async for message in subscription.listen():
            if message["type"] == "pmessage":
                room = message["channel"].decode().removeprefix(PREFIX)
                broadcast(rooms[room], message["data"].decode())


async def main(port, redis_port):
    async with serve(listen, "127.0.0.1", port, compression=None,
                     ping_interval=None, backlog=4096):
        await relay(redis_port)


logging.disable()
uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
