"""What nobody but the gateway may know shows up nowhere, at level debug.

Each test puts secrets into the configuration or into requests, makes the
gateway succeed and fail with them in every way, and then searches its log,
its answers, its metrics, the dump of its configuration and its command line.
"""

import base64
import contextlib
import json
import re
import socket
import ssl
import time
from urllib.parse import quote

import pytest
import redis

from rig.gateway import BASE, merged, write_conf
from rig.guarded import bearer
from rig.hookapp import HookApp
from rig.httpsapp import ours, serve  # noqa: F401
from rig.raw import request
from rig.redisserver import RedisServer
from rig.search import Search, percent_encoded
from rig.tls import certificates, make_pair, secure, trusting
from rig.tokens import (
    SECRET,
    authenticator,
    by_hand,
    jwk,
    new_key,
    private_pem,
    public_pem,
    token,
)
from rig.waiting import seconds

def pem_lines(pem):
    return [line for line in pem.decode().splitlines() if "-" not in line]


@pytest.mark.parametrize(
    "said", ["a s3cret/", "x=a%20s3cret%2F&", "YSBzM2NyZXQv", "{'a s3cret/'}"]
)
def test_the_search_finds_what_is_there(said):
    search = Search("a s3cret/")
    search.said = ["nothing", said]
    with pytest.raises(AssertionError):
        search.check()


# -- clients' credentials


LOGGED = 8  # a call site of the log writes ten lines a second and no more


def drive(search, raw, start, cases):
    """Send each head, and look. Every refusal must be in a log."""
    for i in range(0, len(cases), LOGGED):
        batch = cases[i : i + LOGGED]
        daemon = start()
        for statuses, head in batch:
            assert search.ask(raw, daemon, head=head) in statuses, head
        refused = [1 for statuses, _ in batch if 101 not in statuses]
        search.look(daemon)
        assert daemon.log().count("handshake refused") == len(refused)


def tokens(other, named):
    """Tokens and the statuses that each may get."""
    claims = {"may": ["lobby"], "email": "ann@example.test"}
    later = int(time.time()) + 1000
    yield token(**claims), {101}
    yield token(named, kid="the-key-id", **claims), {101}
    yield token(may=["nothing"]), {403}
    yield token(other, **claims), {401}
    yield token(exp=1000, **claims), {401}
    yield token(nbf=later, **claims), {401}
    yield token(sub="a\nb", **claims), {401}
    yield by_hand({"alg": "none", "pad": "pad pad"}, key=None), {401}
    yield by_hand({"alg": "HS256", "kid": "a kid"}, key=other), {401}
    yield by_hand("this is no JSON object at all"), {401}
    yield token(pad="x" * 9000), {414, 431}


def heads_with(token):
    """In every place where a token may stand."""
    yield request(f"/ws/lobby?token={token}")
    yield request(f"/ws/lobby?token={percent_encoded(token)}")
    yield request(headers=bearer(token))
    yield request(headers={"Cookie": f"a=the-other-cookie; session={token}"})
    offer = f"roomcast.jwt, {token}"
    yield request(headers={"Sec-WebSocket-Protocol": offer})


def heads_that_fail(token):
    """A good token in a request that is refused for something else."""
    path = f"/ws/lobby?token={token}"
    basic = base64.b64encode(b"s3cr3t:pa55").decode()
    for status, at, headers in [
        (401, "/ws/lobby", {"Authorization": f"Basic {basic}"}),
        (401, f"{path}&token={token}", {}),
        (401, f"{path}%2", {}),
        (400, f"/ws/%00?token={token}", {}),
        (403, f"/from/a?token={token}", {"Origin": "https://evil.test"}),
        (403, f"/ws/other?token={token}", {}),
        (404, f"/nowhere?token={token}", {}),
        (404, f"/{token}", {}),
        (426, path, {"Sec-WebSocket-Version": "8"}),
        (400, path, {"Sec-WebSocket-Key": token}),
        (400, path, {"Transfer-Encoding": token}),
    ]:
        yield {status}, request(at, headers)
    yield {405}, request(path, method="POST")
    yield {400}, f"GET {path} HTTP\r\n\r\n".encode()
    yield {400}, f"GET {path} HTTP/1.1\r\n{token}\r\n\r\n".encode()
    yield {400}, f"{token}\r\n\r\n".encode()
    yield {505}, f"GET {path} HTTP/1.0\r\n\r\n".encode()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_tokens_and_cookies(gateway, raw, tmp_path, log_format):
    named, other = "the secret under a name, of 32 bytes", "x" * 40
    search = Search(SECRET, named, other, "the-other-cookie", "s3cr3t:pa55")
    files = [SECRET, json.dumps(jwk(named, "HS256", "the-key-id"))]
    sources = ["header.authorization", "query.token", "cookie.session"]
    people = authenticator(
        tmp_path, secret_file=files, token=[*sources, "subprotocol"]
    )
    guarded = {"auth": "people", "rooms": ["{room}"], "permit": "claim.may"}

    def start():
        return gateway(
            log={"format": log_format},
            auth={"people": people},
            routes=[
                {"path": "/ws/{room}", **guarded},
                {
                    "path": "/from/{room}",
                    "origins": ["https://app.test"],
                    **guarded,
                },
            ],
        )

    cases = []
    for each, statuses in tokens(other, named):
        search.add_token(each)
        cases += [(statuses, head) for head in heads_with(each)]
    good = search.add_token(token(may=["lobby"]))
    drive(search, raw, start, [*cases, *heads_that_fail(good)])


HOOK_MODES = {
    "ok": 101,
    "echo": 101,
    "status/401": 401,
    "status/403": 403,
    "status/500": 503,
    "text": 503,
    "garbage": 503,
    "never": 503,
    "cut": 503,
    "redirect": 503,
    "hang": 503,
}

# Each says more than what it is refused for.
HOOK_ANSWERS = [
    {"user": 1.5, "note": "claim-of-the-app"},
    {"user": "claim-of-the-app\nb"},
    {"rooms": {"claim-of-the-app": 1}},
    {"rooms": ["claim-of-the-app,b"]},
    {"expires_at": "claim-of-the-app"},
    ["claim-of-the-app"],
]


@pytest.fixture
def app():
    running = HookApp()
    running.start()
    yield running
    running.finish()


def test_what_the_hook_sees_and_says(gateway, raw, app):
    values = ["cookie-value", "authorization-value", "api-key-value"]
    search = Search(*values, "query-value", "claim-of-the-app")
    head = request(
        "/ws/lobby?key=query-value",
        {
            "Cookie": "sid=cookie-value",
            "Authorization": "Bearer authorization-value",
            "X-Api-Key": "api-key-value",
        },
    )
    section = {
        "type": "http",
        "url": app.url,
        "timeout": "2s",
        "headers": ["cookie", "authorization", "x-api-key"],
    }

    def start():
        return gateway(
            auth={"app": section},
            routes=[merged(BASE["routes"][0], {"auth": "app"})],
        )

    good = {"user": "ann", "rooms": ["a"], "note": "claim-of-the-app"}
    steps = [(mode, good, status) for mode, status in HOOK_MODES.items()]
    steps += [("ok", answer, 503) for answer in HOOK_ANSWERS]
    for i in range(0, len(steps), LOGGED):
        daemon = start()
        for app.mode, app.answer, status in steps[i : i + LOGGED]:
            got = search.ask(raw, daemon, head=head)
            assert got == status, (app.mode, app.answer)
        search.look(daemon)
    for value in values:
        assert value in str(app.calls[-1])


# -- the URL of keys


@pytest.mark.workers(1)
def test_the_query_of_a_url_of_keys(gateway, serve, ours):
    """Its server gets it, and nobody else."""
    search = Search("s3cret-of-the-query")
    published = {"keys": [jwk(new_key("EdDSA"), "EdDSA", "one")]}
    server = serve(ours.expired, answer=published)
    section = {
        "type": "jwt",
        "algorithms": ["EdDSA"],
        "jwks_url": f"{server.url}?code=s3cret-of-the-query",
        "tls": {"ca": str(ours.ca.file)},
    }
    daemon = gateway(
        auth={"idp": section},
        routes=[merged(BASE["routes"][0], {"auth": "idp"})],
    )
    shown = f"{server.url}?***"
    for event in "no TLS with the server", "the keys cannot be fetched":
        daemon.wait_log(f"{event} .*url={re.escape(shown)} ")
    server.context.load_cert_chain(ours.app.certificate, ours.app.key)
    for event in "TLS with the server is up again", "keys fetched":
        daemon.wait_log(f"{event} .*url={re.escape(shown)}")
    assert daemon.api("config")[1]["auth"]["idp"]["jwks_url"] == shown
    search.look(daemon)
    assert server.calls[-1][0] == "/auth?code=s3cret-of-the-query"


# -- passwords


def test_the_password_of_the_embedded_port(gateway, tmp_path):
    right, wrong = "right p4ssw0rd/of+some", "wrong-p4ssw0rd-of-some"
    password = tmp_path / "password"
    password.write_text(right + "\n")
    daemon = gateway(embedded={"password_file": str(password)})
    search = Search(right, wrong)
    assert daemon.publisher(password=right).ping()
    for bad in {"password": wrong}, {"password": wrong, "username": right}, {}:
        with pytest.raises((redis.AuthenticationError, redis.ResponseError)):
            daemon.publisher(**bad).publish("roomcast:send", right)
    for line in (
        f'AUTH "{wrong}"\r\n',
        f"AUTH {wrong} {wrong} {wrong}\r\n",
        f"HELLO 3 AUTH default {wrong}\r\n",
        f"HELLO {wrong}\r\n",
        f"{wrong}\r\n",
        f"*2\r\n$4\r\nAUTH\r\n$99999999999\r\n{wrong}\r\n",
        f"*2\r\n{wrong}\r\n",
        f'AUTH "{wrong}\r\n',
        f"GET /?p={wrong} HTTP/1.1\r\nAuthorization: {wrong}\r\n\r\n",
        f"POST / HTTP/1.1\r\nHost: {wrong}\r\n\r\n",
    ):
        address = ("127.0.0.1", daemon.publish_port)
        with socket.create_connection(address, seconds(5)) as publisher:
            publisher.sendall(line.encode() + b"QUIT\r\n")
            while publisher.recv(4096):
                pass
    search.look(daemon)


def test_payloads_are_not_logged(gateway):
    daemon = gateway()
    search = Search("what-ann-wrote-to-bob")
    publisher = daemon.publisher()
    for payload in (
        '{"rooms": ["lobby"], "text": "what-ann-wrote-to-bob"}',
        '{"rooms": ["lobby"], "txt": "what-ann-wrote-to-bob"}',
        '{"rooms": ["lobby"], "text": "what-ann-wrote-to-bob',
        '{"note": "what-ann-wrote-to-bob"}',  # a key is named, no value
        "lobby,\0what-ann-wrote-to-bob",
        "what-ann-wrote-to-bob",
    ):
        for channel in "send", "control", "broadcast":
            with contextlib.suppress(redis.ResponseError):  # it is dropped
                publisher.publish(f"roomcast:{channel}", payload)
    daemon.wait_metric("roomcast_payloads_total", 18)
    search.look(daemon)


WORD = "s3cret-word:of the/broker"


@pytest.fixture
def locked_redis(tmp_path):
    """A Redis with the password WORD, and a user of that password."""
    folder = tmp_path / "locked"
    folder.mkdir()
    (folder / "redis.conf").write_text(
        f'requirepass "{WORD}"\nuser gateway on ">{WORD}" +@all ~* &*\n'
    )
    server = RedisServer(folder, "--include", str(folder / "redis.conf"))
    server.start()
    yield server
    server.finish()


LOST = r" warn redis: "


def url_of(server, user="", password=WORD):
    return f"redis://{user}:{quote(password, safe='')}@127.0.0.1:{server.port}"


@pytest.mark.parametrize("user", ["", "gateway"])
def test_the_password_of_redis_in_its_url(gateway, locked_redis, user):
    wrong = "another-word-that-is-wrong"
    search = Search(WORD, wrong)
    env = {"TEST_URL": url_of(locked_redis, user)}
    daemon = gateway("${TEST_URL}", env=env)
    daemon.wait_ready()
    locked_redis.kill()
    daemon.wait_log(LOST)
    search.look(daemon)
    locked_redis.start()
    daemon = gateway(url_of(locked_redis, user, wrong))
    assert "WRONGPASS" in daemon.wait_log(LOST + ".*").group()
    search.look(daemon)


def test_the_password_of_redis_in_a_file(gateway, locked_redis, tmp_path):
    search = Search(WORD)
    password = tmp_path / "password"
    password.write_text(WORD)
    files = {"username": "gateway", "password_file": str(password)}
    plain = f"redis://127.0.0.1:{locked_redis.port}"
    section = {"url": plain, **files}
    daemon = gateway(backend="redis", embedded=None, redis=section)
    daemon.wait_ready()
    search.look(daemon)


def test_a_broker_that_repeats_what_it_was_sent(gateway, tmp_path):
    """Redis quotes the arguments of a command that it does not know."""
    folder = tmp_path / "strange"
    folder.mkdir()
    (folder / "redis.conf").write_text('rename-command AUTH ""\n')
    server = RedisServer(folder, "--include", str(folder / "redis.conf"))
    server.start()
    try:
        search = Search(WORD)
        for user in "", "gateway":
            daemon = gateway(url_of(server, user))
            line = daemon.wait_log(LOST + ".*").group()
            assert "AUTH" in line and "unknown command" in line
            search.look(daemon)
    finally:
        server.finish()


# -- the configuration


MISTAKES = [
    {"redis": {"url": "redis://joe:s3cret-word@127.0.0.1:port"}},
    {"redis": {"url": "redis://joe:s3cret-word@127.0.0.1:1/x"}},
    {"redis": {"url": "redis://joe:s3cret-word@127.0.0.1?x=s3cret-word"}},
    {"redis": {"url": "redis://joe:a@s3cret-word@127.0.0.1"}},
    {"redis": {"url": "redis://joe:s3cret-word%zz@127.0.0.1"}},
    {"redis": {"url": "http://joe:s3cret-word@127.0.0.1"}},
    {"redis": {"password": "s3cret-word"}},
    {"redis": {"password_file": "s3cret-word"}},
    {"redis": "redis://joe:s3cret-word@127.0.0.1"},
    {"embedded": {"password": "s3cret-word"}},
    {"embedded": {"password_file": ["s3cret-word"]}},
    {"embedded": {"listen": "joe:s3cret-word"}},
    {"auth": {"a": {"type": "http", "url": "http://joe:s3cret-word@h/"}}},
    {"auth": {"a": {"type": "http", "url": "http://h/?key=s3cret-word"}}},
    {"auth": {"a": {"type": "jwt", "jwks_url": "https://h/?k=s3cret-word#"}}},
    {"auth": {"a": {"type": "jwt", "jwks_url": "https://h?k=s3cret-word"}}},
    {
        "auth": {
            "a": {
                "type": "jwt",
                "algorithms": ["HS256"],
                "secret_file": "s3cret-word",
            }
        }
    },
    {"auth": {"a": {"type": "jwt", "secret": "s3cret-word"}}},
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_beside_a_secret(tmp_path, mistake):
    conf = merged(BASE, {"backend": "redis", **mistake})
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    search = Search("s3cret-word")
    for words in ["--check-config"], ["--dump-config"], []:
        assert search.run(*words, "-c", path) == 2
    search.check()


def test_a_value_from_the_environment(tmp_path):
    path = tmp_path / "roomcast.yaml"
    conf = merged(BASE, {"backend": "redis", "redis": {"url": "${TEST_URL}"}})
    write_conf(path, conf)
    search = Search("s3cret-word")
    for url, status in [
        ("redis://:s3cret-word@127.0.0.1:6379", 0),
        ("redis://:s3cret-word@127.0.0.1:port", 2),
        ("s3cret-word", 2),
    ]:
        env = {"TEST_URL": url}
        for words in ["--check-config"], ["--dump-config"]:
            assert search.run(*words, "-c", path, env=env) == status
    search.check()


# -- private keys


def test_the_key_of_a_certificate(
    gateway, raw, secure, certificates, tmp_path
):
    mine = make_pair(tmp_path, "mine")
    key = mine.key.read_bytes()
    search = Search(*pem_lines(key))
    tls = [{"address": "127.0.0.1:0", "tls": mine.section}]
    daemon = gateway(listen=tls)
    secure(daemon, trusting(mine)).upgrade()
    with pytest.raises(ssl.SSLError):
        secure(daemon, trusting(certificates.second))
    plain = raw(daemon)
    plain.send(request())
    plain.wait_gone()
    for content in certificates.second.key.read_bytes(), key[:-60], b"nothing":
        mine.key.write_bytes(content)
        since = len(daemon.lines)
        daemon.signal(1)
        daemon.wait_log(r" error ", since=since)
        search.needles.update(pem_lines(content))
        conf = write_conf(tmp_path / "c.yaml", merged(BASE, {"listen": tls}))
        assert search.run("-c", conf) == 1
    mine.key.write_bytes(key)
    search.needles.discard("nothing")
    search.look(daemon)


def test_keys_in_the_wrong_file(tmp_path):
    """What an operator put there by mistake stays unsaid."""
    key = new_key("ES256")
    for algorithms, kind, content in [
        (["ES256"], "public_key_file", private_pem(key)),
        (["HS256"], "secret_file", private_pem(key)),
        (["HS256"], "secret_file", public_pem(key)),
        (["ES256"], "public_key_file", SECRET.encode()),
        (["HS256"], "secret_file", b"a short s3cret"),
        (["HS256"], "secret_file", b'{"kty":"oct","k":"a-short-s3cret"}'),
        (["HS256"], "secret_file", b'{"kty":"oct","k":"broken s3cret", }'),
    ]:
        section = authenticator(
            tmp_path, algorithms=algorithms, **{kind: content}
        )
        conf = merged(BASE, {"auth": {"people": section}})
        path = write_conf(tmp_path / "roomcast.yaml", conf)
        text = content.decode()
        search = Search(*(pem_lines(content) if "-----" in text else [text]))
        search.needles |= {"a-short-s3cret", "broken s3cret"}
        assert search.run("-c", path) == 1
        search.check()
