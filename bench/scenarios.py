"""What `make bench` measures, as data.

A scenario runs the load client with `load` (its long options) against each of
`servers` in turn, for several rounds. `show` says which figure is compared:
"paced" and "flat" compare CPU per delivery, "memory" the private memory of
the server process for each idle connection. The first server is the one that
the others are compared with.
"""

# Placeholder for "as many members as the limit of open files allows".
MANY = 10000

SCENARIOS = [
    {
        "name": "paced-1k",
        "title": "20 messages/s, {connections} members",
        "show": "paced",
        "servers": ["bare", "roomcast"],
        "load": {"connections": 1000, "rate": 20, "seconds": 4},
    },
    {
        "name": "paced-10k",
        "title": "20 messages/s, {connections} members",
        "show": "paced",
        "servers": ["bare", "roomcast"],
        "load": {"connections": MANY, "rate": 20, "seconds": 4},
    },
    {
        "name": "flat-1k",
        "title": "flat out, {connections} members",
        "show": "flat",
        "servers": ["bare", "bare-10", "roomcast"],
        "load": {"connections": 1000, "window": 64, "seconds": 3},
    },
    {
        "name": "flat-10k",
        "title": "flat out, {connections} members",
        "show": "flat",
        "servers": ["bare", "bare-10", "roomcast"],
        "load": {"connections": MANY, "window": 64, "seconds": 3},
    },
    {
        "name": "memory-10k",
        "title": "idle, {connections} connections in one room",
        "show": "memory",
        "servers": ["bare", "roomcast"],
        "load": {"connections": MANY},
    },
]
