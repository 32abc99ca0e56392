"""What `make bench-peers` measures, as data: each case runs the load client
with `load` (its long options) against every contender in turn, `rounds` times.
Those who are close to each other in `figure` then run more rounds, so that it
is known who is ahead. All members are in one room; a message has 128 bytes
where the case does not say otherwise. A case that publishes begins with
WARM_UP where the server has a virtual machine or collects garbage: none is
measured while it still compiles or its heap still grows.

Over TLS, and with large messages, only those are measured who speak TLS
themselves, beside the bare loop, which does not."""

WINDOW = 64  # messages ahead of the slowest receiver, as in scenarios.py
MANY = 9000  # members that fit into 10,000 open files beside all else
LARGE, LARGE_MEMBERS = 65536, 200

SETTLE_MS = 200  # between connecting and publishing

WARM_UP = {"connections": 50, "messages": 2000, "settle": 100}

DELIVERY = "cpu_us_per_delivery"


def _case(name, title, load, rounds=1, figure=None, **more):
    """figure: None when more rounds would tell nothing new."""
    return {"name": name, "title": title, "load": load, "rounds": rounds,
            "figure": figure, "publishes": True, "tls": False,
            "tls_speakers": False, **more}


def _paced(name, members, rate, seconds, **more):
    return _case(name, f"{rate} messages/s, {members:,} members",
                 {"connections": members, "rate": rate, "seconds": seconds,
                  "settle": SETTLE_MS}, **more)


def _flat(name, members, seconds, **more):
    # Some peers write nothing before they have handled the whole window.
    return _case(name, f"flat out, {members:,} members",
                 {"connections": members, "window": WINDOW,
                  "seconds": seconds, "settle": SETTLE_MS,
                  "patience": 20000}, **more)


def _large(name, **more):
    return _case(name, f"64 KiB, 10 messages/s, {LARGE_MEMBERS} members",
                 {"connections": LARGE_MEMBERS, "rate": 10, "seconds": 2,
                  "settle": SETTLE_MS, "size": LARGE}, rounds=2,
                 figure=DELIVERY,
                 tls_speakers=True, **more)


def over_tls(case):
    return {**case, "title": case["title"] + ", over TLS", "tls": True,
            "tls_speakers": True}


CASES = [
    _paced("paced-1", 1, 100, 1),
    _paced("paced-10", 10, 100, 1),
    _paced("paced-100", 100, 100, 1),
    _paced("paced-1k", 1000, 20, 2, rounds=3, figure=DELIVERY),
    _paced("paced-many", MANY, 2, 3, figure=DELIVERY),
    _flat("flat-1k", 1000, 2, rounds=3, figure=DELIVERY),
    _flat("flat-many", MANY, 1, figure=DELIVERY),
    _large("large"),
    over_tls(_paced("tls-paced", 1000, 20, 2, rounds=2, figure=DELIVERY)),
    over_tls(_flat("tls-flat", 1000, 1, rounds=2, figure=DELIVERY)),
    over_tls(_large("tls-large")),
    _case("memory", f"idle, {MANY:,} connections", {"connections": MANY},
          publishes=False),
    _case("handshake", "handshakes of 2,000 clients, 64 at a time",
          {"connections": 2000, "parallel": 64, "repeat": 3, "settle": 150},
          publishes=False),
]
