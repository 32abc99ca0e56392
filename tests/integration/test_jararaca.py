"""An app on Jararaca moves over, by docs/migrating-from-jararaca.md and with
conf/jararaca.yaml as it is. All that reaches clients through roomcast is what
Jararaca sends to its own."""

import json
import subprocess
import urllib.error
import urllib.request

import pytest

from rig.client import Refused
from rig.console import Console, sections
from rig.gateway import BINARY, ROOT
from rig.jararaca import ANN, PAGE, chat, drop_in, in_front, jararaca
from rig.pages import filled, snippet
from rig.resuming import Resuming
from rig.tls import certificates
from rig.waiting import seconds

# The chat is dear to start: one process has it.
pytestmark = [pytest.mark.outside, pytest.mark.xdist_group("jararaca")]

# The class that its docs name, by itself.
PUBLISH = """
import asyncio, sys
from redis.asyncio import Redis
from jararaca import RedisWebSocketConnectionBackend

async def main(url):
    backend = RedisWebSocketConnectionBackend(
        conn=Redis.from_url(url),
        send_pubsub_channel="jararaca:websocket:send",
        broadcast_pubsub_channel="jararaca:websocket:broadcast",
    )
    for i in range(100):
        await backend.send(["chat-1", "chat-2"], b'{"n": %d, "big": 12345678901234567890}' % i)
    await backend.send(["chat-2"], b"a\\x00b")
    await backend.broadcast(b"\\x00\\xff raw")
    await backend.redis.aclose()

asyncio.run(main(sys.argv[1]))
"""


def test_the_shipped_file_is_fine_and_there_is_nothing_to_note():
    done = subprocess.run(
        [BINARY, "-c", ROOT / "conf" / "jararaca.yaml", "--check-config"],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_its_publishers_work_unchanged(
    gateway, connect, redis_server, jararaca
):
    """Two instances, three workers each, members of one room on all."""
    configuration = {
        "channels": {
            "send": "jararaca:websocket:send",
            "broadcast": "jararaca:websocket:broadcast",
        },
        "routes": [
            {"path": "/ws", "rooms": ["{query.rooms}"], "frames": "binary"}
        ],
        "workers": 3,
    }
    daemons = [gateway(redis_server, **configuration) for _ in range(2)]
    clients = []
    for daemon in daemons:
        daemon.wait_ready()
        for _ in range(6):
            clients.append(connect(daemon, "/ws?rooms=chat-1,chat-2"))
            clients.append(connect(daemon, "/ws?rooms=chat-2"))
    subprocess.run(
        [jararaca, "-c", PUBLISH, redis_server.url],
        check=True,
        timeout=seconds(60),
    )
    expected = [
        *(b'{"n": %d, "big": 12345678901234567890}' % i for i in range(100)),
        b"a\0b",
        b"\x00\xff raw",
    ]
    for client in clients:
        assert client.recv_many(len(expected)) == expected


def post(target, path, content="grüße", numbers=(), context=None):
    body = {"content": content, "numbers": list(numbers)}
    request = urllib.request.Request(
        f"{target}{path}",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(
        request, timeout=seconds(10), context=context
    ) as answer:
        assert json.load(answer) == {"status": "sent"}


def say(chat, rooms, numbers):
    """The app publishes when it has answered: the messages are on their way."""
    post(f"http://{chat.address}", f"/chat/messages/{rooms}", numbers=numbers)


def said(numbers):
    """The frames that Jararaca makes of what was said."""
    return [
        '{"MESSAGE_ID":"chat.message","message":'
        f'{{"user_id":"42","content":"grüße","number":{n}}}}}'.encode()
        for n in numbers
    ]


def refused(connect, target, path, **options):
    with pytest.raises(Refused) as caught:
        connect(target, path, **options)
    return caught.value.status_code


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_clients_move_over_and_back(connect, chat, drop_in, in_front, name):
    """One at the app, one by the proxy at roomcast, which has the very same
    path and gets the very same frames. Then it is the app's again."""
    daemon = drop_in()
    proxy = in_front(name, daemon)
    secure = {"ssl": proxy.context(), "extra_headers": ANN}
    paths = ["/chat/ws/chat-1", "/chat/ws/user-42"]
    theirs = [connect(chat.url(path), extra_headers=ANN) for path in paths]
    ours = [connect(proxy.url(path), **secure) for path in paths]
    daemon.wait_metric("roomcast_connections", 2)
    site = f"https://127.0.0.1:{proxy.port}"
    rest = {"context": proxy.context()}
    post(site, "/chat/messages/chat-1", numbers=range(20), **rest)
    chat.works(before=["signed in", "bought"], after=["signed out"])
    room = said(range(20))
    assert ours[0].recv_many(20) == room
    assert sorted(theirs[0].recv_many(20)) == sorted(room)
    user = ours[1].recv_many(3)
    assert sorted(theirs[1].recv_many(3)) == sorted(user)
    actions = [json.loads(frame)["message"]["action"] for frame in user]
    assert actions == ["signed in", "bought", "signed out"]
    post(site, "/chat/announcements", "Zurück um 3", **rest)
    for client in *ours, *theirs:
        assert client.recv() == "Zurück um 3".encode()
    with pytest.raises(urllib.error.HTTPError) as caught:
        post(site, "/websocket-auth", **rest)
    assert caught.value.code == 404

    back = in_front(name, daemon, "none")
    client = connect(back.url(paths[0]), **secure)
    say(chat, "chat-1", [20])
    assert client.recv() == said([20])[0]
    assert daemon.metrics()["roomcast_connections"] == 2


def test_text_comes_to_those_who_want_it(connect, chat, drop_in):
    daemon = drop_in({"frames: binary": "frames: text"})
    theirs = connect(chat.url("/chat/ws/chat-2"), extra_headers=ANN)
    ours = connect(daemon, "/chat/ws/chat-2", extra_headers=ANN)
    say(chat, "chat-2", range(5))
    got = ours.recv_many(5)
    assert [frame.encode() for frame in got] == said(range(5))
    assert sorted(theirs.recv_many(5)) == sorted(said(range(5)))


def test_a_member_of_two_rooms_gets_it_once(connect, chat, drop_in):
    """And from Jararaca twice."""
    path = "/ws?rooms=chat-3,chat-4"
    theirs = connect(chat.url(path), extra_headers=ANN)
    ours = connect(drop_in(), path, extra_headers=ANN)
    say(chat, "chat-3,chat-4", [1])
    assert ours.recv() == said([1])[0]
    assert theirs.recv_many(2) == said([1, 1])
    say(chat, "chat-4", [2])
    assert [ours.recv(), theirs.recv()] == said([2, 2])


@pytest.mark.parametrize(
    "path",
    [
        "/chat/ws/user-43",
        "/chat/ws/user%2D43",
        "/ws/user-43",
        "/ws?rooms=chat-1,user-43",
        "/ws?rooms=chat-1%2Cuser-43",
        "/ws/user-43?rooms=chat-1",
        "/ws?rooms=user-43&x=/chat-1",
        "/ws?rooms=user-43;rooms=chat-1",
        "/ws/*",
    ],
)
def test_nobody_is_let_into_what_is_anothers(drop_in, connect, chat, path):
    """Room, user: of her own she has both; who is nobody has none."""
    daemon = drop_in()
    assert refused(connect, daemon, path, extra_headers=ANN) == 403
    assert refused(connect, daemon, path) == 401


def test_the_hook_knows_every_credential(drop_in, connect, chat):
    daemon = drop_in()
    bearer = [("Authorization", "Bearer anns-session")]
    clients = [
        connect(daemon, "/ws/user-42", extra_headers=ANN),
        connect(daemon, "/ws/user-42", extra_headers=bearer),
        connect(daemon, "/ws/user-42?token=anns-session"),
        connect(daemon, "/ws?rooms=user-42,chat-1&token=anns-session"),
        connect(
            daemon,
            "/ws/user-42",
            extra_headers=[*ANN, ("Origin", "https://app.example.com")],
        ),
    ]
    say(chat, "user-42", [1])
    for client in clients:
        assert client.recv() == said([1])[0]
    foreign = [*ANN, ("Origin", "https://evil.example")]
    assert refused(connect, daemon, "/ws/user-42", extra_headers=foreign) == 403


def test_it_resumes_and_the_app_changes_nothing(connect, chat, drop_in):
    """Away three times; somebody else was there all the time."""
    alone = {"history: {}": "history: {warmup: 0}"}
    daemon = drop_in(sections=filled(snippet(PAGE, "yaml", "resume"), alone))
    path = "/chat/ws/chat-5"
    other = connect(daemon, path, extra_headers=ANN)
    client = Resuming(daemon.ws_url, path, extra_headers=ANN)
    heard = []
    for n in range(3):
        client.come()
        say(chat, "chat-5", [n])
        heard.append(other.recv())
        client.take_until(heard[-1])
        client.leave()
        say(chat, "chat-5", range(10 * n, 10 * n + 10))
        heard += other.recv_many(10)
    client.come()
    client.take_until(heard[-1])
    client.leave()
    assert client.contents == heard and client.gaps == 0


def test_the_page_shows_what_happens(chat, drop_in, tmp_path):
    drop_in()
    console = Console(
        tmp_path, {"6379": str(chat.redis.port), "8000": str(chat.port)}
    )
    shown = sections(PAGE)
    for heading in "1. Beside the app", "2. The hook":
        (block,) = [x for kind, x in shown[heading] if kind == "console"]
        console.follow(block)
