"""Ids that all instances agree on, where publishers only PUBLISH."""

import re
import threading

import pytest

from rig.people import send
from rig.ports import free_port
from rig.redisserver import RedisServer
from rig.relay import Relay
from rig.resuming import Frame, Resuming, since
from rig.sizes import sizes
from rig.waiting import TIME_FACTOR, eventually, heartbeat, seconds

WORKERS = (1, 2)

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {"path": "/plain/{room}", "rooms": ["{room}"]},
]
MARKS = "roomcast:mark"
MARK = re.compile(
    rb"1 [A-Za-z0-9._-]{1,24} (-|[A-Za-z0-9._-]{1,24}) \d+ [0-9a-f]{16}"
    rb" [0-9a-f]{16}"
)
PARKED = "roomcast_resumes_parked"
MISMATCHES = "roomcast_order_mismatches_total"


def kept(gateway, server, wait=True, **sections):
    """A gateway that keeps what is PUBLISHed, and is ready at once."""
    sections = {
        "routes": ROUTES,
        **sections,
        "history": {"warmup": "0", **sections.get("history", {})},
    }
    daemon = gateway(server, **sections)
    if wait:
        daemon.wait_ready()
    return daemon


@pytest.fixture
def pair(gateway, redis_server):
    return [kept(gateway, redis_server) for _ in range(2)]


@pytest.fixture
def daemon(gateway, redis_server):
    return kept(gateway, redis_server)


@pytest.fixture
def publisher(redis_server):
    return redis_server.client()


def room(publisher, content, name="lobby"):
    return publisher.publish(f"roomcast:room:{name}", content)


def subscribed(publisher, channel):
    """Something that hears the channel from now on: call it for the next."""
    pubsub = publisher.pubsub()
    pubsub.subscribe(channel)

    def following():
        while True:
            item = pubsub.get_message(timeout=seconds(5))
            assert item, "nothing was published"
            if item["type"] == "message":
                return item["data"]

    assert pubsub.get_message(timeout=seconds(5))["type"] == "subscribe"
    return following


def a_mark(publisher):
    """One that every instance has heard by now."""
    text = subscribed(publisher, MARKS)()
    assert MARK.fullmatch(text)
    return text


def publish_mixed(publisher, name, count):
    """All forms there are, and what is none."""
    for n in range(count):
        content = f"{name}{n}"
        match n % 6:
            case 0:
                room(publisher, content)
            case 1:
                send(publisher, content, rooms=["lobby", "other"])
            case 2:
                publisher.publish("roomcast:send", f"lobby\0{content}")
            case 3:
                publisher.publish("roomcast:broadcast", content)
            case 4:
                publisher.publish("roomcast:send", "{malformed")
                room(publisher, content)
            case _:
                room(publisher, "elsewhere", name=f"room{n}")
                room(publisher, content)


def in_threads(*calls):
    threads = [threading.Thread(target=f, args=args) for f, *args in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# -- one order


def test_marks_look_as_they_should(daemon, publisher):
    following = subscribed(publisher, MARKS)
    first, second, third = (following() for _ in range(3))
    for text in (first, second, third):
        assert MARK.fullmatch(text)
    assert len({first, second, third}) == 3
    assert third.split()[2] == second.split()[1]
    assert daemon.metric("roomcast_payloads_total") == 0


def test_all_instances_call_a_message_the_same(
    pair, redis_server, publisher
):
    pages = [Resuming(daemon.ws_url) for daemon in pair]
    for page in pages:
        page.come()
    in_threads(
        *((publish_mixed, redis_server.client(), x, 200) for x in "abc")
    )
    room(publisher, "last")
    heard = []
    for page in pages:
        frames = []
        while not frames or frames[-1][1] != b"last":
            frame = Frame(page.client.recv())
            if frame.word is None:
                frames.append((frame.id, frame.content))
        heard.append(frames)
        page.leave()
    assert len(heard[0]) == 601
    assert heard[0] == heard[1]
    assert len({ident for ident, _ in heard[0]}) == 601
    for daemon in pair:
        assert daemon.metric(MISMATCHES) == 0


def test_a_room_channel_reaches_every_instance(pair, publisher):
    assert room(publisher, "x", name="nobody is here") == 2
    for daemon in pair:
        daemon.wait_metric("roomcast_payloads_total", 1)
        assert daemon.metric("roomcast_watched_rooms") == 0


def test_without_a_room_prefix_there_is_no_pattern(
    gateway, redis_server, publisher
):
    daemon = kept(gateway, redis_server, channels={"room_prefix": ""})
    assert publisher.pubsub_numpat() == 0
    page = Resuming(daemon.ws_url)
    page.come()
    send(publisher, "hi", rooms=["lobby"])
    page.take_until("hi")
    page.leave()


def test_a_prefix_with_a_star_stands_for_itself(
    gateway, redis_server, publisher
):
    daemon = kept(gateway, redis_server, channels={"room_prefix": "a*[b]:"})
    page = Resuming(daemon.ws_url)
    page.come()
    assert publisher.publish("aX[b]:lobby", "no") == 0
    assert publisher.publish("a*[b]:lobby", "yes") == 1
    page.take_until("yes")
    assert page.contents == ["yes"]
    page.leave()


def test_the_pattern_must_be_permitted_to_the_letter(gateway, redis_server):
    rules = ("on", ">x", "&roomcast:*", "+@all")
    redis_server.cli("ACL", "SETUSER", "gw", *rules)
    url = f"redis://gw:x@127.0.0.1:{redis_server.port}"
    daemon = kept(gateway, url, wait=False)
    daemon.wait_log(
        "cannot connect.*command=PSUBSCRIBE.*to the letter among its channels"
    )
    redis_server.cli("ACL", "SETUSER", "gw", "&roomcast:room:*")
    daemon.wait_ready()


# -- on another instance


def hop(page, daemons, last, steps):
    """Now here, now there; each time read a few."""
    visit = 0
    while not page.contents or page.contents[-1] != last:
        steps.release()
        page.url_of = daemons[visit % len(daemons)].ws_url
        page.come()
        visit += 1
        for _ in range(visit % 40):
            if page.contents and page.contents[-1] == last:
                break
            page.take(10)
            steps.release()
        page.leave()


def publish_numbers(publisher, count, steps):
    for n in range(count):
        if n % 5 == 0:
            steps.acquire(timeout=0.2)
        room(publisher, str(n))
        room(publisher, "noise", name="elsewhere")


@sizes("count", 250, 2500)
def test_pages_that_change_the_instance_miss_nothing(
    pair, redis_server, publisher, count
):
    pages = [Resuming(pair[0].ws_url) for _ in range(3)]
    for page in pages:
        page.come()
        page.leave()
    steps = threading.Semaphore(0)
    in_threads(
        (publish_numbers, publisher, count, steps),
        *((hop, page, pair, str(count - 1), steps) for page in pages),
    )
    for page in pages:
        assert page.contents == [*map(str, range(count))]
        assert page.gaps == 0


@pytest.fixture
def late(redis_server):
    relay = Relay(redis_server.port)
    yield relay
    relay.finish()


SLOW_BEATS = {"heartbeat": "20s"}


def hop_ahead(page, behind, meanwhile, late):
    """To an instance that has not heard yet what the page has: it waits."""
    page.leave()
    cursor = page.cursor
    page.url_of = behind.ws_url
    arriving = threading.Thread(target=page.come)
    arriving.start()
    behind.wait_metric(PARKED, 1)
    meanwhile()
    late.release()
    arriving.join()
    assert (page.first.id, page.first.word) == (cursor, "at")


def test_a_cursor_that_is_later_waits_and_is_exact(
    gateway, redis_server, publisher, late
):
    ahead = kept(gateway, redis_server, redis=SLOW_BEATS)
    behind = kept(gateway, late, redis=SLOW_BEATS)
    page = Resuming(ahead.ws_url)
    other = Resuming(behind.ws_url)
    page.come()
    other.come()
    room(publisher, "1")
    page.take_until("1")
    other.take_until("1")
    other.leave()
    late.hold_answers()
    room(publisher, "2")
    page.take_until("2")
    hop_ahead(page, behind, lambda: room(publisher, "3"), late)
    page.take_until("3")
    assert page.contents == ["1", "2", "3"]
    page.leave()
    behind.wait_metric(PARKED, 0)


def test_a_mark_that_is_not_known_yet_is_waited_for(
    gateway, redis_server, publisher, late
):
    ahead = kept(gateway, redis_server, redis={"heartbeat": heartbeat(500)})
    behind = kept(gateway, late, redis=SLOW_BEATS)
    page = Resuming(ahead.ws_url)
    page.come()
    late.hold_answers()
    following = subscribed(publisher, MARKS)
    following(), following()
    room(publisher, "1")
    page.take_until("1")
    hop_ahead(page, behind, lambda: room(publisher, "2"), late)
    page.take_until("2")
    assert page.contents == ["1", "2"]
    page.leave()


def test_a_cursor_of_nobodys_is_a_gap_soon(daemon):
    page = Resuming(daemon.ws_url)
    head = page.come().id
    page.leave()
    mark = head.partition("~")[0]
    for cursor in ("nobody~7", f"{mark}~999", "~", f"{mark}~01"):
        page.cursor = cursor
        assert page.come().word == "gap"
        assert page.first.id not in ("", cursor)
        page.leave()


# -- breaks


def test_who_was_there_hears_of_an_outage_in_order(
    daemon, redis_server, publisher
):
    """Numbers that are missing are missing at a gap."""
    page = Resuming(daemon.ws_url)
    page.come()
    has_told = threading.Event()

    def publish():
        n = 0
        while not has_told.is_set():
            room(publisher, str(n))
            n += 1
        room(publisher, "last")

    def kill():
        redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")

    def read():
        expected, is_open = 0, False
        while True:
            frame = page.take(20)
            if frame.word == "gap":
                is_open = True
                has_told.set()
            elif frame.word is None and frame.content == b"last":
                return
            elif frame.word is None:
                n = int(frame.content)
                assert n == expected or (n > expected and is_open)
                expected, is_open = n + 1, False

    in_threads((publish,), (kill,), (read,))
    assert page.gaps == 1
    page.leave()
    page.come()
    assert page.first.word == "at"
    page.leave()


def test_what_comes_before_the_first_mark_is_behind_the_gap(
    gateway, connect, publisher, late
):
    """All is subscribed, but our mark is not published yet."""
    daemon = kept(gateway, late, redis=SLOW_BEATS)
    page, plain = Resuming(daemon.ws_url), connect(daemon, "/plain/lobby")
    page.come()
    late.hold(b"PUBLISH")
    late.cut()
    daemon.wait_metric("roomcast_backend_lost_total", 1)
    eventually(
        lambda: room(publisher, "held") == 1, 10, "it hears all rooms again"
    )
    assert daemon.metric("roomcast_payloads_total") == 0
    room(publisher, "held, too")
    late.release()
    frames = [page.take() for _ in range(3)]
    assert [frame.word for frame in frames] == ["gap", None, None]
    assert [bool(frame.id) for frame in frames] == [True, False, False]
    assert page.contents == ["held", "held, too"]
    assert plain.recv_many(2) == page.contents
    room(publisher, "counted")
    assert page.take().id == frames[0].id.replace("~0", "~1")
    page.leave()
    page.cursor = frames[0].id
    assert page.come().word == "at"
    assert page.take().content == b"counted"
    page.leave()


def test_cursors_from_before_an_outage_are_a_gap(
    daemon, redis_server, publisher
):
    page = Resuming(daemon.ws_url)
    page.come()
    room(publisher, "1")
    page.take_until("1")
    page.leave()
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    daemon.wait_metric("roomcast_backend_connects_total", 2)
    daemon.wait_ready()
    assert page.come().word == "gap"
    room(publisher, "2")
    page.take_until("2")
    page.leave()
    assert page.come().word == "at"
    page.leave()


def test_the_one_that_was_not_cut_off_knows_them_still(
    gateway, redis_server, publisher, late
):
    cut, whole = kept(gateway, late), kept(gateway, redis_server)
    page = Resuming(cut.ws_url)
    page.come()
    room(publisher, "1")
    page.take_until("1")
    page.leave()
    late.hold()  # or it would be back before the next message
    late.cut()
    cut.wait_metric("roomcast_backend_lost_total", 1)
    room(publisher, "2")
    late.release()
    page.url_of = whole.ws_url
    page.come()
    page.take_until("2")
    assert page.gaps == 0 and page.contents == ["1", "2"]
    page.leave()
    cut.wait_metric("roomcast_backend_connects_total", 2)
    cut.wait_ready()
    page.url_of = cut.ws_url
    assert page.come().word == "gap"
    # The mark behind which it counts is known to both.
    room(publisher, "3")
    page.take_until("3")
    page.leave()
    page.url_of = whole.ws_url
    assert page.come().word == "at"
    page.leave()


def test_a_server_that_is_killed_has_no_past(
    pair, connect, redis_server
):
    live = [Resuming(daemon.ws_url) for daemon in pair]
    gone = Resuming(pair[0].ws_url)
    for page in (*live, gone):
        page.come()
    gone.leave()
    redis_server.kill()
    for daemon in pair:
        daemon.wait_metric("roomcast_backend_up", 0)
    redis_server.start()
    for daemon in pair:
        daemon.wait_ready()
    publisher = redis_server.client()
    room(publisher, "after")
    for page in live:
        page.take_until("after")
        assert page.gaps == 1 and page.contents == ["after"]
        page.leave()
    assert gone.come().word == "gap"
    gone.leave()


def test_without_a_server_they_wait_and_are_let_in(gateway, tmp_path):
    server = RedisServer(tmp_path)
    daemon = kept(gateway, server, wait=False, redis=SLOW_BEATS)
    page = Resuming(daemon.ws_url)
    arriving = threading.Thread(target=page.come)
    arriving.start()
    daemon.wait_metric(PARKED, 1)
    # It is asked for before the client can know that it is in.
    daemon.wait_metric("roomcast_connections", 1)
    server.start()
    try:
        arriving.join()
        assert page.first.word == "at"
        room(server.client(), "hi")
        page.take_until("hi")
        page.leave()
    finally:
        server.finish()


@pytest.mark.waits
def test_without_a_server_nobody_waits_for_ever(gateway, tmp_path):
    server = RedisServer(tmp_path)
    daemon = kept(gateway, server, wait=False, redis={"heartbeat": "200ms"})
    page = Resuming(daemon.ws_url)
    assert page.come().word == "gap"
    page.leave()


# -- what counts


def test_what_one_drops_counts_for_all(gateway, redis_server, publisher):
    """Instances with other limits, and what nobody can read."""
    large = kept(gateway, redis_server)
    small = kept(gateway, redis_server, limits={"payload": "1KiB"})
    pages = [Resuming(daemon.ws_url) for daemon in (large, small)]
    for page in pages:
        page.come()
    publisher.publish("roomcast:send", "{malformed")
    publisher.publish("roomcast:control", "none")
    room(publisher, "in no room", name="x" * 300)
    room(publisher, "x" * 2000)
    room(publisher, "last")
    for page in pages:
        page.take_until("last")
    assert pages[0].cursor == pages[1].cursor
    assert [page.gaps for page in pages] == [0, 1]
    for page in pages:
        page.leave()


# -- what is on the channel of marks


def told(daemon, text):
    return [line for line in daemon.lines if text in line]


def test_what_is_no_mark_is_named_once(daemon, publisher):
    page = Resuming(daemon.ws_url)
    page.come()
    room(publisher, "1")
    text = a_mark(publisher)
    for n in range(3):
        foreign = text.split()
        foreign[1] = b"foreign.%d" % n
        foreign[5] = b"%016x" % n
        publisher.publish(MARKS, b" ".join(foreign))
        publisher.publish(MARKS, "hello")
        publisher.publish(MARKS, "x" * 2_000_000)
    room(publisher, "2")
    page.take_until("2")
    assert page.contents == ["1", "2"] and page.gaps == 0
    page.leave()
    assert page.come().word == "at"
    page.leave()
    assert len(told(daemon, "of others who hear other channels")) == 1
    (line,) = told(daemon, "what is no mark is ignored")
    assert "remedy=" in line


def test_another_group_has_marks_of_its_own(gateway, redis_server, publisher):
    """Two apps that share a server and have named their marks alike."""
    mine = kept(gateway, redis_server)
    other = kept(gateway, redis_server, channels={"send": "other:send"})
    page = Resuming(mine.ws_url)
    page.come()
    publisher.publish("other:send", "x")
    for n in range(20):
        room(publisher, str(n))
    page.take_until("19")
    assert page.gaps == 0
    page.leave()
    for daemon in (mine, other):
        daemon.wait_log("marks of others who hear other channels")
        assert daemon.metric(MISMATCHES) == 0


def test_a_mark_that_comes_twice_voids(pair, publisher):
    live = [Resuming(daemon.ws_url) for daemon in pair]
    gone = Resuming(pair[0].ws_url)
    for page in (*live, gone):
        page.come()
    gone.leave()
    room(publisher, "1")
    publisher.publish(MARKS, a_mark(publisher))
    for page, daemon in zip(live, pair):
        while page.gaps == 0:
            page.take()
        assert page.contents == ["1"]
        daemon.wait_log(" error redis: a mark has come twice")
    room(publisher, "2")
    for page in live:
        page.take_until("2")
        assert page.gaps == 1
    assert gone.come().word == "gap"
    for page in (*live, gone):
        page.leave()
        assert page.come().word == "at"
        page.leave()


def forge(publisher, name):
    """A mark of the right group that tells of another order."""
    following = subscribed(publisher, MARKS)
    before, parts = b"-", following().split()
    while b"-" in (before, parts[2]):  # it tells of no stretch
        before, parts = parts[2], following().split()
    parts[1] = name.encode()
    parts[4] = b"%016x" % (int(parts[4], 16) ^ 1)
    publisher.publish(MARKS, b" ".join(parts))


def test_another_order_is_found_and_at_last_it_is_off(
    daemon, redis_server, publisher
):
    page, gone = Resuming(daemon.ws_url), Resuming(daemon.ws_url)
    page.come()
    gone.come()
    room(publisher, "1")
    gone.take_until("1")
    gone.leave()
    page.take_until("1")
    forge(publisher, "forged.1")
    while page.gaps == 0:
        page.take(10)
    daemon.wait_metric(MISMATCHES, 1)
    daemon.wait_log(" error redis: another instance hears .*history.stream")
    room(publisher, "2")
    page.take_until("2")
    assert page.cursor
    forge(publisher, "forged.2")
    while page.gaps == 1:
        page.take(10)
    daemon.wait_log(" error redis: history is off")
    room(publisher, "3")
    frame = page.take(10)
    while frame.word == "at":
        frame = page.take(10)
    assert (frame.id, frame.content) == ("", b"3")
    for cursor in (page.cursor, gone.cursor):
        gone.cursor = cursor
        assert gone.come().word == "gap"
        gone.leave()
    forge(publisher, "forged.3")
    room(publisher, "4")
    page.take_until("4")
    assert page.gaps == 2
    # What is missed is told all the same.
    redis_server.cli("CLIENT", "KILL", "TYPE", "pubsub")
    while page.gaps == 2:
        page.take(10)
    room(publisher, "again")
    page.take_until("again")
    assert page.gaps == 3
    # Until somebody has seen to it.
    daemon.signal(1)
    while page.gaps == 3:
        page.take(10)
    room(publisher, "5")
    page.take_until("5")
    page.leave()
    assert page.come().word == "at"
    page.leave()


@pytest.fixture
def cluster(tmp_path):
    """Two nodes that tell each other what is published, in no one order."""
    nodes = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        options = ("--cluster-enabled", "yes", "--cluster-port")
        nodes.append(RedisServer(folder, *options, str(free_port())))
    try:
        for node in nodes:
            node.start()
        one, other = nodes
        bus = other.options[-1]
        one.cli("CLUSTER", "MEET", "127.0.0.1", str(other.port), bus)
        for node in nodes:
            eventually(
                lambda: "cluster_known_nodes:2" in node.cli("CLUSTER", "INFO")
                and "connected" in node.cli("CLUSTER", "NODES")
                and "handshake" not in node.cli("CLUSTER", "NODES"),
                20,
                "the nodes know each other",
            )
        yield nodes
    finally:
        for node in nodes:
            node.finish()


@pytest.mark.waits
def test_a_cluster_has_no_order_and_that_is_found(gateway, cluster):
    daemons = [
        kept(gateway, node, redis={"heartbeat": "200ms"}) for node in cluster
    ]
    is_over = threading.Event()

    def publish(node):
        publisher = node.client()
        for n in range(1_000_000):
            room(publisher, str(n))
            if is_over.is_set():
                return

    def watch():
        try:
            for daemon in daemons:
                daemon.wait_log("history is off until the next reload", 30)
                assert daemon.metric(MISMATCHES) >= 2
        finally:
            is_over.set()

    in_threads(*((publish, node) for node in cluster), (watch,))
    page = Resuming(daemons[0].ws_url)
    page.cursor = "any~1"
    assert page.come().word == "gap"
    page.leave()
    for daemon in daemons:
        daemon.wait_log("history is off until the next reload")


# -- an instance that has just started


def test_who_is_alone_is_soon_ready(gateway, redis_server):
    daemon = kept(
        gateway,
        redis_server,
        wait=False,
        redis={"heartbeat": "1s"},
        history={"warmup": "1h"},
    )
    daemon.wait_metric("roomcast_backend_up", 1)
    status, body, _ = daemon.admin("/readyz")
    assert status == 200 or "history.warmup" in body
    daemon.wait_ready()


@pytest.mark.waits
def test_beside_others_it_warms_up_first(gateway, redis_server, connect):
    first = kept(gateway, redis_server)
    warmup = f"{4 * TIME_FACTOR:g}s"  # to be seen while it lasts
    second = kept(
        gateway, redis_server, wait=False, history={"warmup": warmup}
    )
    second.wait_metric("roomcast_backend_up", 1)
    status, body, _ = second.admin("/readyz")
    assert status == 503 and body.startswith("warming up")
    client = connect(second, since("/ws/lobby"))
    assert Frame(client.recv()).word == "at"
    second.wait_ready()
    assert first.admin("/readyz")[0] == 200
