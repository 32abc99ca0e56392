"""MULTI, EXEC and DISCARD on the embedded port: as a Redis has them."""

import socket

import pytest
import redis

from rig.waiting import eventually, seconds

PUBLISH = "PUBLISH roomcast:room:lobby "

# Conversations that a Redis and the embedded port answer alike, byte by byte
# but for the words of an error behind its code.
SEQUENCES = {
    "whole": ["MULTI", PUBLISH + "a", PUBLISH + "b", "EXEC", "PING"],
    "empty": ["MULTI", "EXEC", "PING"],
    "nothing": ["EXEC", "DISCARD", "PING"],
    "twice": ["MULTI", PUBLISH + "a", "EXEC", "EXEC"],
    "nested": ["MULTI", PUBLISH + "a", "MULTI", PUBLISH + "b", "EXEC"],
    "discarded": ["MULTI", PUBLISH + "a", "DISCARD", "EXEC", "DISCARD"],
    "void-discarded": ["MULTI", "NONSENSE", "DISCARD", "PING"],
    "unknown": ["MULTI", PUBLISH + "a", "NONSENSE", PUBLISH + "b", "EXEC"],
    "arity": ["MULTI", PUBLISH + "a", "PUBLISH x", "EXEC", "PING"],
    "subcommand": ["MULTI", "CLIENT NONSENSE", PUBLISH + "a", "EXEC"],
    "subcommand-arity": ["MULTI", "CLIENT SETNAME", "EXEC", "EXEC"],
    "multi-arity": ["MULTI x", "EXEC"],
    "watch": ["WATCH a b", "UNWATCH", "MULTI", "UNWATCH", "EXEC"],
    "watch-inside": ["MULTI", "WATCH a", PUBLISH + "a", "EXEC"],
    "watch-nothing": ["WATCH", "UNWATCH x"],
    "fails-inside": ["MULTI", "SELECT x", "CLIENT REPLY x", "PING", "EXEC"],
    "small-talk": ["MULTI", "PING hi", "ECHO hi", "SELECT 1", "EXEC"],
    "names": ["MULTI", "CLIENT SETNAME me", "CLIENT GETNAME", "EXEC"],
    "reset": ["MULTI", PUBLISH + "a", "RESET", "EXEC", "PING"],
    "skip": ["MULTI", "CLIENT REPLY SKIP", "PING", "EXEC", "PING", "PING"],
    "off": ["MULTI", "CLIENT REPLY OFF", "PING", "EXEC", "CLIENT REPLY ON"],
    "skipped": ["MULTI", "PING", "CLIENT REPLY SKIP", "EXEC", "PING"],
    "quit": ["MULTI", PUBLISH + "a", "QUIT", "EXEC"],
    "auth": ["AUTH x", "AUTH default x", "AUTH root x", "AUTH", "PING"],
    "auth-inside": ["MULTI", "AUTH x", "AUTH default x", "EXEC"],
    "tracking": ["CLIENT TRACKING ON", "CLIENT TRACKING OFF"],
    "tracking-wrong": ["CLIENT TRACKING x", "CLIENT TRACKING", "PING"],
    "no-evict": ["CLIENT NO-EVICT ON", "CLIENT NO-EVICT x"],
    "lower-case": ["multi", PUBLISH + "a", "discard", "Multi", "Exec"],
}


def talk(port, lines):
    """All that comes back until the server hangs up, too."""
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.settimeout(seconds(5))
        s.sendall("".join(line + "\r\n" for line in lines).encode())
        s.shutdown(socket.SHUT_WR)
        got = b""
        while more := s.recv(65536):
            got += more
    return got


def codes_only(replies):
    """Errors without the words behind their code."""
    return [
        line.split(b" ")[0] if line.startswith(b"-") else line
        for line in replies.split(b"\r\n")
    ]


@pytest.mark.parametrize("name", SEQUENCES)
def test_answers_are_those_of_a_redis(gateway, redis_server, connect, name):
    """Somebody is in the room here, and subscribed to its channel there."""
    lines = SEQUENCES[name]
    daemon = gateway()
    connect(daemon)
    ours = talk(daemon.publish_port, lines)
    with redis_server.client().pubsub() as subscriber:
        subscriber.subscribe("roomcast:room:lobby")
        assert subscriber.get_message(timeout=seconds(5))
        theirs = talk(redis_server.port, lines)
    assert codes_only(ours) == codes_only(theirs)


def test_nothing_is_delivered_before_exec(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    with socket.create_connection(("127.0.0.1", daemon.publish_port)) as s:
        s.sendall(b"MULTI\r\nPUBLISH roomcast:room:lobby late\r\n")
        s.settimeout(seconds(5))
        assert s.recv(100, socket.MSG_WAITALL | socket.MSG_PEEK)
        eventually(
            lambda: s.recv(100, socket.MSG_PEEK) == b"+OK\r\n+QUEUED\r\n",
            5,
            "queued",
        )
        daemon.publisher().publish("roomcast:room:lobby", "early")
        assert client.recv() == "early"
        s.sendall(b"EXEC\r\n")
        assert client.recv() == "late"


def test_a_pipeline_of_redis_py_is_a_transaction(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    pipe = daemon.publisher().pipeline()
    for i in range(1000):
        pipe.publish("roomcast:room:lobby", str(i))
    assert pipe.execute() == [1] * 1000
    assert client.recv_many(1000) == [str(i) for i in range(1000)]


def test_a_mistake_in_a_pipeline_leaves_nothing_behind(gateway, connect):
    """So that a retry does not send the good part again."""
    daemon = gateway()
    client = connect(daemon)
    publisher = daemon.publisher()
    for _ in range(3):
        pipe = publisher.pipeline()
        pipe.publish("roomcast:room:lobby", "never")
        pipe.set("key", "value")
        with pytest.raises(redis.ResponseError, match="unknown command"):
            pipe.execute()
    publisher.publish("roomcast:room:lobby", "end")
    assert client.recv_until("end") == []


def test_who_hangs_up_before_exec_has_sent_nothing(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    assert talk(daemon.publish_port, ["MULTI", PUBLISH + "never"]) == (
        b"+OK\r\n+QUEUED\r\n"
    )
    assert talk(daemon.publish_port, ["MULTI", PUBLISH + "x", "EXEC"])
    assert client.recv() == "x"


def test_a_long_transaction_comes_whole_and_in_order(gateway, connect):
    """It is carried out in turns, the publisher's next command behind it."""
    daemon = gateway()
    client = connect(daemon)
    lines = ["MULTI", *(f"{PUBLISH}{i}" for i in range(16000)), "EXEC", "PING"]
    assert talk(daemon.publish_port, lines).endswith(
        b"*16000\r\n" + b":1\r\n" * 16000 + b"+PONG\r\n"
    )
    assert client.recv_many(16000) == [str(i) for i in range(16000)]


def test_a_transaction_too_large_is_refused_as_a_whole(gateway, connect):
    daemon = gateway(limits={"payload": "1MiB"})
    client = connect(daemon)
    pipe = daemon.publisher().pipeline()
    for _ in range(18):
        pipe.publish("roomcast:room:lobby", "x" * 1_000_000)
    with pytest.raises(redis.ResponseError, match="too large: at most 16384"):
        pipe.execute()
    pipe.publish("roomcast:room:lobby", "end")
    assert pipe.execute() == [1]
    assert client.recv_until("end") == []


def queue_much(port):
    """A socket with a transaction of some 15 MB, and the last reply to it."""
    line = b"PUBLISH roomcast:room:nobody " + b"x" * 900 + b"\r\n"
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(seconds(5))
    s.sendall(b"MULTI\r\n" + line * 16000 + b"PING\r\n")
    replies = s.makefile("rb")
    return s, [replies.readline() for _ in range(16002)][-1]


def test_all_transactions_together_have_a_bound(gateway):
    """Those that were there first are carried out none the less."""
    daemon = gateway(limits={"payload": "1KiB"})
    sockets, replies = zip(
        *(queue_much(daemon.publish_port) for _ in range(4))
    )
    assert replies == (b"+QUEUED\r\n",) * 4
    pipe = daemon.publisher().pipeline()
    for _ in range(16000):
        pipe.publish("roomcast:room:nobody", "x" * 900)
    with pytest.raises(redis.ResponseError, match="too much is queued"):
        pipe.execute()
    sockets[0].sendall(b"EXEC\r\n")
    assert sockets[0].recv(8, socket.MSG_WAITALL) == b"*16001\r\n"
    for s in sockets:
        s.close()
    eventually(lambda: pipe.ping().execute() == [True], 5, "room again")
