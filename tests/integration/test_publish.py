"""Publishing: each form of a payload, and what becomes of bad ones."""

import base64
import json
import os
import socket
import subprocess
from urllib.parse import quote

import pytest
import redis

from rig import payloads
from rig.client import Client
from rig.gateway import BASE, Gateway, merged
from rig.waiting import eventually, seconds

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"]},
    {"path": "/rooms", "rooms": ["{query.rooms}"]},
]


def send(daemon, payload, channel="roomcast:send"):
    """To somebody who is here."""
    assert daemon.publisher().publish(channel, payload) == 1


def envelope(content, rooms=("lobby",)):
    """An envelope whose content part is given as it is to be written."""
    return '{"rooms":%s,%s}' % (json.dumps(list(rooms)), content)


@pytest.mark.parametrize(
    "message",
    [
        '{"type":"chat","text":"hi"}',
        "[1, 2 ,3]",
        '"a string"',
        "null",
        "true",
        "0",
        "-0",
        "1e400",
        "1E+2",
        "0.10",
        "12345678901234567890123",
        "9007199254740993",
        '{"b":1,"a":2}',
        '{"a":1,"a":2}',
        '{ "a" :\t1 ,\n"b":\r[ ] }',
        r'"\u0041\/\"\\\n"',
        r'"\ud83d\ude00"',
        r'"\ud800"',  # a lone surrogate, in text that is only passed on
        '"grün 😀"',
        "{}",
        "[]",
        "[" * 60 + "]" * 60,
        '"' + "x" * 100_000 + '"',
    ],
)
def test_a_message_arrives_in_its_very_bytes(gateway, connect, message):
    daemon = gateway()
    client = connect(daemon)
    send(daemon, envelope('"message":' + message))
    send(daemon, envelope(' "message" : \n' + message + " \t"))
    assert client.recv_many(2) == [message, message]


@pytest.mark.parametrize(
    "literal, text",
    [
        ('"plain"', "plain"),
        ('""', ""),
        (r'"a\nb\t\"c\" \\ \/"', 'a\nb\t"c" \\ /'),
        (r'"\u00e9\ud83d\ude00"', "é😀"),
        (r'"\u0000"', "\0"),
        ('"grün"', "grün"),
    ],
)
def test_text_arrives_decoded(gateway, connect, literal, text):
    daemon = gateway()
    client = connect(daemon)
    send(daemon, envelope('"text":' + literal))
    assert client.recv() == text


@pytest.mark.parametrize("data", [b"", b"\0", b"text", bytes(range(256))])
def test_binary_arrives_as_a_binary_frame(gateway, connect, data):
    daemon = gateway()
    client = connect(daemon)
    send(daemon, envelope('"binary":"%s"' % base64.b64encode(data).decode()))
    assert client.recv() == data


def test_the_order_of_keys_and_escapes_in_them_do_not_matter(
    gateway, connect
):
    daemon = gateway()
    client = connect(daemon)
    send(daemon, r' { "message" : 1 , "r\u006foms" : [ "l\u006fbby" ] } ')
    assert client.recv() == "1"


@pytest.mark.parametrize(
    "content, expected",
    [
        (b'{"type":"chat"}', '{"type":"chat"}'),
        (b"", ""),
        (b"a\0b\0", "a\0b\0"),
        (b"\xff\0", b"\xff\0"),
    ],
)
def test_the_room_list_form(gateway, connect, content, expected):
    daemon = gateway()
    here, there = connect(daemon, "/ws/a"), connect(daemon, "/ws/b")
    send(daemon, b"a,b,nobody\0" + content)
    assert (here.recv(), there.recv()) == (expected, expected)


def test_a_channel_for_each_room(gateway, connect):
    daemon = gateway()
    here, there = connect(daemon, "/ws/a"), connect(daemon, "/ws/b:c")
    send(daemon, "for a", "roomcast:room:a")
    send(daemon, b'{"rooms":["b"],"message":1}', "roomcast:room:a")
    send(daemon, b"b\0x", "roomcast:room:b:c")
    assert here.recv_many(2) == ["for a", '{"rooms":["b"],"message":1}']
    assert there.recv() == "b\0x"


def test_broadcast_reaches_everybody(gateway, connect):
    daemon = gateway()
    clients = connect.many([daemon.ws_url(f"/ws/{i}") for i in range(20)])
    send(daemon, "to all", "roomcast:broadcast")
    send(daemon, b"\xff", "roomcast:broadcast")
    for client in clients:
        assert client.recv_many(2) == ["to all", b"\xff"]


def test_a_message_for_several_rooms_comes_once(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/rooms?rooms=a,b,c")
    send(daemon, envelope('"message":1', ["a", "b", "c", "a"]))
    send(daemon, b"c,b,a,c\x00two")
    send(daemon, envelope('"message":3', ["d", "b"]))
    send(daemon, "end", "roomcast:broadcast")
    assert client.recv_until("end") == ["1", "two", "3"]


def test_nobody_else_gets_it(gateway, connect):
    daemon = gateway()
    names = ["lobb", "lobby2", "LOBBY", "lobby ", "*", "lob*", "l\u00f6bby"]
    others = [connect(daemon, "/ws/" + quote(name)) for name in names]
    client = connect(daemon)
    for i in range(50):
        send(daemon, envelope(f'"message":{i}'))
    send(daemon, "end", "roomcast:broadcast")
    assert client.recv_until("end") == [str(i) for i in range(50)]
    for other in others:
        assert other.recv_until("end") == []


def test_order_holds_from_one_publisher_on_one_channel(gateway, connect):
    daemon = gateway(workers=3, routes=ROUTES)
    clients = connect.many(
        [daemon.ws_url("/ws/a"), daemon.ws_url("/rooms?rooms=a,b")] * 10
    )
    count = 2000
    pipe = daemon.publisher().pipeline(transaction=False)
    for i in range(count):
        rooms = ["a", "b"] if i % 3 else ["a"]
        pipe.publish("roomcast:send", envelope(f'"message":{i}', rooms))
    pipe.execute()
    for client in clients:
        assert client.recv_many(count) == [str(i) for i in range(count)]


def test_a_room_that_nobody_is_in_costs_nothing(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    publish = daemon.publisher().publish
    assert publish("roomcast:send", envelope('"message":1', ["nobody"])) == 0
    send(daemon, envelope('"message":2'))
    assert client.recv() == "2"
    daemon.wait_metric("roomcast_payloads_unrouted_total", 1)
    daemon.wait_metric("roomcast_payloads_total", 2)


def test_other_channels_reach_nobody(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    publisher = daemon.publisher()
    for channel in "other", "roomcast:sen", "roomcast:send2", "roomcast:room:":
        assert publisher.publish(channel, envelope('"message":1')) == 0
    send(daemon, envelope('"message":2'))
    assert client.recv() == "2"


def test_channel_names_are_configurable(gateway, connect):
    daemon = gateway(
        channels={
            "send": "jararaca:websocket:send",
            "broadcast": "jararaca:websocket:broadcast",
            "room_prefix": "",
        },
        routes=[
            {"path": "/ws/{room}", "rooms": ["{room}"], "frames": "binary"}
        ],
    )
    client = connect(daemon)
    send(daemon, b"lobby\0" + b'{"a":1}', "jararaca:websocket:send")
    send(daemon, b"all", "jararaca:websocket:broadcast")
    assert client.recv_many(2) == [b'{"a":1}', b"all"]


@pytest.fixture(scope="module")
def corpus_gateway(tmp_path_factory):
    """One daemon that outlives all payloads of the corpora."""
    conf = merged(BASE, {"routes": ROUTES})
    daemon = Gateway(tmp_path_factory.mktemp("corpus"), conf).start()
    yield daemon
    daemon.finish()


@pytest.fixture(scope="module")
def corpus_client(corpus_gateway):
    client = Client.connect(corpus_gateway.ws_url())
    yield client
    client.close()


@pytest.mark.parametrize("bad", payloads.bad(), ids=lambda bad: bad.name)
def test_a_bad_payload_is_dropped_and_the_next_arrives(
    corpus_gateway, corpus_client, bad
):
    metric = f'roomcast_payloads_dropped_total{{reason="{bad.reason}"}}'
    before = corpus_gateway.metric(metric)
    with pytest.raises(redis.ResponseError, match="payload dropped: "):
        send(corpus_gateway, bad.payload)
    send(corpus_gateway, envelope(f'"text":"behind {bad.name}"'))
    assert corpus_client.recv() == "behind " + bad.name
    corpus_gateway.wait_metric(metric, before + 1)


@pytest.mark.parametrize("good", payloads.good(), ids=lambda good: good.name)
def test_a_good_payload_reaches_all_its_rooms(corpus_gateway, connect, good):
    paths = ["/rooms?rooms=" + quote(room) for room in good.rooms]
    clients = [connect(corpus_gateway, path) for path in sorted(set(paths))]
    send(corpus_gateway, good.payload)
    assert [client.recv() for client in clients] == [good.content] * len(
        clients
    )


def test_a_payload_over_the_limit_is_refused(gateway, connect):
    """The embedded port says so to the publisher, and stays usable."""
    daemon = gateway(limits={"payload": "4KiB"})
    client = connect(daemon)
    publisher = daemon.publisher()
    with pytest.raises(Exception, match="larger than limits.payload"):
        publisher.publish("roomcast:room:lobby", "x" * 4097)
    publisher.publish("roomcast:room:lobby", "x" * 4096)
    assert client.recv() == "x" * 4096


# -- the embedded port


def test_a_shell_can_publish(gateway, connect):
    """The command that `make run` prints."""
    daemon = gateway()
    client = connect(daemon)
    command = (
        "echo \"PUBLISH roomcast:room:lobby 'hello, world'\""
        f" > /dev/tcp/127.0.0.1/{daemon.publish_port}"
    )
    subprocess.run(["bash", "-c", command], check=True, timeout=seconds(10))
    assert client.recv() == "hello, world"


def test_redis_cli_can_publish(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    said = subprocess.run(
        ["redis-cli", "-p", str(daemon.publish_port)]
        + ["PUBLISH", "roomcast:room:lobby", "from redis-cli"],
        check=True,
        capture_output=True,
        timeout=seconds(10),
    )
    assert said.stdout.strip() == b"1"
    assert client.recv() == "from redis-cli"


def test_a_publisher_that_hangs_up_at_once_is_heard(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    for i in range(20):
        with socket.create_connection(
            ("127.0.0.1", daemon.publish_port)
        ) as s:
            s.sendall(b"PUBLISH roomcast:room:lobby %d\r\n" % i)
    assert sorted(map(int, client.recv_many(20))) == list(range(20))


def test_what_is_not_publishing_gets_an_error(gateway):
    publisher = gateway().publisher()
    assert publisher.ping()
    assert publisher.echo("x") == b"x"
    assert publisher.info()["redis_version"]
    with pytest.raises(Exception, match="unknown command"):
        publisher.get("key")
    assert publisher.ping()


def test_the_embedded_port_asks_for_its_password(gateway, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    daemon = gateway(embedded={"password_file": str(secret)})
    with pytest.raises(Exception, match="NOAUTH|[Aa]uthentication"):
        daemon.publisher().publish("roomcast:broadcast", "x")
    with pytest.raises(Exception, match="WRONGPASS|invalid|wrong user"):
        daemon.publisher(password="wrong").publish("roomcast:broadcast", "x")
    publisher = daemon.publisher(password="s3cret")
    assert publisher.publish("roomcast:broadcast", "x") == 1
    assert "s3cret" not in daemon.log()


def test_a_browser_cannot_be_tricked_into_publishing(gateway, connect):
    """A form that POSTs to the port: its lines must not become commands."""
    daemon = gateway()
    client = connect(daemon)
    with socket.create_connection(("127.0.0.1", daemon.publish_port)) as s:
        s.sendall(
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            b"PUBLISH roomcast:room:lobby evil\r\n"
        )
        s.settimeout(seconds(5))
        try:
            while s.recv(4096):
                pass
        except ConnectionResetError:
            pass
    daemon.publisher().publish("roomcast:room:lobby", "good")
    assert client.recv() == "good"


def test_publishers_are_counted(gateway):
    daemon = gateway()
    publishers = [daemon.publisher() for _ in range(3)]
    for publisher in publishers:
        publisher.ping()
    daemon.wait_metric("roomcast_publishers", 3)
    for publisher in publishers:
        publisher.connection_pool.disconnect()
    eventually(lambda: daemon.metric("roomcast_publishers") == 0)


@pytest.mark.parametrize("size", [1, 17, 1000])
def test_commands_in_pieces_of_any_size(gateway, connect, size):
    daemon = gateway()
    client = connect(daemon)
    content = os.urandom(500)
    data = b"".join(
        b"*%d\r\n" % len(words)
        + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
        for words in [
            [b"PUBLISH", b"roomcast:send", b"lobby\0" + content],
            [b"PUBLISH", b"roomcast:room:lobby", content],
        ]
    )
    with socket.create_connection(("127.0.0.1", daemon.publish_port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            s.sendall(data[at : at + size])
        got = client.recv_many(2)
    assert [g if isinstance(g, bytes) else g.encode() for g in got] == [
        content,
        content,
    ]
