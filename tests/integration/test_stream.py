"""history.stream on Redis: what is XADDed is kept, and found again."""

import json
import threading

import pytest

from rig.gateway import BINARY
from rig.people import id_of
from rig.relay import Relay
from rig.rereading import change
from rig.resuming import Frame, Resuming
from rig.tracing import frozen, threads
from rig.waiting import eventually

WORKERS = [1, 2]
KEY = "app:stream"
ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {
        "path": "/hello/{room}",
        "rooms": ["{room}"],
        "welcome": True,
        "resume": True,
    },
]
GAPS = "roomcast_stream_gaps_total"
LENGTH = "roomcast_stream_length"
UP = "roomcast_stream_up"


def stream(**keys):
    return {"history": {"stream": KEY, **keys}, "routes": ROUTES}


def add(server, content, entry="*", field="roomcast:room:lobby"):
    """Its id, as XADD answers it."""
    return server.client().xadd(KEY, {field: content}, entry).decode()


def send(server, content, **envelope):
    payload = json.dumps({"rooms": ["lobby"], "message": content, **envelope})
    return add(server, payload, field="roomcast:send")


def killed_links(server):
    """End the connection that reads the stream; how many there were."""
    links = [
        x for x in server.client().client_list() if x["cmd"].startswith("x")
    ]
    for link in links:
        server.client().client_kill_filter(_id=link["id"])
    return len(links)


# Who comes with a cursor before the stream is read waits for three of them.
SLOW_BEATS = {"heartbeat": "20s"}


@pytest.fixture
def start(gateway, redis_server):
    def start_one(**keys):
        daemon = gateway(redis_server, **stream(**keys))
        daemon.wait_ready()
        return daemon

    return start_one


@pytest.fixture
def daemon(start):
    return start()


class Page(Resuming):
    """A page that may come back to another gateway."""

    def __init__(self, daemon, path="/ws/lobby"):
        super().__init__(lambda p: self.daemon.ws_url(p), path)
        self.daemon = daemon

    def rest(self, server, last="the last one"):
        """All up to a message that is sent now, and its frames' ids."""
        add(server, last)
        self.take_until(last)
        return self.contents[:-1]


def come(daemon, path="/ws/lobby"):
    client = Page(daemon, path)
    assert client.come().word == "at"
    return client


# -- what is delivered, and kept


def test_a_restarted_gateway_knows_all_cursors(gateway, redis_server):
    daemon = gateway(redis_server, redis=SLOW_BEATS, **stream())
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    client.leave()
    add(redis_server, "b")
    daemon.kill()
    add(redis_server, "c")
    daemon.start()
    add(redis_server, "d")
    assert client.come().word == "at"
    client.take_until("d")
    assert client.contents == ["a", "b", "c", "d"] and client.gaps == 0
    client.leave()


def test_a_restarted_gateway_knows_the_cursor_of_an_empty_stream(
    daemon, redis_server
):
    client = come(daemon)
    client.leave()
    daemon.kill()
    add(redis_server, "a")
    daemon.start()
    daemon.wait_ready()
    assert client.come().word == "at"
    client.take_until("a")
    assert client.contents == ["a"] and client.gaps == 0
    client.leave()


def test_all_instances_give_the_same_ids(start, redis_server):
    add(redis_server, "before")
    daemons = [start(), start()]
    clients = [come(daemon) for daemon in daemons]
    assert clients[0].cursor == clients[1].cursor
    for content in "abc":
        added = add(redis_server, content)
        for client in clients:
            assert client.take().id.split("~")[0] == added
        assert clients[0].cursor == clients[1].cursor
    clients[0].leave()
    add(redis_server, "d")
    clients[0].daemon = daemons[1]
    assert clients[0].come().word == "at"
    clients[0].take_until("d")
    assert clients[0].contents == [*"abcd"] and clients[0].gaps == 0
    for client in clients:
        client.leave()


def test_each_form_of_a_payload_goes_through_a_stream(daemon, redis_server):
    client = come(daemon)
    raw = b"\x00\xff\r\n$5\r\n*1\r\n"
    add(redis_server, raw)
    send(redis_server, {"a": 1})
    add(redis_server, "to all", field="roomcast:broadcast")
    add(redis_server, "elsewhere", field="roomcast:room:other")
    frames = [Frame(client.client.recv()) for _ in range(3)]
    assert [f.content for f in frames] == [raw, b'{"a": 1}', b"to all"]
    assert [f.is_text for f in frames] == [False, True, True]
    client.leave()  # and once more, from the ring
    client.come()
    again = [Frame(client.client.recv()) for _ in range(3)]
    assert [(f.id, f.content) for f in again] == [
        (f.id, f.content) for f in frames
    ]
    client.leave()


def test_the_id_that_xadd_answers_is_a_cursor(daemon, redis_server):
    rendered = add(redis_server, "in the page")
    add(redis_server, "after")
    client = Page(daemon)
    client.cursor = rendered
    assert client.come().word == "at"
    client.take_until("after")
    assert client.contents == ["after"] and client.gaps == 0
    client.leave()


def test_keep_false_is_a_position_and_no_more(daemon, redis_server):
    client = come(daemon)
    send(redis_server, "typing", keep=False)
    frame = client.take()
    assert frame.id == "" and frame.content == b'"typing"'
    client.leave()
    client.come()
    assert client.rest(redis_server) == ['"typing"'] and client.gaps == 0
    client.leave()


def test_what_is_published_has_no_id_and_is_not_kept(daemon, redis_server):
    client = come(daemon)
    redis_server.client().publish("roomcast:room:lobby", "now or never")
    assert client.take().id == ""
    add(redis_server, "kept")
    assert client.take().id != ""
    client.leave()
    redis_server.client().publish("roomcast:room:lobby", "missed")
    client.come()
    rest = client.rest(redis_server)
    assert rest == ["now or never", "kept"] and client.gaps == 0
    client.leave()


def test_a_command_is_carried_out_once(daemon, connect, redis_server):
    client = connect(daemon, "/hello/lobby")
    who = id_of(client)
    join = {"command": "join", "connections": [who], "rooms": ["b"]}
    add(redis_server, json.dumps(join), field="roomcast:control")
    add(redis_server, "in b", field="roomcast:room:b")
    assert client.recv() == "in b"
    assert daemon.metric("roomcast_commands_total") == 1
    daemon.kill()
    daemon.start()
    daemon.wait_ready()
    assert daemon.metric("roomcast_stream_entries_total") == 2
    assert daemon.metric("roomcast_commands_total") == 0


def test_an_entry_that_is_none_of_ours_is_a_position(daemon, redis_server):
    client = come(daemon)
    redis = redis_server.client()
    redis.xadd(KEY, {"roomcast:room:lobby": "x", "roomcast:room:b": "y"})
    redis.xadd(KEY, {"user": "x"})
    add(redis_server, "x", field="roomcast:room:")  # no name of a room
    assert client.rest(redis_server) == [] and client.gaps == 0
    dropped = "roomcast_stream_entries_dropped_total"
    assert daemon.metric(dropped + '{reason="fields"}') == 1
    assert daemon.metric(dropped + '{reason="channel"}') == 2
    daemon.wait_log(r"warn stream: entry dropped .*has not one field")
    daemon.wait_log(r"warn stream: entry dropped .*none of the channels")
    client.leave()


def test_a_ring_that_is_smaller_than_the_stream(start, redis_server):
    pipe = redis_server.client().pipeline()
    for number in range(4000):
        pipe.xadd(KEY, {"roomcast:room:lobby": b"%4d" % number + b"x" * 996})
    ids = [x.decode() for x in pipe.execute()]
    daemon = start(memory="1MiB")
    assert 300 < daemon.metric("roomcast_stream_entries_total") < 1000
    client = Page(daemon)
    client.cursor = ids[10]
    assert client.come().word == "gap"
    client.leave()
    client.cursor = ids[-11]
    assert client.come().word == "at"
    client.take_until("3999" + "x" * 996)
    assert len(client.contents) == 10
    client.leave()


def test_what_is_older_than_max_age_is_not_read(start, redis_server):
    old = add(redis_server, "old", "1000-1")
    daemon = start(max_age="1m")
    assert daemon.metric("roomcast_stream_entries_total") == 0
    client = Page(daemon)
    client.cursor = old  # the last one all the same
    assert client.come().word == "at"
    assert client.rest(redis_server) == [] and client.gaps == 0
    client.leave()


def test_an_entry_over_the_limit_is_a_hole(gateway, redis_server):
    daemon = gateway(redis_server, limits={"payload": "100KiB"}, **stream())
    daemon.wait_ready()
    client = come(daemon)
    add(redis_server, b"x" * (101 << 10))
    add(redis_server, b"y" * (32 << 20))
    assert client.take().word == "gap"
    assert client.take().word == "gap"
    assert client.rest(redis_server) == []
    assert daemon.metric(UP) == 1
    assert daemon.metric("roomcast_stream_lost_total") == 0
    client.leave()


def test_a_larger_limit_counts_without_a_restart(gateway, redis_server):
    daemon = gateway(redis_server, limits={"payload": "100KiB"}, **stream())
    daemon.wait_ready()
    client = come(daemon)
    change(daemon, limits={"payload": "1MiB"})
    large = b"x" * (900 << 10)
    add(redis_server, large)
    assert client.take().content == large
    add(redis_server, b"y" * (1025 << 10))
    assert client.take().word == "gap"
    client.leave()


def test_what_was_read_last_is_known_under_another_limit(
    gateway, redis_server
):
    """It comes first in each answer: too long for one limit, and not for the
    other."""
    daemon = gateway(redis_server, limits={"payload": "2MiB"}, **stream())
    daemon.wait_ready()
    client = come(daemon)
    add(redis_server, b"x" * (1 << 20))
    assert len(client.take().content) == 1 << 20
    change(daemon, limits={"payload": "100KiB"})
    add(redis_server, "small")
    assert client.take().content == b"small"
    add(redis_server, b"y" * (1 << 20))
    assert client.take().word == "gap"
    change(daemon, limits={"payload": "2MiB"})
    add(redis_server, "next")
    assert client.take().content == b"next"
    assert daemon.metrics().sum(GAPS) == 0
    client.leave()


def test_names_of_before_are_still_read(gateway, redis_server):
    """Publishers cannot change at the very moment at which this is read."""
    daemon = gateway(redis_server, **stream())
    daemon.wait_ready()
    client = come(daemon)
    change(daemon, channels={"room_prefix": "new:", "send": "new-send"})
    add(redis_server, "by the old name")
    add(redis_server, "by the new one", field="new:lobby")
    send(redis_server, "by the old channel")
    assert client.take().content == b"by the old name"
    assert client.take().content == b"by the new one"
    assert client.take().content == b'"by the old channel"'
    assert daemon.metric(UP) == 1
    client.leave()


def test_a_database_of_its_own(gateway, redis_server):
    daemon = gateway(redis_server.url + "/3", **stream())
    daemon.wait_ready()
    client = come(daemon)
    add(redis_server, "in 0")
    redis_server.client(db=3).xadd(KEY, {"roomcast:room:lobby": "in 3"})
    assert client.take().content == b"in 3"
    client.leave()


# -- what XREAD does not tell


def burst(server, *contents, keep=2):
    pipe = server.client().pipeline(transaction=True)
    for content in contents:
        pipe.xadd(
            KEY,
            {"roomcast:room:lobby": content},
            maxlen=keep,
            approximate=False,
        )
    pipe.execute()


def test_a_burst_that_is_trimmed_at_once_is_a_gap(daemon, redis_server):
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    burst(redis_server, *"bcde")
    assert client.take().word == "gap"
    client.take_until("e")
    assert client.contents == ["a", "d", "e"] and client.gaps == 1
    assert daemon.metric(GAPS + '{reason="removed"}') == 1
    client.leave()


def test_and_so_is_one_into_an_empty_stream(daemon, redis_server):
    client = come(daemon)
    burst(redis_server, *"bcde")
    assert client.take().word == "gap"
    client.take_until("e")
    assert client.contents == ["d", "e"] and client.gaps == 1
    client.leave()


def test_trimming_what_has_been_read_is_none(daemon, redis_server):
    client = come(daemon)
    for content in "abc":
        add(redis_server, content)
        client.take_until(content)
    asked = daemon.metric(LENGTH)
    redis_server.client().xtrim(KEY, maxlen=0, approximate=False)
    daemon.wait_metric(LENGTH, 0)
    assert client.rest(redis_server) == [*"abc"], asked
    assert client.gaps == 0
    client.leave()


def test_while_the_link_is_away_too(daemon, redis_server):
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    pipe = redis_server.client().pipeline(transaction=True)
    pipe.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    for content in "bcd":
        pipe.xadd(KEY, {"roomcast:room:lobby": content}, maxlen=1)
    pipe.xtrim(KEY, maxlen=1, approximate=False)
    pipe.execute()
    assert client.take().word == "gap"
    client.take_until("d")
    assert client.contents == ["a", "d"]
    client.leave()


@pytest.mark.parametrize("is_killed", [False, True])
def test_another_entry_of_the_same_id_is_another_stream(
    daemon, redis_server, is_killed
):
    client = come(daemon)
    last = add(redis_server, "a")
    client.take_until("a")
    pipe = redis_server.client().pipeline(transaction=True)
    pipe.delete(KEY)
    pipe.xadd(KEY, {"roomcast:room:lobby": "foreign"}, last)
    if is_killed:
        pipe.execute_command(
            "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"
        )
    pipe.execute()
    before = client.cursor
    assert client.take().word == "gap"
    assert client.cursor != before
    assert client.rest(redis_server)[:1] == ["a"]
    assert daemon.metric(GAPS + '{reason="other stream"}') == 1
    lost = Page(daemon)
    lost.cursor = before
    assert lost.come().word == "gap"
    client.leave()
    lost.leave()


def test_a_stream_made_anew_with_smaller_ids(daemon, redis_server):
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    redis_server.client().delete(KEY)
    add(redis_server, "new", "5-1")
    assert client.take().word == "gap"
    client.take_until("new")
    add(redis_server, "newer", "5-2")
    client.take_until("newer")
    assert client.contents == ["a", "new", "newer"] and client.gaps == 1
    client.leave()
    client.come()
    assert client.rest(redis_server) == ["a", "new", "newer"]
    assert client.gaps == 1
    client.leave()


def test_a_stream_that_is_deleted(daemon, redis_server):
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    redis_server.client().delete(KEY)
    assert client.take().word == "gap"
    assert client.rest(redis_server) == ["a"] and client.gaps == 1
    client.leave()


def test_a_cursor_that_will_never_be_is_answered(daemon, redis_server):
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    client.leave()
    here = client.cursor
    client.cursor = "99999999999999-1~AAAA"
    first = client.come()
    assert first.word == "gap" and first.id == here
    assert client.rest(redis_server) == ["a"]
    client.leave()


def test_a_cursor_that_is_later_here_is_waited_for(
    daemon, gateway, connect, redis_server
):
    relay = Relay(redis_server.port)
    behind = gateway(relay, redis=SLOW_BEATS, **stream())
    behind.wait_ready()
    connect(behind)  # the room is subscribed there
    client = come(daemon)
    relay.hold()  # what is asked for there
    for content in "ab":
        add(redis_server, content)
        client.take_until(content)
    client.leave()
    client.daemon = behind

    def release():
        behind.wait_metric("roomcast_resumes_parked", 1)
        relay.release()

    waiting = threading.Thread(target=release)
    waiting.start()
    assert client.come().word == "at"
    waiting.join()
    assert client.rest(redis_server) == ["a", "b"] and client.gaps == 0
    client.leave()
    behind.kill()
    relay.finish()


def test_a_server_that_comes_back_without_its_data(daemon, redis_server):
    client = come(daemon)
    add(redis_server, "a")
    client.take_until("a")
    redis_server.kill()
    redis_server.start()
    while not client.gaps:
        client.take()
    daemon.wait_ready()
    add(redis_server, "b")
    client.take_until("b")
    assert client.contents == ["a", "b"] and client.gaps == 1
    client.leave()


def test_a_server_that_comes_back_with_its_data(daemon, redis_server):
    redis = redis_server.client()
    redis_server.options = ("--appendonly", "yes", "--appendfsync", "always")
    redis_server.kill()
    redis_server.start()
    daemon.wait_ready()
    client = come(daemon)
    for content in "abc":
        add(redis_server, content)
        redis_server.kill()
        redis_server.start()
    assert client.rest(redis_server) == [*"abc"] and client.gaps == 0
    redis.close()
    client.leave()


def test_a_blip_loses_nothing_and_nobody_is_told(daemon, redis_server):
    client = come(daemon)
    for content in "abc":
        eventually(lambda: killed_links(redis_server) > 0)
        add(redis_server, content)
    assert client.rest(redis_server) == [*"abc"] and client.gaps == 0
    assert daemon.metric("roomcast_stream_lost_total") > 0
    assert daemon.metric("roomcast_closed_total") == 0
    client.leave()


@pytest.mark.workers(2)
@pytest.mark.skipif(
    "tsan" in BINARY,
    reason="a thread that is stopped may hold the sanitizer's own locks",
)
def test_workers_that_are_behind_are_waited_for(
    gateway, connect, redis_server
):
    daemon = gateway(
        redis_server,
        delivery={"queue": "64MiB", "memory": "1GiB"},
        **stream(memory="256MiB"),
    )
    daemon.wait_ready()
    clients = connect.many([daemon.ws_url()] * 4)
    count = 0
    with frozen(threads(daemon.pid)["worker-0"]):
        while daemon.metric("roomcast_backend_paused") == 0:
            assert count < 100
            text = b"%d" % count + b" " * 900_000
            add(redis_server, text, field="roomcast:broadcast")
            count += 1
        for _ in range(3):
            text = b"%d" % count + b" " * 900_000
            add(redis_server, text, field="roomcast:broadcast")
            count += 1
    for client in clients:
        got = client.recv_many(count)
        assert [int(text) for text in got] == list(range(count))
    assert daemon.metric(GAPS) == 0


# -- what operators see


def test_how_the_stream_is(daemon, redis_server):
    assert daemon.metric(UP) == 1
    for _ in range(3):
        add(redis_server, "x", "*")
    daemon.wait_metric(LENGTH, 3)
    daemon.wait_metric("roomcast_stream_entries_total", 3)
    assert daemon.metric("roomcast_stream_lag_seconds") == 0
    assert daemon.metric("roomcast_stream_oldest_seconds") < 60


@pytest.mark.workers(2)
def test_a_stream_that_nobody_trims_is_named(daemon, redis_server):
    grow = redis_server.client().register_script(
        "for _ = 1, 10000 do redis.call('XADD', KEYS[1], '*', ARGV[1], 'x') end"
    )
    for _ in range(20):
        grow(keys=[KEY], args=["roomcast:room:nobody"])
    daemon.wait_log(r"warn stream: nobody trims the stream")


def test_a_key_that_is_no_stream(gateway, redis_server):
    redis_server.client().set(KEY, "x")
    daemon = gateway(redis_server, **stream())
    daemon.wait_log(
        r"warn redis: cannot read the stream .*WRONGTYPE.*"
        r'command="XINFO STREAM" remedy=.*history.stream'
    )
    assert daemon.admin("/readyz")[0] == 503
    assert daemon.metric(UP) == 0
    redis_server.client().delete(KEY)
    daemon.wait_ready()


def test_a_user_who_may_not_read_it(gateway, redis_server):
    redis = redis_server.client()
    rule = "on nopass +@all &* ~other"
    redis.execute_command("ACL", "SETUSER", "app", *rule.split())
    daemon = gateway(
        redis_server.url.replace("//", "//app:x@"), **stream()
    )
    daemon.wait_log(
        r"warn redis: cannot read the stream .*NOPERM.*\+xinfo, \+xread"
    )
    rule = f"resetkeys ~{KEY} -@all +@pubsub +xinfo +xread +xrange +xrevrange"
    redis.execute_command("ACL", "SETUSER", "app", *rule.split())
    daemon.wait_ready()
    client = come(daemon)
    assert client.rest(redis_server) == []
    client.leave()


def test_a_password_that_is_missing(gateway, redis_server):
    redis_server.client().config_set("requirepass", "secret")
    daemon = gateway(redis_server, **stream())
    daemon.wait_log(r"warn redis: cannot read the stream .*NOAUTH")
    assert daemon.admin("/readyz")[0] == 503


def test_a_server_that_is_loading(gateway, redis_server):
    redis_server.options = ("--appendonly", "yes")
    redis_server.kill()
    redis_server.start()
    for _ in range(100):
        add(redis_server, "x" * 10000)
    redis_server.options += ("--key-load-delay", "20000")
    redis_server.kill()
    daemon = gateway(redis_server, **stream())
    redis_server.start()
    daemon.wait_ready()
    client = come(daemon)
    assert client.rest(redis_server) == []
    client.leave()
