"""The scripts of presence, in a real server, against a model: whatever
instances do, die of or come back from, rooms are occupied and vacated in turn,
and the counts are right."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from rig.seated import occupied_by

pytestmark = pytest.mark.outside

SCRIPTS = Path(__file__).parents[2] / "src/backend/presence"
PREFIX = "roomcast:presence:"
LEASES = PREFIX + "leases"
STREAM = "events"
FOR_EVER = 10**9
ROOMS = [f"room/{i}" for i in range(6)] + ['"odd\\/', "zimmer-ü"]
USERS = ["ann", "bob", "cy"]


class Scripts:
    def __init__(self, server):
        self.redis = server.client()
        self.room = self.load("room")
        self.beat = self.load("beat")
        self.sweep = self.load("sweep")

    def load(self, name):
        parts = [(SCRIPTS / f"{part}.lua").read_text() for part in ("tell", name)]
        return self.redis.register_script("".join(parts))


class Instance:
    """As a gateway: what it knows, and what it does about it."""

    def __init__(self, scripts, name):
        self.scripts, self.name = scripts, name
        self.seats = Counter()
        self.is_alive = True
        assert self.beat()[0] == b"gone"

    def beat(self):
        return self.scripts.beat(keys=[LEASES], args=[self.name, FOR_EVER])

    def write(self, room, user):
        kind = "members" if user else "room"
        keys = [LEASES, PREFIX + "instance:" + self.name]
        keys += [f"{PREFIX}{kind}:{room}", STREAM]
        count = self.seats[room, user]
        return self.scripts.room(
            keys=keys, args=[self.name, room, user, count, 10**6, ""]
        )

    def change(self, room, user, step):
        for seat in {(room, ""), (room, user)}:
            self.seats[seat] += step
            if not self.write(*seat):
                self.come_back()

    def come_back(self):
        """Late or gone: all is written again."""
        if self.beat()[0] != b"held":
            for seat in list(self.seats):
                assert self.write(*seat) == 1

    def run_out(self):
        self.scripts.redis.zadd(LEASES, {self.name: 1}, xx=True)

    def sweep(self, name, mode="over", most=2):
        keys = [LEASES, PREFIX + "instance:" + name, STREAM]
        return self.scripts.sweep(
            keys=keys, args=[name, mode, PREFIX, most, 10**6, ""]
        )

    def leave(self):
        self.is_alive = False
        while self.sweep(self.name, "leaves"):
            pass


class World:
    def __init__(self, server, seed):
        self.random = random.Random(seed)
        self.scripts = Scripts(server)
        self.all = [Instance(self.scripts, f"i{n}") for n in range(4)]
        self.killed, self.left, self.stalled = set(), set(), set()

    def alive(self):
        return [i for i in self.all if i.is_alive]

    def start(self):
        self.all.append(Instance(self.scripts, f"i{len(self.all)}"))

    def end(self, kill):
        one = self.random.choice(self.alive())
        if kill:
            one.is_alive = False
            one.run_out()
            self.killed.add(one.name)
        else:
            one.leave()
            self.left.add(one.name)
        self.start()

    def move(self):
        one = self.random.choice(self.alive())
        held = [s for s in one.seats if s[0] and one.seats[s] > 0]
        if held and self.random.random() < 0.5:
            room, user = self.random.choice(held)
            if user or one.seats[room, ""] > sum(
                one.seats[room, u] for u in USERS
            ):
                one.change(room, user, -1)
        else:
            user = self.random.choice([*USERS, ""])
            one.change(self.random.choice(ROOMS), user, 1)

    def look(self):
        one = self.random.choice(self.alive())
        one.come_back()
        dead = one.beat()[1].decode()
        if dead:
            one.sweep(dead)

    def step(self):
        kind = self.random.random()
        if kind < 0.02:
            self.end(kill=True)
        elif kind < 0.03:
            self.end(kill=False)
        elif kind < 0.06:  # stopped for a while, and swept in part perhaps
            one = self.random.choice(self.alive())
            if self.all.index(one) % 2:
                one.run_out()
                self.stalled.add(one.name)
        elif kind < 0.3:
            self.look()
        else:
            self.move()

    def settle(self):
        for one in self.alive():
            one.come_back()
        one = self.alive()[0]
        while dead := one.beat()[1].decode():
            one.sweep(dead)

    def events(self):
        return [
            json.loads(fields[b"event"])
            for _, fields in self.scripts.redis.xrange(STREAM)
        ]

    def truth(self):
        return {
            (room, i.name, user): count
            for i in self.alive()
            for (room, user), count in i.seats.items()
            if count > 0
        }

    def written(self):
        redis, seats = self.scripts.redis, {}
        for room in ROOMS:
            for field, count in redis.hgetall(f"{PREFIX}room:{room}").items():
                seats[room, field.decode(), ""] = int(count)
            members = redis.hgetall(f"{PREFIX}members:{room}")
            for field, count in members.items():
                instance, user = field.decode().split("\0")
                seats[room, instance, user] = int(count)
        return seats


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_of_deaths_and_returns(redis_server, seed):
    world = World(redis_server, seed)
    for _ in range(1500):
        world.step()
    world.settle()
    events = world.events()
    truth = world.truth()
    assert world.written() == truth
    assert occupied_by(events) == {room for room, _, user in truth if not user}
    gone = Counter(e["instance"] for e in events if e["event"] == "instance_gone")
    assert world.killed - world.stalled and world.left - world.stalled
    for name in world.killed - world.stalled:
        assert gone[name] == 1
    for name in world.left - world.stalled:
        assert gone[name] == 0
    redis = world.scripts.redis
    names = {key.decode() for key in redis.keys(PREFIX + "instance:*")}
    assert names <= {PREFIX + "instance:" + i.name for i in world.alive()}
    assert {n.decode() for n in redis.zrange(LEASES, 0, -1)} == {
        i.name for i in world.alive()
    }
