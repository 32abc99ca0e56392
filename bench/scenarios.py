"""What `make bench` measures, as data.

A scenario runs the load client with `load` (its long options; True for those
that take no value) against each of `servers` in turn, for three rounds or as
many as `rounds` says. The first server is the one that the others are compared
with. `show` says what is compared and shown: see KINDS in report/summary.py.
`conf` is what the gateway is told beyond the defaults of rig/servers.py.
`program` names another client than the load client. `group` is what
`run.py --group` selects by.

What each figure should be stands in report/goals.py.
"""

# Placeholder for "as many members as the limit of open files allows".
MANY = 10000

# Messages ahead of the slowest receiver when flat out. What is pending may go
# in one write, so figures of different windows cannot be compared.
WINDOW = 64

# The same for messages to random rooms, where hardly any two have the same
# receiver: enough to keep both sides busy.
ROOMS_WINDOW = 1024

PACED = [  # name, connections, rate, seconds
    ("paced-1k", 1000, 20, 3),
    ("paced-1k-100", 1000, 100, 2),
    ("paced-10k", MANY, 20, 2),
]

ROOMS = [  # name, title, load
    ("rooms-paced", "5,000 messages/s", {"rate": 5000, "window": 60000,
                                         "seconds": 2}),
    ("rooms-flat", f"flat out, window {ROOMS_WINDOW}",
     {"window": ROOMS_WINDOW, "seconds": 2}),
]

LARGE = [  # name, title, connections, rate, size
    ("large-16k", "16 KiB, 20/s", 1000, 20, 16 << 10),
    ("large-1m", "1 MiB, 5/s", 50, 5, (1 << 20) - 1024),
]

TLS = [  # name, title, what is shown, rounds, load
    ("tls-paced", "{rate} messages/s", "tls-paced", 5,
     {"connections": 1000, "rate": 20, "seconds": 3}),
    ("tls-flat", f"flat out, window {WINDOW}", "tls", 3,
     {"connections": 1000, "window": WINDOW, "seconds": 2}),
    ("tls-64k", "64 KiB, {rate} messages/s", "tls", 5,
     {"connections": 200, "rate": 10, "size": 64 << 10, "seconds": 2}),
]

NOBODY = [  # name, title, message, size
    ("nobody-100", "100 bytes", "string", 100),
    ("nobody-1k", "1 KiB", "string", 1024),
    ("nobody-4k", "4 KiB", "string", 4096),
    ("nobody-4k-object", "4 KiB (an object)", "object", 4096),
]

KEEPING = [("keeping-1", 1, ROOMS_WINDOW), ("keeping-1k", 1000, WINDOW)]

SCENARIOS = [
    *({
        "name": name,
        "group": "paced",
        "title": f"{rate} messages/s, {{connections}} members",
        "show": "paced",
        "servers": ["bare", "roomcast"],
        "rounds": 5,
        "load": {"connections": connections, "rate": rate,
                 "seconds": seconds},
    } for name, connections, rate, seconds in PACED),
    *({
        "name": name,
        "group": "flat",
        "title": f"flat out, window {WINDOW}, {{connections}} members, "
                 "50 more arrive",
        "show": "flat",
        "servers": ["bare", "bare-10", "roomcast"],
        "load": {"connections": connections, "window": WINDOW, "seconds": 2,
                 "arrivals": 50, "arrival-rate": 40},
    } for name, connections in (("flat-1k", 1000), ("flat-9k", 9000))),
    {
        "name": "busy-1k",
        "group": "flat",
        "title": "1,000 messages/s, {connections} members",
        "show": "busy",
        "servers": ["bare", "roomcast"],
        "load": {"connections": 1000, "rate": 1000, "window": 60000,
                 "messages": 2000},
    },
    *({
        "name": name,
        "group": "rooms",
        "title": f"{title}, {{connections}} rooms of one member",
        "show": "rooms",
        "servers": ["bare", "roomcast", "roomcast-redis"],
        "load": {"connections": MANY, "rooms": MANY, "random": True,
                 "form": "envelope", **load},
    } for name, title, load in ROOMS),
    *({
        "name": name,
        "group": "large",
        "title": f"{title}, {{connections}} members",
        "show": "large",
        "servers": ["bare", "roomcast"],
        "load": {"connections": connections, "rate": rate, "size": size,
                 "seconds": 2},
        "conf": {"limits": {"payload": "2MiB"},
                 # As docs/sizing.md says for messages of this size.
                 "delivery": {"queue": "16MiB", "socket_buffer": "256KiB"}},
    } for name, title, connections, rate, size in LARGE),
    {
        "name": "large-beside",
        "group": "large",
        "title": "200 messages/s to 20 members, while 1 MiB goes to "
                 "{connections} others 5 times a second",
        "show": "beside",
        "servers": ["bare", "roomcast"],
        "rounds": 5,
        "program": "bench/load/beside.py",
        "load": {"connections": 50, "rate": 5, "size": (1 << 20) - 1024,
                 "small-connections": 20, "small-rate": 200, "seconds": 3},
        "conf": {"limits": {"payload": "2MiB"},
                 "delivery": {"queue": "16MiB", "socket_buffer": "256KiB"}},
    },
    {
        "name": "deflate-1k",
        "group": "deflate",
        "title": "JSON of 1 KiB, 20 messages/s, {connections} members, "
                 "plain and deflated",
        "show": "deflate",
        "servers": ["roomcast", "deflate"],
        "load": {"connections": 1000, "rate": 20, "seconds": 3, "size": 1024,
                 "json": True},
    },
    *({
        "name": name,
        "group": "tls",
        "title": title.format(**load) + ", {connections} members, "
                 "plain and through TLS",
        "show": show,
        "servers": ["roomcast", "tls-ecdsa"],
        "rounds": rounds,
        "load": load,
    } for name, title, show, rounds, load in TLS),
    {
        "name": "events-1k",
        "group": "events",
        "title": "100 messages/s, {connections} members, in frames and as "
                 "events",
        "show": "events",
        "servers": ["roomcast", "events"],
        "rounds": 5,
        "load": {"connections": 1000, "rate": 100, "seconds": 2},
    },
    *({
        "name": name,
        "group": "history",
        "title": f"flat out, window {window}, {{connections}} members, "
                 "without a history and with one",
        "show": "keeping",
        "servers": ["roomcast", "keeping", "ids"],
        "rounds": 5,
        "load": {"connections": connections, "window": window, "seconds": 2},
    } for name, connections, window in KEEPING),
    *({
        "name": name,
        "group": "nobody",
        "title": f"payloads of {title} for nobody here, 64 a write, without "
                 "a history and with one",
        "show": "nobody",
        "servers": ["roomcast-redis", "keeping-redis"],
        "rounds": 5,
        "program": "bench/load/nobody.py",
        "load": {"connections": 100, "size": size, "message": message,
                 "payloads": 200000 if size < 4096 else 100000},
        "conf": {"routes": [{"path": "/ws/{room}", "rooms": ["{room}"],
                             "welcome": True}]},
    } for name, title, message, size in NOBODY),
    {
        "name": "memory-10k",
        "group": "memory",
        "title": "idle, {connections} connections in one room",
        "show": "memory",
        "servers": ["bare", "roomcast"],
        "rounds": 1,
        "load": {"connections": MANY},
    },
    {
        "name": "memory-rooms",
        "group": "memory",
        "title": "idle, {connections} connections, each in its own room",
        "show": "memory",
        "servers": ["bare", "roomcast"],
        "rounds": 1,
        "load": {"connections": MANY, "rooms": MANY},
    },
    {
        "name": "memory-tls",
        "group": "memory",
        "title": "idle, {connections} connections in one room",
        "show": "memory",
        "servers": ["roomcast", "tls-ecdsa"],
        "rounds": 1,
        "load": {"connections": 4000},
    },
    {
        "name": "burst",
        "group": "memory",
        "title": "60,000 messages of 4 KiB wait for {connections} members "
                 "that read nothing, then read all",
        "show": "burst",
        "servers": ["roomcast"],
        "rounds": 1,
        "load": {"connections": 5000, "rooms": 5000, "size": 4096,
                 "messages": 60000, "window": 65536, "stall": True,
                 "receive-buffer": 4096, "later": 30},
        "conf": {"delivery": {"socket_buffer": "4KiB"}},
    },
    {
        "name": "churn",
        "group": "memory",
        "title": "a room joined and left again, by control commands",
        "show": "churn",
        "servers": ["roomcast"],
        "program": "bench/load/churn.py",
        "load": {"connections": 100, "few": 1000, "many": 100000},
        "conf": {"routes": [{"path": "/ws/{room}", "rooms": ["{room}"],
                             "welcome": True}],
                 "limits": {"rooms_per_connection": 2000}},
    },
    {
        "name": "ping",
        "group": "idle",
        "title": "a ping and a pong a second, {connections} connections",
        "show": "ping",
        "servers": ["roomcast"],
        "load": {"connections": MANY, "settle": 2000, "idle": 3},
        "conf": {"keepalive": {"ping_interval": "1s"}},
    },
    {
        "name": "storm",
        "group": "handshake",
        "title": "10,000 handshakes, 64 at a time, while 50 messages/s go to "
                 "{connections} members",
        "show": "storm",
        "servers": ["bare", "roomcast"],
        "load": {"connections": 100, "rate": 50, "seconds": 1,
                 "arrivals": 10000},
    },
    {
        "name": "returning",
        "group": "history",
        "title": "{arrivals} clients come back at once, each has missed 20 of "
                 "30,000 messages, while 50 messages/s go to {connections} "
                 "members",
        "show": "returning",
        "servers": ["roomcast"],
        "program": "bench/load/returning.py",
        "load": {"connections": 100, "rate": 50, "arrivals": 9500,
                 "rooms": 1500, "missed": 20, "parallel": 1000},
        "conf": {"history": {"memory": "64MiB"},
                 "routes": [{"path": "/ws/{room}", "rooms": ["{room}"],
                             "resume": True}]},
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
        "name": "handshake-rooms",
        "group": "handshake",
        "title": "handshakes of {connections} clients, 64 at a time, each to a "
                 "room of its own that nobody was in before",
        "show": "handshake",
        "servers": ["bare", "roomcast", "roomcast-redis"],
        "rounds": 5,
        "load": {"connections": 2000, "rooms": 2000, "parallel": 64,
                 "repeat": 4, "new-rooms": True, "settle": 150},
    },
    {
        "name": "handshake-tls",
        "group": "handshake",
        "title": "TLS handshakes of {connections} clients, 64 at a time",
        "show": "handshake",
        "servers": ["roomcast", "tls-rsa", "tls-ecdsa", "tls-resumed",
                    "tls-elsewhere"],
        "load": {"connections": 500, "parallel": 64, "repeat": 4,
                 "settle": 150},
    },
]


def title_of(scenario, load):
    """The scenario's title with the numbers of clients in load."""
    return scenario["title"].format(**{
        key: f"{load[key]:,}" for key in ("connections", "arrivals")
        if key in load})
