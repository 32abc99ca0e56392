"""The log: lines that people and machines can trust."""

import re
import subprocess
import urllib.request

import pytest
import redis

from rig.client import Client, Refused
from rig.gateway import BASE, BINARY, merged, write_conf
from rig.logline import parse_json, parse_text
from rig.ports import free_port
from rig.raw import request
from rig.waiting import eventually, seconds

NASTY = [
    b"GET /ws/\x1b[31m HTTP/1.1\r\n\r\n",
    b"GET /%0a%0d2026-01-01T00:00:00.000Z%20info%20main:%20ready HTTP/1.1\r\n"
    b"Host: x\r\n\r\n",
    request("/nope/%1b%5b31m"),
    request("/nope", {"User-Agent": "%s%n\t\"quoted\" \\"}),
    request("/nope", {"Origin": "https://\u202eevil.example"}),
    b"\xff\xfe\x00\r\n\r\n",
    request("/ws/a%2cb"),
]
NASTY_PAYLOADS = [
    b"{\n\x1b[31m\n",
    b"\xff\xfe",
    b'{"rooms":["a\\u000ab"],"message":1}',
    b"evil\x1b\n2026-01-01T00:00:00.000Z error main: forged,\0x",
]


def serves(port, admin_port):
    """Whether a daemon whose log cannot be read is up and delivers."""
    url = f"http://127.0.0.1:{admin_port}/metrics"
    try:
        Client.connect(f"ws://127.0.0.1:{port}/ws/lobby").close()
        with urllib.request.urlopen(url, timeout=seconds(5)) as answer:
            return b"roomcast_upgraded_total 1" in answer.read()
    except OSError:
        return False


def provoke(daemon, raw):
    for data in NASTY:
        s = raw(daemon)
        s.send(data)
        s.finish_sending()
        s.wait_gone()
    publisher = daemon.publisher()
    for payload in NASTY_PAYLOADS:
        with pytest.raises(redis.ResponseError, match="payload dropped"):
            publisher.publish("roomcast:send", payload)
    daemon.wait_log("channel")


def test_text_lines_have_one_form_whatever_comes(gateway, raw):
    daemon = gateway()
    provoke(daemon, raw)
    daemon.stop()
    for line in daemon.lines:
        assert parse_text(line), line
        assert re.fullmatch(r"[\x20-\x7e]+", line), line
    assert not any("forged" in x.event for x in map(parse_text, daemon.lines))


def test_json_lines_parse_whatever_comes(gateway, raw):
    daemon = gateway(log={"format": "json", "level": "debug"})
    provoke(daemon, raw)
    daemon.stop()
    for line in daemon.lines:
        assert parse_json(line).level in ("debug", "info", "warn", "error")
    lines = map(parse_json, daemon.lines)
    started = [x for x in lines if x.event == "started"]
    assert len(started) == 1 and started[0].token == "main"


def test_a_bad_payload_is_logged_with_channel_reason_and_offset(gateway):
    daemon = gateway()
    with pytest.raises(redis.ResponseError, match="malformed JSON at byte 17"):
        daemon.publisher().publish("roomcast:send", '{"rooms": ["a"], nope}')
    line = daemon.wait_line(lambda x: "channel" in x.pairs, timeout=5)
    assert line.level == "warn"
    assert line.pairs["channel"] == "roomcast:send"
    assert line.pairs["offset"] == "17"
    assert "JSON" in line.pairs["reason"] or line.pairs["reason"] == "json"


def test_a_flood_of_bad_payloads_is_a_trickle_of_lines(gateway):
    daemon = gateway()
    pipe = daemon.publisher().pipeline(transaction=False)
    for _ in range(5000):
        pipe.publish("roomcast:send", "nonsense")
    pipe.execute(raise_on_error=False)
    metric = 'roomcast_payloads_dropped_total{reason="not_object"}'
    daemon.wait_metric(metric, 5000)
    lines = [x for x in daemon.lines if "channel=" in x]
    assert 1 <= len(lines) < 200


@pytest.mark.parametrize(
    "level, absent",
    [("info", {"debug"}), ("warn", {"debug", "info"})],
)
def test_the_level_is_the_least_that_is_written(gateway, level, absent):
    ports = [free_port() for _ in range(3)]
    daemon = gateway(
        wait=False,
        log={"level": level},
        listen=[{"address": f"127.0.0.1:{ports[0]}"}],
        admin={"listen": f"127.0.0.1:{ports[1]}"},
        embedded={"listen": f"127.0.0.1:{ports[2]}"},
    )
    eventually(lambda: serves(*ports[:2]), 10, "it serves")
    with pytest.raises(redis.ResponseError, match="payload dropped"):
        redis.Redis(port=ports[2]).publish("roomcast:send", "bad")
    daemon.wait_log("channel")
    daemon.stop()
    assert not absent & {parse_text(line).level for line in daemon.lines}


def test_a_query_is_not_logged(gateway, raw):
    """It may hold a token."""
    daemon = gateway()
    for path in "/ws/lobby?token=s3cret", "/nope?token=s3cret":
        s = raw(daemon)
        s.send(request(path))
        assert s.read_response().status in (101, 404)
        s.close()
    daemon.stop()
    assert "s3cret" not in daemon.log()


@pytest.fixture
def blind(tmp_path):
    """Start a daemon by a shell command whose log cannot be read."""
    processes = []

    def start(redirection, before=""):
        ports = free_port(), free_port()
        conf = merged(
            BASE,
            {
                "listen": [{"address": f"127.0.0.1:{ports[0]}"}],
                "admin": {"listen": f"127.0.0.1:{ports[1]}"},
            },
        )
        path = write_conf(tmp_path / "roomcast.yaml", conf)
        processes.append(
            subprocess.Popen(
                [
                    "sh",
                    "-c",
                    f'{before} exec "{BINARY}" -c "{path}" {redirection}',
                ],
                stderr=subprocess.PIPE,
                pipesize=4096,
            )
        )
        eventually(lambda: serves(*ports), 10, "it serves")
        return processes[-1], ports[0]

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "redirection",
    [
        pytest.param("", id="a pipe nobody reads"),
        pytest.param("2>/dev/full", id="a full disk"),
        pytest.param("<&- >&- 2>&-", id="closed streams"),
    ],
)
def test_a_log_that_takes_nothing_stops_nothing(blind, redirection):
    process, port = blind(redirection)
    for _ in range(100):
        try:
            Client.connect(f"ws://127.0.0.1:{port}/nope")
            raise AssertionError("there is no such route")
        except Refused as refused:
            assert refused.status_code == 404
    process.terminate()
    assert process.wait(seconds(10)) == 0


def test_a_part_has_a_level_of_its_own(gateway):
    daemon = gateway(log={"level": "info", "levels": {"listener": "error"}})
    daemon.stop()
    parts = {parse_text(line).token for line in daemon.lines}
    assert "main" in parts and "listener" not in parts


def test_the_journal_gets_priorities(blind, tmp_path):
    """Whose socket is known by JOURNAL_STREAM: a file stands for it."""
    log = tmp_path / "journal"
    stream = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2)"
    process, _ = blind("", before=f'exec 2>"{log}"; export {stream}; ')
    process.terminate()
    assert process.wait(seconds(10)) == 0
    lines = log.read_text().splitlines()
    priorities = {"debug": "<7>", "info": "<6>", "warn": "<4>"}
    assert lines
    assert all(x[:3] == priorities[parse_text(x[3:]).level] for x in lines)


def test_a_payload_has_a_line_at_debug(gateway, connect):
    """The hub says whom it names, each worker how many it has reached."""
    daemon = gateway(log={"levels": {"hub": "debug", "worker": "debug"}})
    clients = connect.many([daemon.ws_url("/ws/a") for _ in range(4)])
    daemon.wait_metric("roomcast_connections", 4)
    publisher = daemon.publisher()
    publisher.publish("roomcast:send", '{"rooms":["a","b"],"text":"x"}')
    assert [client.recv() for client in clients] == ["x"] * 4
    publisher.publish("roomcast:room:nobody", "y")
    heard = daemon.wait_line(lambda x: x.pairs.get("bytes") == "1").pairs
    assert heard["channel"] == "roomcast:room:nobody"
    assert heard["workers"] == "0"
    daemon.stop()
    lines = [parse_text(line) for line in daemon.lines]
    payloads = [x.pairs for x in lines if x.event == "payload"]
    assert payloads[0]["channel"] == "roomcast:send"
    assert payloads[0]["targets"] == "2" and payloads[0]["first"] == "a"
    reached = [x.pairs for x in lines if x.event == "message"]
    assert len(reached) == int(payloads[0]["workers"])
    assert sum(int(pairs["connections"]) for pairs in reached) == 4


def test_a_limit_is_told_once(gateway, connect):
    daemon = gateway(limits={"connections": 1})
    client = connect(daemon)
    for _ in range(20):
        with pytest.raises(Refused):
            Client.connect(daemon.ws_url())
    daemon.stop()
    text = "too many connections: refusing clients with 503"
    assert daemon.log().count(text) == 1
    assert client.wait_closed().code == 1012
