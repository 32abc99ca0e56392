"""roomcastctl tail and /api/tail: the access log, live."""

import json
import socket

import pytest

from rig.ctl import Running, ctl
from rig.raw import Raw, request
from rig.waiting import eventually

WORKERS = (1, 2)


def refuse(daemon, path="/nope", headers=()):
    """One client that is not let in."""
    with Raw(daemon.address()) as raw:
        raw.send(request(path, headers))
        assert b" 404 " in raw.read_to_end()


@pytest.fixture
def tail(gateway):
    """A daemon, and who follows it once it is known to."""
    running = []

    def start(daemon, *words):
        one = Running("tail", *words, daemon=daemon)
        running.append(one)
        return one

    yield start
    for one in running:
        one.__exit__()


def until_followed(daemon, one):
    """Refusals from when it is asked for the first time on: the first line."""
    lines = []

    def has_line():
        refuse(daemon)
        try:
            lines.append(one.line(0.2))
        except AssertionError:
            return False
        return True

    eventually(has_line, 20, "it follows")
    return lines[0]


def test_lines_as_they_come(gateway, tail):
    daemon = gateway()
    one = tail(daemon)
    line = until_followed(daemon, one)
    time, rest = line.split(" ", 1)
    assert time.endswith("Z")
    assert rest.startswith("handshake refused status=404 reason=route why=\"")
    assert " path=/nope" in rest


def test_what_a_client_says_of_itself_is_no_pair_of_the_line(gateway, tail):
    daemon = gateway()
    one = tail(daemon)
    until_followed(daemon, one)
    refuse(daemon, "/last", [("User-Agent", 'a" user=root x="\\')])
    while " path=/last " not in (line := one.line()):
        pass
    assert line.rstrip().endswith(r'agent="a\" user=root x=\"\\"')


def test_whatever_a_value_is():
    line = {"time": "now", "msg": "m", "yes": True, "no": False, "none": None,
            "half": 0.5, "many": 10**14, "list": [1]}
    body = json.dumps({"lines": [line], "lost": 0, "next": 2})
    with socket.create_server(("127.0.0.1", 0)) as server:
        one = Running("tail", "--count=1",
                      "--admin=127.0.0.1:%d" % server.getsockname()[1])
        with one:
            peer, _ = server.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body.encode())
            assert one.line() == (
                "now m yes=true no=false none=null half=0.5 "
                "many=100000000000000 list=[1]\n"
            )
            assert one.wait_exit() == 0


def test_for_programs(gateway, tail):
    daemon = gateway()
    one = tail(daemon, "--json", "--count", 2)
    assert '"msg":"handshake refused"' in until_followed(daemon, one)
    refuse(daemon, "/other")
    found = one.json()
    assert (found["component"], found["status"]) == ("access", 404)
    assert one.wait_exit() == 0


def test_it_ends_with_the_gateway(gateway, tail):
    daemon = gateway()
    one = tail(daemon)
    until_followed(daemon, one)
    daemon.stop()
    assert one.wait_exit() == 3
    assert "nobody answers at" in one.said


def test_a_slow_reader_is_told_how_many_it_lost(gateway):
    daemon = gateway(log={"access_rate": 0})
    _, begin = daemon.api("tail")
    assert begin["lines"] == []
    for _ in range(600):
        refuse(daemon)
    status, got = daemon.api(f"tail?since={begin['next']}")
    assert status == 200
    assert (len(got["lines"]), got["lost"]) == (512, 88)
    assert got["next"] == begin["next"] + 600
    assert daemon.api(f"tail?since={got['next']}")[1] == {
        "lines": [], "lost": 0, "next": got["next"],
    }


def test_nothing_is_kept_for_nobody(gateway):
    daemon = gateway()
    for _ in range(3):
        refuse(daemon)
    assert daemon.api("tail")[1] == {"lines": [], "lost": 0, "next": 1}


def test_bad_numbers(gateway):
    daemon = gateway()
    assert daemon.api("tail?since=x")[0] == 400
    assert daemon.api("tail?from=1")[0] == 400
    assert ctl("tail", "--count", "x", daemon=daemon)[0] == 2
