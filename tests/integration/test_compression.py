"""permessage-deflate towards real clients: the content is always the same."""

import json
from urllib.parse import quote

import pytest
from websockets.extensions.permessage_deflate import (
    ClientPerMessageDeflateFactory,
)

from rig import payloads
from rig.deflate import (
    AFTER,
    BEFORE,
    KEPT,
    LARGER,
    SAVED,
    compression,
    noise,
    some_json,
)
from rig.node import node
from rig.people import command, id_of, people, send, user_path
from rig.tls import certificates, trusting

WORKERS = (1, 3)

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"]},
    {"path": "/rooms", "rooms": ["{query.rooms}"], "welcome": True},
    {
        "path": "/binary",
        "rooms": ["{query.rooms}"],
        "frames": "binary",
        "welcome": True,
    },
]
UPGRADED = "roomcast_upgraded_deflate_total"


def asking(bits=None):
    """Options of a client that asks for a window of so many bits."""
    return {
        "extensions": [
            ClientPerMessageDeflateFactory(
                server_max_window_bits=bits, client_max_window_bits=True
            )
        ]
    }


def window_of(client):
    """The window that a client has agreed on; None: it is a plain one."""
    for extension in client.ws.extensions:
        assert extension.remote_no_context_takeover
        assert extension.local_no_context_takeover
        return extension.remote_max_window_bits
    return None


def as_bytes(message):
    return message.encode() if isinstance(message, str) else message


@pytest.fixture
def daemon(gateway):
    return gateway(routes=ROUTES, delivery=compression())


def test_a_client_that_offers_gets_deflated_messages(daemon, connect):
    client = connect(daemon, compression="deflate")
    assert window_of(client) == 12
    text = some_json(1000)
    daemon.publisher().publish("roomcast:room:lobby", text)
    daemon.publisher().publish("roomcast:room:lobby", text)
    assert client.recv_many(2) == [text, text]
    metrics = daemon.metrics()
    assert metrics[UPGRADED] == 1
    assert metrics[KEPT] == 2
    assert metrics[BEFORE] == 2000
    assert 0 < metrics[AFTER] < 1000
    # A head of 4 bytes either way.
    assert metrics[SAVED] == metrics[BEFORE] - metrics[AFTER]


def test_off_is_off(gateway, connect):
    daemon = gateway()
    client = connect(daemon, compression="deflate")
    assert window_of(client) is None
    text = some_json(1000)
    daemon.publisher().publish("roomcast:room:lobby", text)
    assert client.recv() == text
    metrics = daemon.metrics()
    assert metrics[UPGRADED] == metrics[KEPT] == metrics[SAVED] == 0


def test_what_clients_send_is_ignored_deflated_or_not(daemon, connect):
    client = connect(daemon, compression="deflate")
    for size in 10, 1000, 3000:
        client.send("x" * size)
        client.send(noise(size))
    daemon.wait_metric("roomcast_inbound_frames_total", 6)
    client.ping()
    daemon.publisher().publish("roomcast:room:lobby", "still here")
    assert client.recv() == "still here"


def test_who_asks_for_a_smaller_window_gets_plain_messages(daemon, connect):
    narrow = connect(daemon, **asking(11))
    wide = connect(daemon, **asking(15))
    assert window_of(narrow) is None and window_of(wide) == 12
    text = some_json(3000)
    daemon.publisher().publish("roomcast:room:lobby", text)
    assert narrow.recv() == wide.recv() == text
    metrics = daemon.metrics()
    assert metrics[UPGRADED] == metrics[KEPT] == 1
    assert metrics[SAVED] == metrics[BEFORE] - metrics[AFTER]


def test_one_result_is_shared_by_all_who_agreed_on_it(daemon, connect):
    url = daemon.ws_url()
    many = connect.many([url] * 40, compression="deflate")
    text = some_json(2000)
    for _ in range(5):
        daemon.publisher().publish("roomcast:room:lobby", text)
    for client in many:
        assert client.recv_many(5) == [text] * 5
    metrics = daemon.metrics()
    assert metrics[KEPT] == 5
    assert metrics[SAVED] == 40 * (metrics[BEFORE] - metrics[AFTER])


def test_members_of_every_kind_in_one_room(daemon, connect):
    """Plain, deflated and declined, text and binary."""
    kinds = [{}, asking(9), asking(), asking(15)]
    text = connect.many([daemon.ws_url("/rooms?rooms=r")] * 3)
    binary = connect.many([daemon.ws_url("/binary?rooms=r")] * 3)
    for kind in kinds:
        url = daemon.ws_url("/rooms?rooms=r")
        text += connect.many([url] * 3, **kind)
        url = daemon.ws_url("/binary?rooms=r")
        binary += connect.many([url] * 3, **kind)
    assert {window_of(c) for c in text} == {None, 12}
    for client in text + binary:
        client.recv()  # its welcome
    messages = [
        some_json(255),
        some_json(256),
        some_json(5000, seed=1),
        some_json(100_000, seed=2),
        "short",
    ]
    publisher = daemon.publisher()
    for message in messages:
        publisher.publish("roomcast:room:r", message)
    publisher.publish("roomcast:room:r", b"\xff" + b"\x00" * 1000)
    for client in text:
        assert client.recv_many(5) == messages
        assert client.recv() == b"\xff" + b"\x00" * 1000
    for client in binary:
        assert client.recv_many(5) == [m.encode() for m in messages]
        assert client.recv() == b"\xff" + b"\x00" * 1000
    # Four of the six are large enough.
    daemon.wait_metric(KEPT, 4)


def test_the_corpus_of_good_payloads_arrives_as_published(gateway, connect):
    """Deflated and plain; text and binary."""
    corpus = payloads.good()
    rooms = quote(",".join({row.rooms[0] for row in corpus}), safe="")
    daemon = gateway(
        routes=[
            {"path": "/text", "rooms": ["{query.rooms}"]},
            {
                "path": "/binary",
                "rooms": ["{query.rooms}"],
                "frames": "binary",
            },
        ],
        limits={"rooms_per_connection": 10_000, "request_head": "64KiB"},
        delivery=compression(min_size=0),
    )
    clients = [
        (path, connect(daemon, f"{path}?rooms={rooms}", **options))
        for path in ("/text", "/binary")
        for options in ({}, asking())
    ]
    for row in corpus:
        daemon.publisher().publish("roomcast:send", row.payload)
        for path, client in clients:
            wanted = row.content
            if path == "/binary":
                wanted = as_bytes(wanted)
            assert client.recv() == wanted, row.name
    assert daemon.metric(KEPT) > 0 and daemon.metric(LARGER) > 0


# -- other ways to be reached


def test_users_connections_and_all_but_one(gateway, connect, people):
    daemon = gateway(delivery=compression(), **people)
    ann, bob, cat = (
        connect(daemon, user_path(name), **options)
        for name, options in (
            ("ann", asking()),
            ("bob", {}),
            ("cat", asking()),
        )
    )
    ids = [id_of(client) for client in (ann, bob, cat)]
    publisher = daemon.publisher()
    texts = [some_json(600, seed=n) for n in range(5)]
    send(publisher, texts[0], users=["ann", "bob"])
    send(publisher, texts[1], connections=[ids[0], ids[2]])
    send(publisher, texts[2], rooms=["lobby"], **{"except": [ids[0]]})
    send(publisher, texts[3], rooms=["lobby"], users=["cat"])
    publisher.publish("roomcast:broadcast", texts[4])
    assert ann.recv_many(4) == [texts[0], texts[1], texts[3], texts[4]]
    assert bob.recv_many(4) == [texts[0], texts[2], texts[3], texts[4]]
    assert cat.recv_many(4) == [texts[1], texts[2], texts[3], texts[4]]
    daemon.wait_metric(KEPT, 5)


def test_a_room_joined_by_command_is_deflated_at_once(daemon, connect):
    """What is published right behind the join, too."""
    client = connect(daemon, "/rooms?rooms=a", **asking())
    other = connect(daemon, "/rooms?rooms=b")
    mine, others = id_of(client), id_of(other)
    texts = [some_json(600, seed=n) for n in range(4)]
    pipe = daemon.publisher().pipeline(transaction=False)
    command(pipe, "join", connections=[mine], rooms=["b", "new"])
    send(pipe, texts[0], rooms=["new"])
    pipe.publish("roomcast:room:b", texts[1])
    command(pipe, "leave", connections=[mine], rooms=["a", "b"])
    send(pipe, texts[2], rooms=["b", "new"])
    command(pipe, "join", connections=[others], rooms=["new"])
    send(pipe, texts[3], rooms=["new"])
    pipe.execute()
    assert client.recv_many(4) == texts
    assert other.recv_many(3) == texts[1:]
    metrics = daemon.metrics()
    assert metrics[KEPT] == 4
    assert metrics[SAVED] == metrics[BEFORE] - metrics[AFTER]


def test_a_room_of_plain_members_costs_no_deflating(daemon, connect):
    """Nor does one that had others, once its last member has left."""
    text = some_json(1000)
    publisher = daemon.publisher()
    connect(daemon, "/ws/other", **asking())
    deflated = connect(daemon, **asking())
    publisher.publish("roomcast:room:lobby", text)
    assert deflated.recv() == text
    deflated.close()
    daemon.wait_metric("roomcast_rooms", 1)
    plain = connect(daemon)
    publisher.publish("roomcast:room:lobby", text)
    assert plain.recv() == text
    daemon.wait_metric(KEPT, 1)
    publisher.publish("roomcast:broadcast", text)
    assert plain.recv() == text
    daemon.wait_metric(KEPT, 2)


def test_rooms_of_redis(gateway, connect, redis_server):
    """What the first deflated member wants is known before it is answered."""
    daemon = gateway(redis_server, delivery=compression())
    daemon.wait_ready()
    publisher = redis_server.client()
    text = some_json(1000)
    clients = []
    for n, options in enumerate([{}, {}, asking(), {}, asking()]):
        clients.append(connect(daemon, **options))
        publisher.publish("roomcast:room:lobby", text)
        for client in clients:
            assert client.recv() == text
        daemon.wait_metric(KEPT, max(0, n - 1))


# -- other clients


def test_over_tls(gateway, connect, certificates):
    daemon = gateway(
        listen=[
            {"address": "127.0.0.1:0", "tls": certificates.first.section}
        ],
        delivery=compression(),
    )
    url = daemon.ws_url().replace("ws:", "wss:")
    context = trusting(certificates.first)
    client = connect(url, ssl=context, compression="deflate")
    plain = connect(url, ssl=context)
    texts = [some_json(size) for size in (300, 20_000, 400_000)]
    for text in texts:
        daemon.publisher().publish("roomcast:room:lobby", text)
    assert client.recv_many(3) == texts
    assert plain.recv_many(3) == texts
    daemon.wait_metric(KEPT, 3)


@pytest.mark.parametrize(
    "options, answered",
    [
        (True, True),
        (False, False),
        ({"serverMaxWindowBits": 9}, False),
        ({"serverMaxWindowBits": 12}, True),
        ({"serverMaxWindowBits": 15, "clientMaxWindowBits": 10}, True),
        (
            {
                "serverNoContextTakeover": True,
                "clientNoContextTakeover": True,
            },
            True,
        ),
    ],
)
def test_node_ws(daemon, node, options, answered):
    process = node.start("listen.js", daemon.ws_url(), json.dumps(options))
    try:
        said = json.loads(process.stdout.readline())
        assert said == ("permessage-deflate" if answered else "")
        daemon.wait_metric("roomcast_inbound_frames_total", 1)
        texts = ["short", some_json(1000), some_json(60_000, seed=1)]
        for text in texts:
            daemon.publisher().publish("roomcast:room:lobby", text)
        daemon.publisher().publish("roomcast:room:lobby", b"\xff" * 1000)
        got = [json.loads(process.stdout.readline()) for _ in range(4)]
        assert got == [*texts, ["ff" * 1000]]
        daemon.signal()
        assert json.loads(process.stdout.readline()) == {"code": 1012}
        assert daemon.wait_exit() == 0
    finally:
        process.kill()
        process.communicate()
