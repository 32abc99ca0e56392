"""What `make bench-peers` measures, as data: each case runs the load client
with `load` (its long options) against every contender in turn, `rounds` times
at most. Every message has 128 bytes; all members are in one room. A case that
publishes begins with WARM_UP, so that no virtual machine is measured while it
still compiles."""

WINDOW = 64  # messages ahead of the slowest receiver, as in scenarios.py
MANY = 9000  # members that fit into 10,000 open files beside all else

WARM_UP = {"connections": 50, "messages": 2000, "settle": 100}


def _paced(name, members, rate, seconds, rounds=1):
    return {"name": name, "publishes": True, "rounds": rounds,
            "title": f"{rate} messages/s, {members:,} members",
            "load": {"connections": members, "rate": rate,
                     "seconds": seconds}}


def _flat(name, members, seconds, rounds=1):
    # Some peers write nothing before they have handled the whole window.
    return {"name": name, "publishes": True, "rounds": rounds,
            "title": f"flat out, {members:,} members",
            "load": {"connections": members, "window": WINDOW,
                     "seconds": seconds, "patience": 20000}}


CASES = [
    _paced("paced-1", 1, 100, 2),
    _paced("paced-10", 10, 100, 2),
    _paced("paced-100", 100, 100, 2),
    _paced("paced-1k", 1000, 20, 4, rounds=3),
    _paced("paced-many", MANY, 2, 4),
    _flat("flat-1k", 1000, 2, rounds=3),
    _flat("flat-many", MANY, 3),
    {
        "name": "memory", "publishes": False, "rounds": 1,
        "title": f"idle, {MANY:,} connections",
        "load": {"connections": MANY},
    },
    {
        "name": "handshake", "publishes": False, "rounds": 1,
        "title": "handshakes of 2,000 clients, 64 at a time",
        "load": {"connections": 2000, "parallel": 64, "repeat": 3,
                 "settle": 150},
    },
]
