"""`?history=N`: the last messages come first, then what is live."""

import json

import pytest

from rig.client import Client, Refused
from rig.deflate import compression, content_of, offer
from rig.people import id_of, people, send, token
from rig.resuming import Resuming
from rig.tls import certificates, listen, trusting, wss

WORKERS = [1, 2]

ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True, "history": 5},
    {
        "path": "/hello/{room}",
        "rooms": ["{room}"],
        "welcome": True,
        "history": 5,
    },
    {"path": "/many", "rooms": ["{query.rooms}"], "history": 50},
    {"path": "/plain/{room}", "rooms": ["{room}"]},
    {"path": "/taken", "rooms": ["{query.history}"]},
    {"path": "/none/{room}", "rooms": ["{room}"], "resume": True},
]


def history(**keys):
    return {"history": keys, "routes": ROUTES}


@pytest.fixture
def daemon(gateway):
    return gateway(**history())


def room(publisher, content, name="lobby"):
    return publisher.publish(f"roomcast:room:{name}", content)


def publish_numbers(daemon, count):
    publisher = daemon.publisher()
    for n in range(count):
        room(publisher, str(n))
        room(publisher, "not for this one", name="elsewhere")
    return publisher


def status_of(connect, daemon, path):
    with pytest.raises(Refused) as refused:
        connect(daemon, path)
    return refused.value.status_code


def test_the_last_messages_come_first(daemon, connect):
    publisher = publish_numbers(daemon, 10)
    client = connect(daemon, "/ws/lobby?history=3")
    room(publisher, "live")
    assert [client.recv() for _ in range(4)] == ["7", "8", "9", "live"]


def test_with_ids_the_first_note_is_before_the_first_of_them(daemon):
    publisher = publish_numbers(daemon, 10)
    page = Resuming(daemon.ws_url, "/ws/lobby?history=3")
    first = page.come()
    assert first.word == "at"
    room(publisher, "live")
    page.take_until("live")
    assert page.contents == ["7", "8", "9", "live"]
    page.leave()
    other = Resuming(daemon.ws_url)
    other.cursor = first.id
    other.come()
    other.take_until("live")
    assert other.contents == page.contents
    other.leave()
    assert daemon.metric('roomcast_resumes_total{outcome="history"}') == 1


def test_where_nothing_is_kept_the_first_note_is_the_head(daemon):
    publisher = daemon.publisher()
    room(publisher, "before", name="elsewhere")
    page, head = (
        Resuming(daemon.ws_url, path)
        for path in ("/ws/lobby?history=3", "/ws/lobby")
    )
    assert page.come().id == head.come().id
    room(publisher, "live")
    page.take_until("live")
    assert page.contents == ["live"]
    page.leave()
    head.leave()


def test_beside_a_cursor_it_is_ignored(daemon):
    page = Resuming(daemon.ws_url)
    page.come()
    publisher = publish_numbers(daemon, 3)
    page.take_until("2")
    page.leave()
    for value in ("1", "x", "1&history=2"):
        page.path = f"/ws/lobby?history={value}"
        room(publisher, f"missed {value}")
        assert page.come().word == "at"
        page.take_until(f"missed {value}")
        page.leave()
    assert page.contents[2:] == [
        "2",
        "missed 1",
        "missed x",
        "missed 1&history=2",
    ]


@pytest.mark.parametrize("value", ["6", "1000000", "9" * 40, "%31%30"])
def test_the_route_says_the_most(daemon, connect, value):
    publisher = publish_numbers(daemon, 10)
    client = connect(daemon, f"/ws/lobby?history={value}")
    room(publisher, "live")
    wanted = ["5", "6", "7", "8", "9", "live"]
    assert [client.recv() for _ in wanted] == wanted


@pytest.mark.parametrize("path", ["/ws/lobby?history=0", "/none/lobby?history=9"])
def test_none_are_wanted_or_permitted(daemon, connect, path):
    publisher = publish_numbers(daemon, 3)
    client = connect(daemon, path)
    room(publisher, "live")
    assert client.recv() == "live"


@pytest.mark.parametrize(
    "value", ["", "x", "-1", "+1", "1.0", "0x1", "%20", "1%", "9" * 100]
)
@pytest.mark.parametrize("more", ["", "&since="])
def test_what_is_no_number_is_400(daemon, connect, value, more):
    path = f"/ws/lobby?history={value}{more}"
    assert status_of(connect, daemon, path) == 400
    assert daemon.metric('roomcast_refused_total{reason="history"}') == 1


def test_twice_is_400(daemon, connect):
    assert status_of(connect, daemon, "/ws/lobby?history=1&history=1") == 400
    refused = 'roomcast_refused_total{reason="history_twice"}'
    assert daemon.metric(refused) == 1


def test_elsewhere_the_name_is_the_apps(daemon, connect):
    publisher = publish_numbers(daemon, 3)
    client = connect(daemon, "/plain/lobby?history=x")
    other = connect(daemon, "/taken?history=lobby")
    room(publisher, "live")
    assert client.recv() == other.recv() == "live"


def test_without_history_it_is_nobodys(gateway, connect):
    daemon = gateway()
    client = connect(daemon, "/ws/lobby?history=x")
    room(daemon.publisher(), "live")
    assert client.recv() == "live"


def test_the_welcome_comes_before_them(daemon, connect):
    publish_numbers(daemon, 3)
    client = connect(daemon, "/hello/lobby?history=2")
    assert json.loads(client.recv())["type"] == "roomcast.welcome"
    assert [client.recv(), client.recv()] == ["1", "2"]


def test_over_all_rooms_the_user_and_broadcasts(gateway, people, connect):
    routes = [{**route, "history": 50} for route in people["routes"]]
    daemon = gateway(history={}, auth=people["auth"], routes=routes)
    publisher = daemon.publisher()
    send(publisher, "too early", rooms=["a"])
    send(publisher, "for a", rooms=["a"])
    send(publisher, "for anna", users=["anna"])
    send(publisher, "for berta", users=["berta"])
    send(publisher, "for both", rooms=["a", "b"])
    publisher.publish("roomcast:broadcast", "for all")
    send(publisher, "for c", rooms=["c"])
    send(publisher, "for b", rooms=["b"])
    send(publisher, "not kept", rooms=["b"], keep=False)
    path = f"/user?rooms=a,b&history=5&token={token('anna')}"
    client = connect(daemon, path)
    id_of(client)
    send(publisher, "live", rooms=["b"])
    wanted = ["for a", "for anna", "for both", "for all", "for b", "live"]
    assert [client.recv() for _ in wanted] == wanted


@pytest.mark.parametrize("kind", ["plain", "tls", "deflate"])
def test_many_pages_of_them_are_in_order(gateway, certificates, kind):
    """More than one page: 50 of 8 kB with a queue of 64 KiB."""
    options, sections = {}, {"delivery": {"queue": "64KiB"}}
    if kind == "tls":
        sections["listen"] = listen(certificates.first)
        options["ssl"] = trusting(certificates.first)
    if kind == "deflate":
        sections["delivery"].update(compression(min_size="1B"))
        options["compression"] = "deflate"
    daemon = gateway(**sections, **history())
    publisher = daemon.publisher()
    for n in range(60):
        room(publisher, f"{n} {'x' * 8000}")
    path = "/many?rooms=lobby&history=50"
    url = wss(daemon, path) if kind == "tls" else daemon.ws_url(path)
    client = Client.connect(url, **options)
    room(publisher, "live")
    read = [client.recv().split()[0] for _ in range(51)]
    assert read == [*map(str, range(10, 60)), "live"]
    client.close()


def test_deflated_ones_come_deflated(gateway, raw):
    daemon = gateway(delivery=compression(min_size="1B"), **history())
    text = "again and " * 100
    first = raw.upgraded(daemon, "/ws/lobby", headers=offer())
    room(daemon.publisher(), text)
    assert content_of(first.read_frame()).decode() == text
    s = raw.upgraded(daemon, "/ws/lobby?history=1", headers=offer())
    frame = s.read_frame()
    assert frame.is_deflated and content_of(frame).decode() == text


def test_a_reader_whose_messages_have_gone_is_closed(gateway, raw):
    """Without ids nobody could tell it that there is a gap."""
    daemon = gateway(
        delivery={"queue": "64KiB", "socket_buffer": "16KiB"},
        **history(memory="4MiB"),
    )
    publisher = daemon.publisher()
    big = "x" * 8000
    for n in range(60):
        room(publisher, f"{n} {big}")
    path = "/many?rooms=lobby&history=50"
    s = raw.upgraded(daemon, path, receive_buffer=4096)
    assert s.read_frame().payload.startswith(b"10 ")
    for n in range(60, 400):
        room(publisher, f"{n} {big}")
    numbers = [10]
    while True:
        frame = s.read_frame()
        if frame.opcode == 8:
            break
        numbers.append(int(frame.payload.split()[0]))
    assert frame.code == 1013
    assert numbers == [*range(10, 10 + len(numbers))]
