"""What `make bench` measures, as data.

A scenario runs the load client with `load` (its long options) against each of
`servers` in turn, for several rounds, or for `rounds` where one is enough.
`show` says which figure is compared: "paced" and "flat" compare CPU per
delivery, "handshake" CPU per handshake, "memory" the private memory of the
server process for each idle connection. The first server is the one that the
others are compared with. `group` is what `run.py --group` selects by.
"""

# Placeholder for "as many members as the limit of open files allows".
MANY = 10000

# Messages ahead of the slowest receiver when flat out. What is pending may go
# in one write, so figures of different windows cannot be compared.
WINDOW = 64

SCENARIOS = [
    {
        "name": "paced-1k",
        "group": "fanout",
        "title": "20 messages/s, {connections} members",
        "show": "paced",
        "servers": ["bare", "roomcast"],
        "load": {"connections": 1000, "rate": 20, "seconds": 4},
    },
    {
        "name": "paced-10k",
        "group": "fanout",
        "title": "10 messages/s, {connections} members",
        "show": "paced",
        "servers": ["bare", "roomcast"],
        "load": {"connections": MANY, "rate": 10, "seconds": 4},
    },
    {
        "name": "flat-1k",
        "group": "fanout",
        "title": f"flat out, window {WINDOW}, {{connections}} members",
        "show": "flat",
        "servers": ["bare", "bare-10", "roomcast"],
        "load": {"connections": 1000, "window": WINDOW, "seconds": 3},
    },
    {
        "name": "flat-10k",
        "group": "fanout",
        "title": f"flat out, window {WINDOW}, {{connections}} members",
        "show": "flat",
        "servers": ["bare", "bare-10", "roomcast"],
        "load": {"connections": MANY, "window": WINDOW, "seconds": 3},
    },
    {
        "name": "memory-10k",
        "group": "fanout",
        "title": "idle, {connections} connections in one room",
        "show": "memory",
        "servers": ["bare", "roomcast"],
        "rounds": 1,
        "load": {"connections": MANY},
    },
    {
        "name": "handshake",
        "group": "handshake",
        "title": "handshakes of {connections} clients, 64 at a time",
        "show": "handshake",
        "servers": ["bare", "roomcast", "hs256", "rs256", "es256", "http"],
        "load": {"connections": 2000, "parallel": 64, "repeat": 4,
                 "settle": 150},
    },
    {
        "name": "handshake-tls",
        "group": "handshake",
        "title": "TLS handshakes of {connections} clients, 64 at a time",
        "show": "handshake",
        "servers": ["roomcast", "tls-rsa", "tls-ecdsa", "tls-resumed"],
        "load": {"connections": 500, "parallel": 64, "repeat": 4,
                 "settle": 150},
    },
    {
        "name": "memory-tls",
        "group": "handshake",
        "title": "idle, {connections} connections in one room",
        "show": "memory",
        "servers": ["roomcast", "tls-ecdsa"],
        "rounds": 1,
        "load": {"connections": 4000},
    },
]
