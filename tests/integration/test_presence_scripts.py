"""The scripts of presence, in a real server, against a model: whatever
instances do, die of or come back from, rooms are occupied and vacated in turn,
and the counts are right."""

import json
import random
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

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
        self.is_behind = False  # something was refused, and is to be repeated
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
        # In order, not a set: what a seed does is the same in every run.
        seats = dict.fromkeys([(room, ""), (room, user)])
        for seat in seats:
            self.seats[seat] += step
        with self.repeated():
            for seat in seats:
                if not self.write(*seat):
                    self.come_back()

    @contextmanager
    def repeated(self):
        try:
            yield
        except ResponseError as error:
            assert f"XADD {STREAM}: " in str(error)
            self.is_behind = True

    def come_back(self):
        """Late or gone, or refused before: all is written again."""
        if self.beat()[0] == b"held" and not self.is_behind:
            return
        self.is_behind = True
        for seat in list(self.seats):
            assert self.write(*seat) == 1
        self.is_behind = False

    def run_out(self):
        self.scripts.redis.zadd(LEASES, {self.name: 1}, xx=True)

    def sweep(self, name, mode="over", most=2):
        keys = [LEASES, PREFIX + "instance:" + name, STREAM]
        told = [10**6, ""]
        return self.scripts.sweep(
            keys=keys, args=[name, mode, PREFIX, most, *told, *told]
        )

    def leave(self):
        self.is_alive = False
        while self.sweep(self.name, "leaves") == 1:
            pass


class World:
    def __init__(self, server, seed):
        self.random = random.Random(seed)
        self.scripts = Scripts(server)
        self.all = [Instance(self.scripts, f"i{n}") for n in range(4)]
        self.killed, self.left, self.stalled = set(), set(), set()
        self.swept = Counter()

    def alive(self):
        return [i for i in self.all if i.is_alive]

    def start(self):
        self.all.append(Instance(self.scripts, f"i{len(self.all)}"))

    def end(self, kill):
        one = self.random.choice(self.alive())
        kill = kill or self.is_refused()
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
        with one.repeated():
            one.come_back()
            self.sweep(one)

    def sweep(self, one):
        dead = one.beat()[1].decode()
        if dead:
            self.swept[dead] += one.sweep(dead) == 2
        return dead

    def is_refused(self):
        return self.scripts.redis.type(STREAM) == b"string"

    def refuse(self):
        """No event can be told: what would have told one is undone."""
        redis = self.scripts.redis
        if self.is_refused():
            redis.delete(STREAM)
            redis.rename("aside", STREAM)
        elif redis.exists(STREAM):
            redis.rename(STREAM, "aside")
            redis.set(STREAM, "somebody else's")

    def step(self):
        kind = self.random.random()
        if self.random.random() < 0.05:
            self.refuse()
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
        if self.is_refused():
            self.refuse()
        for one in self.alive():
            one.come_back()
        while self.sweep(self.alive()[0]):
            pass

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
    for _ in range(1000):
        world.step()
    world.settle()
    events = world.events()
    truth = world.truth()
    assert world.written() == truth
    assert occupied_by(events) == {room for room, _, user in truth if not user}
    gone = Counter(e["instance"] for e in events if e["event"] == "instance_gone")
    assert gone == +world.swept
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


@pytest.fixture
def pair(redis_server):
    scripts = Scripts(redis_server)
    return Instance(scripts, "one"), Instance(scripts, "two")


def test_what_is_refused_is_as_if_never_tried(pair):
    """A server that may not append events: nothing is written that nobody
    would sweep, and what was not told is told by the next try."""
    one, two = pair
    redis = one.scripts.redis
    one.change("a", "", 1)
    two.change("b", "", 1)
    redis.execute_command("ACL", "SETUSER", "default", "-xadd")
    try:
        for room, count in ("new", 1), ("a", 0):
            one.seats[room, ""] = count
            with pytest.raises(ResponseError, match=f"XADD {STREAM}: "):
                one.write(room, "")
        two.run_out()
        for mode in "over", "leaves", "ends":
            with pytest.raises(ResponseError, match=f"XADD {STREAM}: "):
                one.sweep("two", mode)
        assert not redis.exists(PREFIX + "room:new")
        assert redis.hgetall(PREFIX + "room:a") == {b"one": b"1"}
        assert redis.hgetall(PREFIX + "room:b") == {b"two": b"1"}
        assert redis.smembers(PREFIX + "instance:two") == {b"b"}
    finally:
        redis.execute_command("ACL", "SETUSER", "default", "+xadd")
    one.is_behind = True
    one.come_back()
    assert one.sweep("two") == 2
    assert one.sweep("two") == 0
    told = [
        (e["event"], e.get("room")) for e in map(json.loads, events_of(redis))
    ]
    assert told == [
        *(("occupied", "a"), ("occupied", "b")),
        *(("vacated", "a"), ("occupied", "new")),
        *(("vacated", "b"), ("instance_gone", None)),
    ]


def events_of(redis):
    return [fields[b"event"] for _, fields in redis.xrange(STREAM)]


def test_a_key_of_somebody_else_costs_that_room_alone(pair):
    one, two = pair
    redis = one.scripts.redis
    for seat in ("a", ""), ("b", "ann"), ("c", ""):
        one.change(*seat, 1)
    for key in "room:a", "members:b":
        redis.set(PREFIX + key, "somebody else's")
    assert one.write("a", "") == 2
    assert one.write("b", "ann") == 2
    assert one.write("b", "") == 1
    one.run_out()
    while (rc := two.sweep("one")) == 1:
        pass
    assert rc == 2
    assert redis.keys(PREFIX + "room:*") == [PREFIX.encode() + b"room:a"]
    assert not redis.exists(PREFIX + "instance:one")
    # Nobody is at such a place: that is as it is to be.
    one.beat()
    one.seats["a", ""] = 0
    assert one.write("a", "") == 1
    # The same of the seats of one that is dead, which are lost.
    redis.set(PREFIX + "instance:one", "somebody else's")
    one.run_out()
    assert two.sweep("one") == 2


@pytest.mark.parametrize("mode, is_told", [("leaves", 0), ("ends", 1)])
def test_who_leaves_is_told_of_as_gone_where_it_owes_events(pair, mode, is_told):
    """Once, whoever sweeps it as well."""
    one, two = pair
    for room in "abc":
        one.change(room, "", 1)
    assert [one.sweep("one", mode) for _ in "123"] == [1, 2, 0]
    assert two.sweep("one") == 0
    events = list(map(json.loads, events_of(one.scripts.redis)))
    assert occupied_by(events) == set()
    gone = [e["instance"] for e in events if e["event"] == "instance_gone"]
    assert gone == ["one"] * is_told


def test_names_that_no_instance_has_are_nobody(pair):
    one, two = pair
    names = {"": 1, "x" * 65: 2, "a\0b": 3, "two": 4}
    one.scripts.redis.zadd(LEASES, names)
    assert one.beat() == [b"held", b"two"]
    assert one.sweep("two") == 2
    assert one.beat() == [b"held", b""]
    assert one.scripts.redis.zrange(LEASES, 0, -1) == [b"one"]
