"""roomcastctl: each command against the real daemon, and what it cannot do."""

import contextlib
import json
import re
import socket
import subprocess
import threading

import pytest

from rig.ctl import ctl, good, good_json
from rig.gateway import ROOT, write_conf
from rig.people import ROUTES, id_of
from rig.waiting import eventually

TOKEN = "a token of this gateway, of 32 bytes or more"
COMMANDS = [
    "status",
    "tail",
    "rooms",
    "connections",
    "publish",
    "kick",
    "health",
    "check",
    "reload",
    "drain",
    "listen",
    "token",
]
ASKING = [x for x in COMMANDS if x not in ("check", "listen", "token")]
ARGUMENTS = {
    "publish": ["--room", "lobby", "--text", "hi"],
    "kick": ["--user", "42"],
}


def table(text):
    """The rows behind the titles, as words."""
    titles, *rows = [line.split() for line in text.splitlines()]
    return [dict(zip(titles, row)) for row in rows]


# -- the command line


def test_help_names_all_commands():
    text = good("--help")
    assert good("help") == good() == text
    for name in COMMANDS:
        assert f"\n  {name} " in text


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help_and_examples(name):
    text = good(name, "--help")
    assert text.startswith(f"Usage: roomcastctl {name}")
    assert f"\nExamples:\n  roomcastctl {name}" in text
    assert "Exit status: 0 " in text
    assert good("help", name) == text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_version():
    assert good("--version").startswith("roomcastctl ")


@pytest.mark.parametrize(
    "words, said",
    [
        (["helth"], "there is no command 'helth'; did you mean health?"),
        (["help", "xyzzy"], "there is no command 'xyzzy'"),
        (["rooms", "--prefx=a"], "no option --prefx; did you mean --prefix?"),
        (["rooms", "lobby"], "'lobby' is one word too many"),
        (["rooms", "--limit", "some"], "--limit: is 'some', and "),
        (["rooms", "--timeout", "5"], "--timeout: is '5', and "),
        (["kick"], "who is to go?"),
        (["publish", "--text", "a"], "who is to get it?"),
        (["publish", "--room", "a"], "one of --text, --message and --binary"),
        (
            ["publish", "--room=a", "--text=b", "--binary=Yg=="],
            "one of --text, --message and --binary",
        ),
    ],
)
def test_bad_usage_is_status_2(words, said):
    code, out, error = ctl(*words, env={"ROOMCAST_ADMIN": "127.0.0.1:1"})
    assert (code, out) == (2, "")
    assert said in error


# -- completion


def completed(*words):
    """What bash offers for the last word."""
    script = (
        f"source {ROOT}/contrib/completion/roomcastctl.bash\n"
        'COMP_WORDS=(roomcastctl "$@") COMP_CWORD=$#\n'
        "_roomcastctl\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n"
    )
    done = subprocess.run(
        ["bash", "-c", script, "bash", *words],
        capture_output=True, text=True, check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes(tmp_path):
    assert set(COMMANDS) <= set(completed(""))
    assert completed("conn") == ["connections"]
    assert completed("connections", "--us") == ["--user"]
    assert completed("rooms", "--us") == []
    (tmp_path / "roomcast.yaml").touch()
    assert completed("check", f"{tmp_path}/room") == [
        f"{tmp_path}/roomcast.yaml"
    ]


# -- where the gateway is


def test_by_the_option(gateway):
    daemon = gateway()
    url = daemon.admin_url
    assert good("health", "--admin", url) == "ok\n"
    assert good("health", "--admin", url + "/") == "ok\n"
    assert good("health", "--admin", url.removeprefix("http://")) == "ok\n"
    # It comes before the environment.
    there = {"ROOMCAST_ADMIN": "127.0.0.1:1"}
    assert good("health", "--admin", url, env=there) == "ok\n"


def test_by_the_configuration(gateway, tmp_path):
    """Address and token, of a unix socket as well."""
    (tmp_path / "token").write_text(TOKEN)
    place = f"unix:{tmp_path}/admin.sock"
    daemon = gateway(
        admin={"listen": place, "token_file": str(tmp_path / "token")}
    )
    assert good("rooms", "--config", daemon.conf_path) == "ROOM  MEMBERS\n"
    code, _, said = ctl("rooms", "--admin", place)
    assert code == 1
    assert "a token is asked for; send Authorization" in said
    assert said.endswith("with --token-file (401)\n")


def test_where_nothing_says_it(tmp_path):
    code, _, said = ctl("rooms", "--config", tmp_path / "nope.yaml")
    assert code == 2
    assert "nope.yaml" in said
    conf = write_conf(
        tmp_path / "a.yaml",
        {"backend": "embedded", "embedded": {"listen": "127.0.0.1:0"},
         "routes": [{"path": "/", "rooms": ["a"]}]},
    )
    code, _, said = ctl("rooms", "--config", conf)
    assert code == 2
    assert f"{conf} has no admin.listen" in said
    code, _, said = ctl("rooms", "--admin", "https://127.0.0.1")
    assert code == 2
    assert "it is http://HOST:PORT or unix:PATH" in said


def test_the_token(gateway, tmp_path):
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "other").write_text(TOKEN[::-1])
    daemon = gateway(admin={"token_file": str(tmp_path / "token")})
    assert good("health", daemon=daemon) == "ok\n"
    good("rooms", "--token-file", tmp_path / "token", daemon=daemon)
    good("rooms", daemon=daemon,
         env={"ROOMCAST_TOKEN_FILE": str(tmp_path / "token")})
    code, _, said = ctl(
        "rooms", "--token-file", tmp_path / "other", daemon=daemon
    )
    assert code == 1
    assert "this is not the token of this gateway" in said
    code, _, said = ctl(
        "rooms", "--token-file", tmp_path / "nope", daemon=daemon
    )
    assert code == 2
    assert "nope" in said


# -- nobody, or somebody else


@pytest.mark.parametrize("name", ASKING)
def test_nobody_is_there(name):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        there = "127.0.0.1:%d" % unused.getsockname()[1]
        code, out, said = ctl(
            name, *ARGUMENTS.get(name, []), "--admin", there
        )
    assert (code, out) == (3, "")
    assert said == (
        f"roomcastctl: nobody answers at {there}: Connection refused\n"
    )


def serve(server, answer):
    """Answer the next one with these bytes, whatever it asks for."""

    def run():
        peer, _ = server.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(answer)

    threading.Thread(target=run, daemon=True).start()


@pytest.fixture
def impostor():
    """A port at which anything may answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def address_of(server):
    return "%s:%d" % server.getsockname()


@pytest.mark.parametrize(
    "answer, said",
    [
        (b"", "the answer is cut short"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "malformed status line"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
            "the answer is cut short",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "too large"),
    ],
)
def test_what_is_no_admin_listener(impostor, answer, said):
    serve(impostor, answer)
    code, out, error = ctl("rooms", "--admin", address_of(impostor))
    assert (code, out) == (3, "")
    assert said in error


def test_who_says_nothing(impostor):
    code, out, error = ctl(
        "rooms", "--admin", address_of(impostor), "--timeout", "100ms"
    )
    assert (code, out) == (3, "")
    assert "no answer in time" in error


def test_who_never_comes_to_an_end(impostor):
    """The time is for the whole answer, not for each piece of it."""
    over = threading.Event()

    def trickle():
        peer, _ = impostor.accept()
        with peer, contextlib.suppress(OSError):
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not over.wait(0.05):
                peer.sendall(b" ")

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    code, out, error = ctl(
        "rooms", "--admin", address_of(impostor), "--timeout", "500ms"
    )
    over.set()
    thread.join()
    assert (code, out) == (3, "")
    assert "no answer in time" in error


@pytest.mark.parametrize("name", ASKING)
def test_the_port_of_clients_is_none_to_ask(gateway, name):
    there = "%s:%d" % gateway().address()
    code, out, said = ctl(name, *ARGUMENTS.get(name, []), "--admin", there)
    assert (code, out) == (1, "")
    assert said.endswith(f"; is {there} the admin.listen of a gateway?\n")
    assert " (426)" in said or " (405)" in said


@pytest.mark.parametrize("body", ["[]", "not JSON", ""])
def test_another_answer(impostor, body):
    serve(impostor, f"HTTP/1.0 200 OK\r\n\r\n{body}".encode())
    code, out, error = ctl("rooms", "--admin", address_of(impostor))
    assert (code, out) == (1, "")
    assert "the answer is not what an admin listener says" in error


@pytest.mark.parametrize(
    "words, body",
    [
        (["status"], {"why_not": [1, None], "recent": [[{"count": 1}], 2]}),
        (["status"], {"warnings": [1, [], {"level": 1, "msg": {}}]}),
        (["reload"], {"restart_needed": [1], "errors": [{}, None]}),
        (["rooms"], {"rooms": [1, {"name": 2, "members": "x"}]}),
        (["connections"], {"connections": [{"rooms": [1, []], "id": {}}, 3]}),
    ],
)
def test_members_of_another_kind(impostor, words, body):
    """No gateway says so; what does is shown as far as it goes."""
    answer = f"HTTP/1.0 200 OK\r\n\r\n{json.dumps(body)}".encode()
    serve(impostor, answer)
    code, out, error = ctl(*words, "--admin", address_of(impostor))
    assert code in (0, 1), error


def test_names_do_not_drive_the_terminal(impostor):
    body = json.dumps({"rooms": [{"name": "\x1b[2J\n", "members": 1}]})
    serve(impostor, f"HTTP/1.0 200 OK\r\n\r\n{body}".encode())
    out = good("rooms", "--admin", address_of(impostor))
    assert out.splitlines()[1].split() == ["\\x1b[2J\\x0a", "1"]


def test_nor_does_a_refusal(impostor):
    body = json.dumps({"error": "\x1b[2J"})
    serve(impostor, f"HTTP/1.0 403 No\r\n\r\n{body}".encode())
    code, _, said = ctl("rooms", "--admin", address_of(impostor))
    assert (code, said) == (1, "roomcastctl: \\x1b[2J (403)\n")


# -- health


def test_health(gateway, redis_server):
    daemon = gateway(redis_server)
    daemon.wait_ready()
    assert good("health", daemon=daemon) == "ok\n"
    assert good("health", "--ready", daemon=daemon) == "ready\n"
    redis_server.kill()
    eventually(
        lambda: ctl("health", "--ready", daemon=daemon)
        == (1, "backend: redis is not connected and subscribed\n", ""),
        10,
        "it is not ready",
    )
    assert good("health", daemon=daemon) == "ok\n"


# -- who is here


def test_rooms(gateway, connect):
    daemon = gateway(routes=ROUTES)
    for names in "lobby", "lobby,lob-2", "other":
        id_of(connect(daemon, f"/rooms?rooms={names}"))
    rows = table(good("rooms", "--prefix", "lob", daemon=daemon))
    assert sorted((row["ROOM"], row["MEMBERS"]) for row in rows) == [
        ("lob-2", "1"),
        ("lobby", "2"),
    ]
    found = good_json("rooms", "--prefix", "other", daemon=daemon)
    assert found == {
        "rooms": [{"name": "other", "members": 1}], "next": None
    }


def test_pages_are_turned(gateway, connect):
    daemon = gateway(routes=ROUTES)
    names = [f"room-{i}" for i in range(12)]
    id_of(connect(daemon, "/rooms?rooms=" + ",".join(names)))
    code, out, said = ctl("rooms", "--limit", 5, daemon=daemon)
    assert (code, len(table(out))) == (0, 5)
    assert said == "there are more: --all shows them\n"
    rows = table(good("rooms", "--all", daemon=daemon))
    assert sorted(row["ROOM"] for row in rows) == sorted(names)


def test_connections(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/rooms?rooms=lobby,two")
    wanted = id_of(client)
    id_of(connect(daemon, "/rooms?rooms=other"))
    text = good("connections", "--room", "lobby", daemon=daemon)
    (row,) = table(text)
    assert row["ID"] == wanted
    assert row["USER"] == "-"
    assert row["ROUTE"] == "/rooms"
    assert text.splitlines()[1].split()[-1] in ("lobby,two", "two,lobby")
    assert re.search(r"  QUEUE +SENT +PING ", text)
    assert re.search(r" 0 B +[1-9][0-9]* B ", text)
    found = good_json("connections", "--room", "lobby", daemon=daemon)
    assert [c["id"] for c in found["connections"]] == [wanted]
    code, _, said = ctl(
        "connections", "--address", "nonsense", daemon=daemon
    )
    assert code == 1
    assert "address" in said and said.endswith("(400)\n")


# -- what is told


def test_publish(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/ws/lobby")
    me = id_of(client)
    out = good(
        "publish", "--room", "lobby", "--text", 'a "b"\n', daemon=daemon
    )
    assert out == "published instances=1 reached_here=1\n"
    assert client.recv() == 'a "b"\n'
    good("publish", "--connection", me, "--message", '{"n": [1]}',
         daemon=daemon)
    assert client.recv() == '{"n": [1]}'
    good("publish", "--room=lobby", "--binary", "AAE=", daemon=daemon)
    assert client.recv() == b"\0\1"
    good("publish", "--room=lobby", "--text=-", daemon=daemon, stdin="in\n")
    assert client.recv() == "in\n"
    good("publish", "--room=lobby", "--message=-", daemon=daemon,
         stdin=' {"n":\n[2]}\n')
    assert json.loads(client.recv()) == {"n": [2]}
    good("publish", "--envelope", "-", daemon=daemon,
         stdin=json.dumps({"rooms": ["lobby"], "text": "whole"}))
    assert client.recv() == "whole"
    found = good_json(
        "publish", "--room=lobby", "--except", me, "--text=x", daemon=daemon
    )
    assert found["reached"] == 0
    code, _, said = ctl(
        "publish", "--room", "lobby", "--message", "{", daemon=daemon
    )
    assert code == 2
    assert "--message is not one JSON value" in said


@pytest.mark.parametrize("message", ['1, "users": ["eve"]', "1 2", "", "{}}"])
def test_a_message_is_one_value(gateway, message):
    """It cannot say more of who gets it, wherever it was read."""
    code, _, said = ctl("publish", "--room=lobby", "--message=-",
                        daemon=gateway(), stdin=message)
    assert code == 2
    assert "--message is not one JSON value" in said


def test_publish_says_the_id(gateway, connect):
    daemon = gateway(history={"memory": "1MiB"})
    out = good("publish", "--room", "lobby", "--text", "a", daemon=daemon)
    assert out.startswith("published id=")


def test_kick(gateway, connect):
    daemon = gateway(routes=ROUTES)
    client = connect(daemon, "/ws/lobby")
    id_of(client)
    out = good("kick", "--room", "lobby", "--code", 4001, "--reason",
               'signed "out"', daemon=daemon)
    assert out == "told\n"
    end = client.wait_closed()
    assert (end.code, end.reason) == (4001, 'signed "out"')
    code, _, said = ctl(
        "kick", "--room", "lobby", "--code", 3000, daemon=daemon
    )
    assert code == 1
    assert said.endswith("(400)\n")


# -- the whole


def test_check(gateway, tmp_path):
    daemon = gateway()
    out = good("check", daemon.conf_path)
    assert out.endswith(f"{daemon.conf_path}: the configuration is fine\n")
    assert good("check", "--config", daemon.conf_path) == out
    bad = write_conf(tmp_path / "bad.yaml", {"limits": {"conections": 1}})
    code, out, said = ctl("check", bad)
    assert (code, out) == (2, "")
    assert "did you mean connections?" in said


def test_reload(gateway):
    daemon = gateway()
    assert good("reload", daemon=daemon) == "reloaded\n"
    write_conf(daemon.conf_path, {**daemon.conf, "workers": 1})
    assert good("reload", daemon=daemon) == (
        "reloaded\ncounts from the next start on: workers\n"
    )
    write_conf(
        daemon.conf_path, {**daemon.conf, "limits": {"connections": "many"}}
    )
    code, out, said = ctl("reload", daemon=daemon)
    assert code == 1
    assert "limits.connections: is 'many'" in out
    assert said.startswith("roomcastctl: the configuration cannot be used; ")
    code, out, _ = ctl("reload", "--json", daemon=daemon)
    assert code == 1
    assert json.loads(out)["applied"] is False


def test_drain(gateway, connect):
    daemon = gateway()
    client = connect(daemon)
    assert good("drain", daemon=daemon) == (
        "draining: 1 connections are closed over 100 ms, "
        "beginning in 0 ms\n"
    )
    assert client.wait_closed().code == 1012
    daemon.signal()  # it is told already
    assert daemon.wait_exit() == 0
    assert ctl("health", "--admin", "127.0.0.1:1")[0] == 3
