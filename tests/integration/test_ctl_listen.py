"""roomcastctl listen: a client as pages are, on WebSockets plain and secret."""

import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import time

import pytest

from rig.bare import GUID
from rig.ctl import CTL, Running, ctl, good
from rig.people import auth, token
from rig.tls import Authority, make_pair
from rig.waiting import eventually, seconds

WORKERS = (1, 2)
RESUME = [{"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}]


def wait_members(daemon, count):
    eventually(
        lambda: daemon.metrics().sum("roomcast_connections") == count,
        20,
        f"{count} connections",
    )


@pytest.fixture
def listen():
    running = []

    def start(daemon, *words, path="/ws/lobby", members=1):
        one = Running("listen", daemon.ws_url(path), *words)
        running.append(one)
        if members:
            wait_members(daemon, members)
        return one

    yield start
    for one in running:
        one.__exit__()


def test_a_line_for_each(gateway, listen):
    daemon = gateway()
    one = listen(daemon, "--count", 3)
    p = daemon.publisher()
    p.publish("roomcast:room:lobby", "hello\n\x1b[2J")
    p.publish("roomcast:room:lobby", "grüße")
    p.publish("roomcast:room:lobby", "x" * 5000)
    time, kind, size, text = re.split(r" {2,}", one.line().rstrip("\n"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    assert (kind, size, text) == ("text", "10 B", "hello\\x0a\\x1b[2J")
    assert one.line().endswith("  text  7 B  grüße\n")
    assert one.line().endswith("  4.9 KiB  " + "x" * 5000 + "\n")
    assert one.wait_exit() == 0
    assert one.said == ""


def test_for_programs(gateway, listen):
    daemon = gateway()
    one = listen(daemon, "--json", "--count=2")
    p = daemon.publisher()
    p.publish("roomcast:room:lobby", 'a "b"\n')
    p.publish("roomcast:send", json.dumps({"rooms": ["lobby"],
              "binary": base64.b64encode(b"\0\xff").decode()}))
    first, second = one.json(), one.json()
    assert set(first) == {"time", "type", "size", "text"}
    assert (first["type"], first["size"], first["text"]) == (
        "text", 6, 'a "b"\n',
    )
    assert (second["type"], second["size"]) == ("binary", 2)
    assert base64.b64decode(second["binary"]) == b"\0\xff"
    assert one.wait_exit() == 0


def test_many_at_once_end_with_the_last_that_was_asked_for(gateway, listen):
    daemon = gateway()
    one = listen(daemon, "--json", "--count=500")
    pipe = daemon.publisher().pipeline()
    for i in range(1000):
        pipe.publish("roomcast:room:lobby", str(i))
    pipe.execute()
    assert [one.json()["text"] for _ in range(500)] == [
        str(i) for i in range(500)
    ]
    assert one.wait_exit() == 0


def test_ids_and_notes(gateway, listen):
    daemon = gateway(routes=RESUME, history={"memory": "1MiB"})
    p = daemon.publisher()
    one = listen(daemon, "--json", "--since=", "--count=2")
    at = one.json()
    assert (at["note"], at["size"]) == ("at", 0)
    p.publish("roomcast:room:lobby", "one")
    p.publish("roomcast:room:lobby", "two")
    first, second = one.json(), one.json()
    assert (first["text"], first["note"]) == ("one", None)
    assert one.wait_exit() == 0
    out = good("listen", daemon.ws_url(), "--since", first["id"], "--count=1",
               "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert [(x["note"], x["text"]) for x in lines] == [
        ("at", ""), (None, "two"),
    ]
    out = good("listen", daemon.ws_url(), "--since", first["id"], "--count=1")
    note, message = out.splitlines()
    assert note.endswith(f"  text  0 B  {first['id']}  at")
    assert message.endswith(f"  text  3 B  {second['id']}  two")


@pytest.mark.parametrize("words, sizes", [([], [65]), (["--since="], [0, 65, 2])])
def test_a_welcome_counts_where_it_is_no_note(gateway, listen, words, sizes):
    daemon = gateway(routes=[{**RESUME[0], "welcome": True}], history={})
    one = listen(daemon, "--json", "--count=1", *words, members=0)
    if words:
        wait_members(daemon, 1)
        daemon.publisher().publish("roomcast:room:lobby", "hi")
    assert [one.json()["size"] for _ in sizes] == sizes
    assert one.wait_exit() == 0


def test_it_comes_back_from_where_it_was(gateway, listen, redis_server):
    """Killed, the gateway has lost its own memory: others have it."""
    daemons = [
        gateway(
            redis_server,
            routes=RESUME,
            history={"memory": "1MiB", "stream": "roomcast:stream"},
        )
    ]
    daemon = daemons[0]
    daemon.wait_ready()
    one = listen(daemon, "--json", "--since=", "--count=2")
    assert one.json()["note"] == "at"
    good("publish", "--room=lobby", "--text=one", daemon=daemon)
    assert one.json()["text"] == "one"
    host, port = daemon.address()
    conf = {**daemon.conf, "listen": [{"address": f"{host}:{port}"}]}
    daemon.kill()
    daemon.conf_path.write_text(json.dumps(conf))
    one.wait_said("listen: ")
    redis_server.client().xadd(
        "roomcast:stream", {"roomcast:room:lobby": "two"}
    )
    daemon.start()
    notes = []
    while (message := one.json())["note"]:
        notes.append(message["note"])
    assert message["text"] == "two"
    assert notes == ["at"]
    assert one.wait_exit() == 0
    assert "it is tried again" in one.said


def test_what_the_app_closes_stays_closed(gateway, listen):
    daemon = gateway()
    one = listen(daemon)
    good("kick", "--room", "lobby", "--code", 4001, daemon=daemon)
    assert one.wait_exit() == 1
    assert one.said == "roomcastctl: listen: closed with code 4001\n"


def test_one_that_ends_is_made_again(gateway, listen):
    daemon = gateway()
    one = listen(daemon, "--count", 1)
    good("kick", "--room", "lobby", "--code", 1000, daemon=daemon)
    one.wait_said("closed with code 1000; it is tried again")
    wait_members(daemon, 1)
    daemon.publisher().publish("roomcast:room:lobby", "back")
    assert one.line().endswith("  back\n")
    assert one.wait_exit() == 0


def test_one_that_ends_again_and_again_is_made_later_and_later():
    """Let in and closed at once: what comes then is no better."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = "ws://127.0.0.1:%d" % server.getsockname()[1]
        ends = []
        with Running("listen", url):
            for _ in range(3):
                peer, _ = server.accept()
                ends.append(time.monotonic())
                with peer:
                    answer_upgrade(peer)
                    peer.sendall(b"\x81\x02hi\x88\x02\x03\xe8")
        assert ends[2] - ends[1] >= 0.5


def answer_upgrade(peer):
    """As a server does that lets everybody in."""
    request = peer.recv(65536).decode()
    key = re.search(r"Sec-WebSocket-Key: (\S+)", request)[1]
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())
    peer.sendall(
        b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def test_unless_it_is_not_to(gateway, listen):
    daemon = gateway()
    one = listen(daemon, "--no-reconnect")
    good("kick", "--room", "lobby", "--code", 1000, daemon=daemon)
    assert one.wait_exit() == 1
    assert one.said == "roomcastctl: listen: closed with code 1000\n"


def test_refused(gateway):
    daemon = gateway()
    code, out, said = ctl("listen", daemon.ws_url("/nope"))
    assert (code, out) == (1, "")
    assert said.startswith("roomcastctl: listen: refused with 404: ")


def test_refused_by_a_close_frame(gateway, tmp_path):
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "refuse": "close"}
    daemon = gateway(
        auth=auth(tmp_path)["auth"], routes=[{**route, "auth": "people"}]
    )
    code, out, said = ctl("listen", daemon.ws_url())
    assert (code, out) == (1, "")
    assert said == "roomcastctl: listen: closed with code 4401: no token\n"


def test_put_off_by_a_close_frame(gateway, listen):
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "refuse": "close"}
    daemon = gateway(routes=[route], limits={"connections_per_address": 1})
    one = listen(daemon, "--count", 1)
    code, _, said = ctl("listen", daemon.ws_url(), "--no-reconnect")
    assert (code, said) == (
        1,
        "roomcastctl: listen: closed with code 4429: "
        "too many connections from this address\n",
    )
    good("kick", "--room", "lobby", "--code", 4503, daemon=daemon)
    one.wait_said("closed with code 4503; it is tried again")
    wait_members(daemon, 1)
    daemon.publisher().publish("roomcast:room:lobby", "back")
    assert one.line().endswith("  back\n")
    assert one.wait_exit() == 0


def test_headers_and_subprotocols(gateway, listen, tmp_path):
    people = auth(tmp_path)
    people["auth"]["people"]["token"] = [
        "header.authorization", "subprotocol"
    ]
    people["routes"][-1]["welcome"] = False
    daemon = gateway(**people)
    mine = token("ann")
    by_header = listen(
        daemon, "--header", f"Authorization: Bearer {mine}", "--count=1",
        path="/user?rooms=lobby",
    )
    by_protocol = listen(
        daemon, "--subprotocol", f"roomcast.jwt,{mine}", "--count=1",
        path="/user?rooms=lobby", members=2,
    )
    daemon.publisher().publish("roomcast:room:lobby", "hi")
    for one in by_header, by_protocol:
        assert one.line().endswith("  hi\n")
        assert one.wait_exit() == 0


def test_through_tls(gateway, listen, tmp_path):
    pair = make_pair(tmp_path, "gateway")
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "tls": pair.section}]
    )
    _, port = daemon.address()
    url = f"wss://localhost:{port}/ws/lobby"
    code, _, said = ctl("listen", url)
    assert code == 3
    assert "listen: TLS: self-signed certificate" in said
    code, _, said = ctl("listen", url, "--ca", tmp_path / "nope.pem")
    assert code == 3
    assert "nope.pem" in said
    code, _, said = ctl(
        "listen", url.replace("localhost", "127.0.0.2"),
        "--ca", pair.certificate,
    )
    assert code == 3
    with Running("listen", url, "--ca", pair.certificate, "--count=2") as one:
        wait_members(daemon, 1)
        p = daemon.publisher()
        p.publish("roomcast:room:lobby", "secret")
        p.publish("roomcast:room:lobby", "y" * 300_000)
        assert one.line().endswith("  secret\n")
        assert one.line().endswith("  " + "y" * 300_000 + "\n")
        assert one.wait_exit() == 0


def test_with_a_certificate_of_its_own(gateway, listen, tmp_path):
    pair = make_pair(tmp_path, "gateway")
    authority = Authority(tmp_path)
    mine = authority.sign("ann", "DNS:ann.example")
    section = {**pair.section, "client_ca": str(authority.file)}
    daemon = gateway(listen=[{"address": "127.0.0.1:0", "tls": section}])
    _, port = daemon.address()
    words = [
        "listen", f"wss://localhost:{port}/ws/lobby", "--ca", pair.certificate
    ]
    code, _, said = ctl(*words, "--no-reconnect")
    assert code != 0 and "certificate required" in said
    shown = ["--cert", mine.certificate, "--key", mine.key]
    with Running(*words, *shown, "--count=1") as one:
        wait_members(daemon, 1)
        daemon.publisher().publish("roomcast:room:lobby", "secret")
        assert one.line().endswith("  secret\n")
        assert one.wait_exit() == 0
    for half in shown[:2], shown[2:]:
        code, _, said = ctl(*words, *half)
        assert (code, said) == (
            2, "roomcastctl: listen: --cert and --key go together\n",
        )
    code, _, said = ctl(
        *words, "--cert", tmp_path / "nope.pem", "--key", mine.key
    )
    assert code == 2 and "nope.pem" in said


def test_a_message_has_a_bound(gateway, listen):
    daemon = gateway()
    one = listen(daemon, "--max-size=1KiB", "--no-reconnect")
    p = daemon.publisher()
    p.publish("roomcast:room:lobby", "x" * 1024)
    assert one.line().endswith("x" * 1024 + "\n")
    p.publish("roomcast:room:lobby", "x" * 1025)
    assert one.wait_exit() == 1
    assert "too large (1009)" in one.said


def test_a_ping_is_answered(gateway, listen):
    daemon = gateway(keepalive={"ping_interval": "1s", "pong_timeout": "1s"})
    listen(daemon)
    eventually(
        lambda: daemon.api("connections")[1]["connections"][0][
            "round_trip_ms"
        ]
        is not None,
        20,
        "a pong has come",
    )


ANSWERS = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi": (
        1, "refused with 200: hi",
    ),
    b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n": (
        1, "refused with 200\n",
    ),
    b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
    b"Sec-WebSocket-Accept: bm90IHRoYXQgb2YgdGhpcyBrZXk=\r\n\r\n": (
        3, "somebody else's handshake",
    ),
    b"HTTP/1.1 101 x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n": (
        3, "an upgrade to no WebSocket",
    ),
    b"what": (3, "cut short"),
    b"HTTP/1.1 200 OK\r\nA: " + b"a" * 20000: (3, "the head is too large"),
}


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_what_is_no_websocket(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        with Running(
            "listen", "ws://127.0.0.1:%d" % server.getsockname()[1]
        ) as one:
            peer, _ = server.accept()
            with peer:
                assert b"Upgrade: websocket\r\n" in peer.recv(65536)
                peer.sendall(answer)
                peer.shutdown(socket.SHUT_WR)
                code, said = ANSWERS[answer]
                assert one.wait_exit() == code
            one.wait_said(said)


@pytest.mark.parametrize(
    "words, said",
    [
        ([], "URL must follow"),
        (["http://127.0.0.1"], "a URL begins with ws:// or wss://"),
        (["ws://"], "the host of the URL "),
        (["ws://127.0.0.1:0/"], "nobody can be reached at the host"),
        (["ws://127.0.0.1/a b"], "must be written as %20"),
        (["ws://127.0.0.1", "--header", "nothing"], "must be NAME: VALUE"),
        (["ws://127.0.0.1", "--header", "A: b\r\nC: d"], "on one line"),
        (["ws://127.0.0.1", "--subprotocol", "a\nb"], "on one line"),
        (["ws://127.0.0.1", "--since", "x" * 65], "no id is as long"),
        (["ws://127.0.0.1", "--count", "many"], "--count: is 'many'"),
    ],
)
def test_bad_usage(words, said):
    code, out, error = ctl("listen", *words)
    assert (code, out) == (2, "")
    assert said in error


def test_nobody_is_there():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        code, _, said = ctl(
            "listen", "ws://127.0.0.1:%d/" % unused.getsockname()[1]
        )
    assert (code, said) == (3, "roomcastctl: listen: Connection refused\n")


def test_it_ends_when_nobody_reads(gateway):
    daemon = gateway()
    reading, writing = os.pipe()
    one = subprocess.Popen(
        [CTL, "listen", daemon.ws_url()], stdout=writing,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    wait_members(daemon, 1)
    os.close(reading)
    daemon.publisher().publish("roomcast:room:lobby", "x")
    assert one.wait(seconds(20)) == 1
