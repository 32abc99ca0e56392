"""What a client was called before: `was`, and messages that spare it."""

import json

import pytest

from rig.client import Refused
from rig.events import Stream
from rig.people import id_of, send
from rig.resuming import Frame, Resuming, since

WORKERS = [1, 2]

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True},
    {
        "path": "/hello/{room}",
        "rooms": ["{room}"],
        "welcome": True,
        "resume": True,
    },
    {
        "path": "/events/{room}",
        "rooms": ["{room}"],
        "transports": ["sse"],
        "resume": True,
    },
    {"path": "/plain/{room}", "rooms": ["{room}"]},
    {"path": "/taken", "rooms": ["{query.was}"]},
]


@pytest.fixture
def daemon(gateway):
    return gateway(history={}, routes=ROUTES)


def page(daemon, path="/ws/lobby"):
    it = Resuming(daemon.ws_url, path)
    it.come()
    return it


def to_lobby(publisher, content, *spared):
    send(publisher, content, rooms=["lobby"], **{"except": list(spared)})


# -- live


def test_a_name_that_the_page_has_made_up_is_spared(daemon):
    mine = [page(daemon, "/ws/lobby?was=me") for _ in range(6)]
    others = [page(daemon, f"/ws/lobby?was=not-me-{n}") for n in range(6)]
    publisher = daemon.publisher()
    to_lobby(publisher, "by me", "nobody", "me")
    to_lobby(publisher, "last")
    for one in mine + others:
        one.take_until("last")
    assert [one.contents for one in mine] == [["last"]] * 6
    assert [one.contents for one in others] == [["by me", "last"]] * 6


def test_each_of_four_names_is_spared(daemon):
    one = page(daemon, "/ws/lobby?was=a,b%2Cc,d+e")
    publisher = daemon.publisher()
    for name in ("a", "b", "c", "d e", "d", "A", "a,b"):
        to_lobby(publisher, f"not {name}", name)
    one.take_until("not a,b")
    assert one.contents == ["not d", "not A", "not a,b"]


def test_without_since_a_name_is_spared_as_well(daemon, connect):
    client = connect(daemon, "/ws/lobby?was=me")
    publisher = daemon.publisher()
    to_lobby(publisher, "by me", "me")
    to_lobby(publisher, "last")
    assert client.recv() == "last"


def test_a_user_and_a_connection_that_are_named_are_spared(daemon, connect):
    client = connect(daemon, "/hello/lobby?was=me")
    publisher = daemon.publisher()
    ident = id_of(client)
    send(publisher, "no", connections=[ident], **{"except": ["me"]})
    send(publisher, "yes", connections=[ident])
    assert client.recv() == "yes"


# -- replayed


def test_who_comes_back_does_not_get_its_own_messages(daemon):
    one, other = page(daemon, "/ws/lobby?was=me"), page(daemon)
    for it in (one, other):
        it.leave()
    publisher = daemon.publisher()
    to_lobby(publisher, "by me", "me")
    to_lobby(publisher, "by another", "another")
    for it in (one, other):
        it.come()
    to_lobby(publisher, "by me, live", "me")
    to_lobby(publisher, "last")
    for it in (one, other):
        it.take_until("last")
    assert one.contents == ["by another", "last"]
    assert other.contents == ["by me", "by another", "by me, live", "last"]
    assert one.gaps == other.gaps == 0


def test_the_id_of_an_earlier_connection_is_a_name(daemon):
    first = Resuming(daemon.ws_url, "/hello/lobby")
    first.come()
    ident = json.loads(Frame(first.client.recv()).content)["connection"]
    publisher = daemon.publisher()
    to_lobby(publisher, "live", ident)
    first.leave()
    to_lobby(publisher, "missed", ident)
    first.path = f"/hello/lobby?was={ident}"
    first.come()
    to_lobby(publisher, "live again", ident)
    to_lobby(publisher, "last")
    first.take_until("last")
    assert first.contents == ["last"]


def test_so_is_an_id_that_another_instance_has_given(daemon):
    foreign = "AAAAAAAAAAAAAAAAAAAAAA"
    one = page(daemon, f"/ws/lobby?was={foreign}")
    one.leave()
    publisher = daemon.publisher()
    to_lobby(publisher, "missed", foreign)
    one.come()
    to_lobby(publisher, "live", foreign)
    to_lobby(publisher, "last")
    one.take_until("last")
    assert one.contents == ["last"]


def test_on_another_instance_it_is_spared_as_well(gateway, redis_server):
    stream = "roomcast:stream"
    daemons = [
        gateway(redis_server, history={"stream": stream}, routes=ROUTES)
        for _ in range(2)
    ]
    for daemon in daemons:
        daemon.wait_ready()

    def add(content, *spared):
        envelope = {"rooms": ["lobby"], "text": content, "except": spared}
        fields = {"roomcast:send": json.dumps(envelope)}
        redis_server.client().xadd(stream, fields)

    first = Resuming(daemons[0].ws_url, "/hello/lobby")
    first.come()
    ident = json.loads(Frame(first.client.recv()).content)["connection"]
    add("live", ident)
    add("seen")
    first.take_until("seen")
    first.leave()
    add("missed", ident)
    again = Resuming(daemons[1].ws_url, f"/hello/lobby?was={ident}")
    again.cursor = first.cursor
    assert again.come().word == "at"
    add("live again", ident)
    add("last")
    again.take_until("last")
    assert first.contents == ["seen"]
    assert again.contents == ["last"] and again.gaps == 0


def test_an_event_source_is_spared_by_a_name_of_its_page(daemon):
    path = "/events/lobby?was=me"
    stream = Stream.open(daemon, path)
    publisher = daemon.publisher()
    to_lobby(publisher, "by me", "me")
    to_lobby(publisher, "first")
    first = stream.next()
    assert first.data == "first"
    stream.close()
    to_lobby(publisher, "by me, missed", "me")
    to_lobby(publisher, "missed")
    again = Stream.open(daemon, path, [("Last-Event-ID", first.id)])
    to_lobby(publisher, "by me, live", "me")
    to_lobby(publisher, "last")
    assert [again.next().data for _ in range(2)] == ["missed", "last"]
    again.close()


# -- what is no name


@pytest.mark.parametrize(
    "query, reason",
    [
        ("was=a,b,c,d,e", "was"),
        ("was=a,", "was"),
        ("was=,a", "was"),
        ("was=a,,b", "was"),
        ("was=a%0A", "was"),
        ("was=a%", "was"),
        ("was=%C3%A9", "was"),
        ("was=" + 65 * "a", "was"),
        ("was=a&was=a", "was_twice"),
    ],
)
def test_what_is_ill_formed_is_400(daemon, connect, query, reason):
    with pytest.raises(Refused) as refused:
        connect(daemon, since(f"/ws/lobby?{query}"))
    assert refused.value.status_code == 400
    metric = f'roomcast_refused_total{{reason="{reason}"}}'
    assert daemon.metric(metric) == 1


def test_an_empty_one_is_nobody(daemon):
    one = page(daemon, "/ws/lobby?was=")
    to_lobby(daemon.publisher(), "hi", "me")
    one.take_until("hi")


@pytest.mark.parametrize("path", ["/plain/lobby", "/taken"])
def test_without_resume_the_parameter_is_nobodys(daemon, connect, path):
    client = connect(daemon, f"{path}?was=lobby")
    to_lobby(daemon.publisher(), "hi", "lobby")
    assert client.recv() == "hi"
    if path == "/plain/lobby":
        connect(daemon, f"{path}?was=,,,,&was=")
