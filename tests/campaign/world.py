"""The processes: gateways, Redis, and the hand that kills them."""

import asyncio
import time

from listener import LAST_MAX
from rig.gateway import BASE, Gateway, merged
from rig.people import auth, token
from rig.ports import free_port
from rig.redisserver import RedisServer

PLAIN = {
    "path": "/plain",
    "rooms": ["{query.rooms}"],
    "auth": "people",
    "welcome": True,
    "transports": ["websocket", "sse"],
}
ROUTES = [
    {**PLAIN, "path": "/rooms", "resume": True, "history": LAST_MAX},
    PLAIN,
]
# Small enough that a client which dozes is a slow one.
DELIVERY = {"queue": "16KiB", "socket_buffer": "4KiB"}


class World:
    def __init__(self, mode, folder, dice):
        self.mode = mode
        self.folder = folder
        self.dice = dice
        self.kills = 0
        self.fell_behind = 0  # clients that were to catch up
        self.breaks = []  # (when, index of a gateway or None): a kill, a start
        self._tokens = {}
        self.redis = None
        if mode.redis is not None:
            self.redis = RedisServer(self._folder("redis"), *mode.redis)
        self.embedded_port = free_port()
        self.auth = auth(folder)["auth"]
        self.ports = [free_port() for _ in range(mode.gateways)]
        self.gateways = [
            Gateway(self._folder(f"gateway-{i}"), self._conf(i))
            for i in range(mode.gateways)
        ]

    def _folder(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def policy_of(self, gateway):
        return self.mode.slow[gateway % len(self.mode.slow)]

    def choose_gateway(self, has_ids):
        """Without ids only such as drop nothing without a word."""
        return self.dice.choice(
            [
                i
                for i in range(self.mode.gateways)
                if has_ids or not self.policy_of(i).startswith("drop_")
            ]
        )

    def token_of(self, user):
        if user not in self._tokens:
            self._tokens[user] = token(user)
        return self._tokens[user]

    def _conf(self, index):
        changes = {
            "listen": [{"address": f"127.0.0.1:{self.ports[index]}"}],
            "auth": self.auth,
            "routes": ROUTES,
            "history": self.mode.history,
            "embedded": {"listen": f"127.0.0.1:{self.embedded_port}"},
            "delivery": {**DELIVERY, "slow_consumer": self.policy_of(index)},
            "keepalive": None,
            "log": {"level": "info"},
        }
        if self.redis:
            changes |= {
                "backend": "redis",
                "embedded": None,
                "redis": {
                    "url": self.redis.url,
                    "on_gap": "notify",
                    "reconnect": {"min": "20ms", "max": "200ms"},
                },
            }
        return merged(BASE, changes)

    @property
    def publish_port(self):
        return self.redis.port if self.redis else self.embedded_port

    async def start(self):
        if self.redis:
            await asyncio.to_thread(self.redis.start)
        for gateway in self.gateways:
            await asyncio.to_thread(gateway.start)
            await asyncio.to_thread(gateway.wait_ready, 30)

    async def kill_every(self, seconds, until):
        """One after the other, with SIGKILL, and soon started again."""
        while self.mode.kills and time.monotonic() + seconds < until:
            await asyncio.sleep(seconds)
            victim = self._victim()
            await asyncio.to_thread(self._kill, victim)
            await asyncio.sleep(self.dice.uniform(0, 0.8))
            await asyncio.to_thread(self._start, victim)

    def _victim(self):
        if self.redis and self.dice.random() < 0.5:
            return self.redis
        return self.dice.choice(self.gateways)

    def _kill(self, victim):
        if victim is not self.redis:
            self._count(victim)
        self._note_break(victim)
        victim.kill()
        self.kills += 1
        if victim is not self.redis:
            self._keep_log(victim)

    def _start(self, victim):
        victim.start()
        self._note_break(victim)

    def _note_break(self, victim):
        """What a gateway kept may be lost."""
        if victim is not self.redis:
            self.breaks.append((time.monotonic(), self.gateways.index(victim)))
        elif self.mode.may_tell:
            self.breaks.append((time.monotonic(), None))

    def _count(self, gateway):
        self.fell_behind += int(gateway.metric("roomcast_fell_behind_total"))

    def count(self):
        """Once, when all is over and they still run."""
        for gateway in self.gateways:
            self._count(gateway)

    def _keep_log(self, gateway):
        with open(gateway.conf_path.with_suffix(".log"), "a") as file:
            print(gateway.log(), file=file)

    def finish(self):
        for gateway in self.gateways:
            gateway.finish()
            self._keep_log(gateway)
        if self.redis:
            self.redis.finish()
