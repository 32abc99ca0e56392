"""Keys of tokens that come from a URL: fetched, rotated, and not to be had."""

import shutil
import time

import pytest

from rig.asking import HANDSHAKING, asking
from rig.client import Refused
from rig.hookapp import HookApp
from rig.httpsapp import ours, serve  # noqa: F401
from rig.people import id_of
from rig.ports import free_port
from rig.raw import request
from rig.rereading import REFUSED, change, reload
from rig.tokens import SECRET, jwk, new_key, public_pem, token
from rig.waiting import eventually

WORKERS = (1, 2)
FETCHED = "info auth: keys fetched"
LEFT_OUT = "warn auth: keys without a kid are left out"
FAILED = "warn auth: the keys cannot be fetched"
AGE = 'roomcast_jwks_age_seconds{auth="idp"}'
COUNT = 'roomcast_jwks_keys{auth="idp"}'


def result(name):
    return f'roomcast_jwks_refreshes_total{{result="{name}"}}'


class Keys:
    """What signs tokens: a private key for each kid."""

    def __init__(self, *kids):
        self.keys = {}
        for kid in kids:
            self.add(kid)

    def add(self, kid):
        self.keys[kid] = new_key("EdDSA")

    def sign(self, kid, **claims):
        return token(self.keys[kid], "EdDSA", kid, **claims)

    def published(self, *kids):
        """As a key server has it; all of them, or these."""
        return {
            "keys": [
                jwk(self.keys[kid], "EdDSA", kid) for kid in kids or self.keys
            ]
        }


@pytest.fixture
def keys():
    return Keys("one", "two")


@pytest.fixture
def server(keys):
    """One that has the first of them, on this machine without TLS."""
    app = HookApp(answer=keys.published("one")).start()
    yield app
    app.finish()


def sections(url, limits=None, **auth):
    return {
        "auth": {
            "idp": {
                "type": "jwt",
                "algorithms": ["EdDSA"],
                "jwks_url": url,
                "jwks_refresh": "1h",
                **auth,
            }
        },
        "routes": [
            {
                "path": "/app/{room}",
                "rooms": ["{room}", "of-{user}"],
                "auth": "idp",
                "welcome": True,
            },
            {"path": "/free/{room}", "rooms": ["{room}"]},
        ],
        "limits": {"handshake_timeout": "1m", **(limits or {})},
    }


def path_of(signed):
    return f"/app/x?token={signed}"


def answer_to(raw, daemon, signed):
    """The whole answer to a client that is not let in."""
    s = raw(daemon)
    s.send(request(path_of(signed)))
    return s.read_refusal()


def is_admitted(connect, daemon, signed):
    try:
        id_of(connect(daemon, path_of(signed)))
    except Refused:
        return False
    return True


def lines(daemon, event):
    return [line for line in daemon.lines if event in line]


# -- they are fetched


def test_a_token_is_checked_with_keys_of_a_url(
    gateway, connect, raw, keys, server
):
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    id_of(connect(daemon, path_of(keys.sign("one"))))
    forged = Keys("one").sign("one")
    answer = answer_to(raw, daemon, forged)
    assert answer.status == 401
    assert b"signature is wrong" in answer.body
    assert len(server.calls) == 1
    ((_, headers),) = server.calls
    assert dict(headers)["Connection"] == "close"
    assert daemon.metric(COUNT) == 1
    assert daemon.metric(result("ok")) == 1
    assert len(lines(daemon, FETCHED)) == 1


def test_they_come_through_tls(gateway, connect, keys, serve, ours):
    app = serve(answer=keys.published())
    tls = {"ca": str(ours.ca.file)}
    daemon = gateway(**sections(app.url, tls=tls))
    daemon.wait_ready()
    for kid in "one", "two":
        id_of(connect(daemon, path_of(keys.sign(kid))))


@pytest.mark.workers(1)
@pytest.mark.parametrize("which", ["expired", "named", "stranger"])
def test_a_server_that_is_not_believed_has_no_keys(
    gateway, raw, keys, serve, ours, which
):
    app = serve(getattr(ours, which), answer=keys.published())
    tls = {"ca": str(ours.ca.file)}
    daemon = gateway(**sections(app.url, tls=tls))
    daemon.wait_log("error auth: no TLS with the server.* auth=idp")
    daemon.wait_log(f"{FAILED}.*auth=idp.*reason=tls")
    eventually(lambda: daemon.metric(result("tls")) > 1, 10, "it tries again")
    assert answer_to(raw, daemon, keys.sign("one")).status == 503
    assert len(lines(daemon, "error auth: no TLS")) == 1
    assert len(lines(daemon, FAILED)) == 1
    assert not app.calls


# -- they change


def test_a_new_key_is_looked_for_when_a_token_names_it(
    gateway, connect, raw, keys, server
):
    """Its clients wait for that, however many; other keys are still good."""
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    server.answer = keys.published()
    server.mode = "hold"
    clients = asking(raw, daemon, 50, path_of(keys.sign("two")))
    daemon.wait_metric(HANDSHAKING, 50)
    eventually(lambda: len(server.calls) == 2, what="it is asked")
    id_of(connect(daemon, path_of(keys.sign("one"))))
    server.released.set()
    for s in clients:
        assert s.read_response().status == 101
    assert len(server.calls) == 2
    daemon.wait_metric(COUNT, 2)
    daemon.wait_metric(HANDSHAKING, 0)


def unnamed(keys, kid):
    """The key as a server has it that names none."""
    (key,) = keys.published(kid)["keys"]
    return {name: key[name] for name in key if name != "kid"}


def test_a_new_key_is_looked_for_beside_one_without_a_name(
    gateway, connect, raw, keys, server
):
    server.answer = {"keys": [unnamed(keys, "one")]}
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    id_of(connect(daemon, path_of(keys.sign("one"))))
    assert len(server.calls) == 1
    server.answer["keys"] += keys.published("two")["keys"]
    id_of(connect(daemon, path_of(keys.sign("two"))))
    assert len(server.calls) == 2
    forged = Keys("two").sign("two")
    assert b"signature is wrong" in answer_to(raw, daemon, forged).body


def test_a_key_that_is_gone_checks_nothing_any_more(
    gateway, connect, keys, server
):
    server.answer = keys.published()
    keys.add("three")
    daemon = gateway(**sections(server.url, jwks_refresh="1s"))
    daemon.wait_ready()
    id_of(connect(daemon, path_of(keys.sign("one"))))
    server.answer = keys.published("two", "three")
    eventually(
        lambda: not is_admitted(connect, daemon, keys.sign("one")),
        10,
        "it is refused",
    )
    assert len(lines(daemon, FETCHED)) == 2
    id_of(connect(daemon, path_of(keys.sign("two"))))


def test_a_whole_rotation(gateway, connect, raw, keys, server):
    """Published, then used, then the old one is taken away: no restart."""
    daemon = gateway(**sections(server.url, jwks_refresh="1s"))
    daemon.wait_ready()
    id_of(connect(daemon, path_of(keys.sign("one"))))
    server.answer = keys.published()
    daemon.wait_metric(COUNT, 2)
    for kid in "one", "two":
        id_of(connect(daemon, path_of(keys.sign(kid))))
    server.answer = keys.published("two")
    daemon.wait_metric(COUNT, 1)
    assert len(lines(daemon, FETCHED)) == 3
    id_of(connect(daemon, path_of(keys.sign("two"))))
    answer = answer_to(raw, daemon, keys.sign("one"))
    assert answer.status == 401
    assert b"no key fits the token" in answer.body


def test_strangers_who_name_keys_cause_no_storm(
    gateway, connect, raw, keys, server
):
    """One look in five seconds, whatever they name."""
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    began = time.monotonic()
    for i in range(10):
        strangers = Keys(*(f"{i}-{j}" for j in range(20)))
        sockets = []
        for kid in strangers.keys:
            sockets += asking(raw, daemon, 1, path_of(strangers.sign(kid)))
        for s in sockets:
            assert s.read_refusal().status == 401
    took = time.monotonic() - began
    assert len(server.calls) <= 2 + took / 5
    daemon.wait_metric(
        'roomcast_refused_total{status="401",reason="token"}', 200
    )
    id_of(connect(daemon, path_of(keys.sign("one"))))


# -- they cannot be had


def test_without_keys_its_route_is_not_ready(gateway, connect, raw, keys):
    port = free_port()
    daemon = gateway(**sections(f"http://127.0.0.1:{port}/auth"))
    daemon.wait_log(f"{FAILED}.*reason=connect.*remedy=")
    answer = answer_to(raw, daemon, keys.sign("one"))
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert b"keys of the authenticator cannot be had" in answer.body
    daemon.wait_metric(
        'roomcast_refused_total{status="503",reason="keys"}', 1
    )
    connect(daemon, "/free/x")
    status, text, _ = daemon.admin("/readyz")
    assert status == 503
    assert "keys: authenticator idp has none yet: no connection" in text
    assert daemon.metric(COUNT) == 0
    app = HookApp(answer=keys.published(), port=port).start()
    daemon.wait_ready(20)
    id_of(connect(daemon, path_of(keys.sign("one"))))
    assert len(lines(daemon, FAILED)) == 1
    assert len(lines(daemon, FETCHED)) == 1
    app.finish()


FAILING = [
    ("status/500", "status"),
    ("status/404", "status"),
    ("nothing", "status"),
    ("redirect", "status"),
    ("empty", "keys"),
    ("text", "keys"),
    ("huge", "size"),
    ("vast", "size"),
    ("endless", "size"),
    ("endless-head", "size"),
    ("garbage", "http"),
    ("two-lengths", "http"),
    ("upgrade", "http"),
    ("never", "closed"),
    ("cut", "closed"),
]


@pytest.mark.parametrize("mode, name", FAILING)
def test_a_server_that_fails_takes_no_keys_away(
    gateway, connect, raw, keys, server, mode, name
):
    """What is not there may well be: 503, and no 401 that signs people out."""
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    server.mode = mode
    assert answer_to(raw, daemon, keys.sign("two")).status == 503
    assert daemon.metric(result(name)) > 0
    daemon.wait_log(f"{FAILED}.*auth=idp.*reason={name} .*keys=1 ")
    id_of(connect(daemon, path_of(keys.sign("one"))))
    assert daemon.admin("/readyz")[0] == 200
    server.answer = keys.published()
    server.mode = "ok"
    daemon.wait_metric(COUNT, 2, timeout=20)
    id_of(connect(daemon, path_of(keys.sign("two"))))
    assert len(lines(daemon, FETCHED)) == 2
    assert len(lines(daemon, FAILED)) == 1


def nested(depth):
    return '{"keys":' + "[" * depth + "]" * depth + "}"


def hostile(keys):
    many = [{**keys.published("one")["keys"][0], "kid": str(i)}
            for i in range(65)]
    one = keys.published("one")["keys"][0]
    return {
        "none": {"keys": []},
        "no set": [one],
        "no keys": {"jwks": [one]},
        "too many": {"keys": many},
        "secret": {"keys": [jwk(SECRET, "HS256", "s")]},
        "private": {"keys": [{**one, "d": one["x"]}]},
        "other": {"keys": [jwk(new_key("ES256"), "ES256", "p")]},
        "text": {"keys": ["two"]},
        "pem": public_pem(keys.keys["one"]),
        "deep": nested(100_000).encode(),
        "cut": b'{"keys": [',
        "binary": bytes(range(256)) * 100,
    }


@pytest.mark.workers(1)
@pytest.mark.parametrize(
    "which",
    [
        *("none", "no set", "no keys", "too many", "secret"),
        *("private", "other", "text", "pem", "deep", "cut", "binary"),
    ],
)
def test_what_is_no_set_of_keys_is_refused_whole(
    gateway, raw, keys, server, which
):
    found = hostile(keys)[which]
    server.answer = found
    if isinstance(found, bytes):
        server.answer, server.mode = None, "body"
        server.body = found
    daemon = gateway(**sections(server.url))
    daemon.wait_log(f"{FAILED}.*reason=keys")
    assert answer_to(raw, daemon, keys.sign("one")).status == 503


@pytest.mark.workers(1)
def test_what_is_no_key_does_not_keep_out_the_others(
    gateway, connect, keys, server
):
    one = keys.published("one")["keys"][0]
    short = {"kty": "RSA", "kid": "short", "n": "__8", "e": "AQAB"}
    secret = jwk(SECRET, "HS256", "s")
    server.answer = {"keys": [short, secret, "two", one, one]}
    daemon = gateway(**sections(server.url))
    daemon.wait_metric(COUNT, 1)
    id_of(connect(daemon, path_of(keys.sign("one"))))


def wait_looks(daemon, count):
    """Until there were so many more that have brought keys."""
    end = daemon.metric(result("ok")) + count
    eventually(lambda: daemon.metric(result("ok")) >= end, 10, "it looks")


@pytest.mark.workers(1)
def test_keys_without_a_name_that_are_too_many_are_told(
    gateway, connect, server
):
    """Once, while they are as many; the others are good."""
    many = Keys(*(f"key-{i}" for i in range(5)), "named")
    plain = [unnamed(many, f"key-{i}") for i in range(5)]
    named = many.published("named")["keys"]
    server.answer = {"keys": [*plain, *named]}
    daemon = gateway(**sections(server.url, jwks_refresh="1s"))
    daemon.wait_log(f"{LEFT_OUT} auth=idp url=.* left_out=2 remedy=")
    daemon.wait_metric(COUNT, 4)
    wait_looks(daemon, 2)
    for kid in "key-2", "named":
        id_of(connect(daemon, path_of(many.sign(kid))))
    assert not is_admitted(connect, daemon, many.sign("key-3"))
    assert len(lines(daemon, LEFT_OUT)) == 1
    server.answer = {"keys": [*plain[:3], *named]}
    wait_looks(daemon, 2)
    server.answer = {"keys": [*plain[:4], *named]}
    daemon.wait_log(f"{LEFT_OUT}.* left_out=1 ")


@pytest.mark.workers(1)
def test_64_keys_fit(gateway, connect, server):
    many = Keys(*(f"key-{i}" for i in range(64)))
    server.answer = many.published()
    daemon = gateway(**sections(server.url))
    daemon.wait_metric(COUNT, 64)
    id_of(connect(daemon, path_of(many.sign("key-63"))))


@pytest.mark.waits
@pytest.mark.workers(2)
def test_a_server_that_hangs_is_given_up(gateway, connect, raw, keys, server):
    """After five seconds; who waited is told, and nobody else notices."""
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    server.mode = "hang"
    (client,) = asking(raw, daemon, 1, path_of(keys.sign("two")))
    daemon.wait_metric(HANDSHAKING, 1)
    for _ in range(10):
        id_of(connect(daemon, path_of(keys.sign("one"))))
    assert client.read_refusal().status == 503
    daemon.wait_log(f"{FAILED}.*reason=timeout.*waiting for the answer")


def test_the_handshake_s_own_deadline_holds(gateway, raw, keys, server):
    daemon = gateway(
        **sections(server.url, limits={"handshake_timeout": "1s"})
    )
    daemon.wait_ready()
    server.mode = "hang"
    assert answer_to(raw, daemon, keys.sign("two")).status == 503


def test_clients_that_leave_while_a_key_is_looked_for(
    gateway, connect, raw, keys, server
):
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    server.mode = "hold"
    server.answer = keys.published()
    clients = asking(raw, daemon, 10, path_of(keys.sign("two")))
    daemon.wait_metric(HANDSHAKING, 10)
    for s in clients[:5]:
        s.reset()
    daemon.wait_metric(HANDSHAKING, 5)
    daemon.wait_log("client left before its answer.*waited_for=.the keys")
    server.released.set()
    for s in clients[5:]:
        assert s.read_response().status == 101


def test_a_stop_while_a_key_is_looked_for(gateway, raw, keys, server):
    daemon = gateway(shutdown={"drain": "5s"}, **sections(server.url))
    daemon.wait_ready()
    server.mode = "hold"
    server.answer = keys.published()
    (client,) = asking(raw, daemon, 1, path_of(keys.sign("two")))
    daemon.wait_metric(HANDSHAKING, 1)
    daemon.signal()
    answer = client.read_refusal()
    assert answer.status == 503
    assert answer.body == b"the gateway is shutting down\n"
    assert daemon.wait_exit() == 0


# -- a reload


def test_a_reload_keeps_the_keys(gateway, connect, raw, keys, server):
    """Though they cannot be fetched at that moment."""
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    server.mode = "status/500"
    change(daemon, auth={"idp": {"audience": "push"}})
    daemon.wait_log(f"{FAILED}.*reason=status")
    assert answer_to(raw, daemon, keys.sign("one")).status == 401
    id_of(connect(daemon, path_of(keys.sign("one", aud="push"))))
    assert daemon.admin("/readyz")[0] == 200


def test_another_url_has_its_own_keys(gateway, connect, raw, keys, server):
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    other = HookApp(answer=keys.published("two")).start()
    other.mode = "hold"
    change(daemon, auth={"idp": {"jwks_url": other.url}})
    assert answer_to(raw, daemon, keys.sign("one")).status == 503
    assert daemon.admin("/readyz")[0] == 503
    other.released.set()
    daemon.wait_ready()
    id_of(connect(daemon, path_of(keys.sign("two"))))
    assert not is_admitted(connect, daemon, keys.sign("one"))
    other.finish()


def test_who_waits_hears_that_nobody_looks_any_more(
    gateway, raw, keys, server
):
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    server.mode = "hang"
    (client,) = asking(raw, daemon, 1, path_of(keys.sign("two")))
    daemon.wait_metric(HANDSHAKING, 1)
    change(daemon, auth={"idp": {"jwks_url": server.url + "?other"}})
    assert client.read_refusal().status == 503


def test_an_authenticator_that_is_gone(gateway, raw, keys, server):
    daemon = gateway(**sections(server.url))
    daemon.wait_ready()
    change(daemon, auth=None, routes=[{"path": "/app/x", "rooms": ["x"]}])
    assert COUNT not in daemon.metrics()
    assert daemon.admin("/readyz")[0] == 200
    s = raw(daemon)
    s.send(request("/app/x"))
    assert s.read_response().status == 101


def test_its_files_are_read_again(
    gateway, connect, raw, keys, serve, ours, tmp_path
):
    app = serve(answer=keys.published())
    ca = tmp_path / "ca.pem"
    shutil.copy(ours.other_ca.file, ca)
    daemon = gateway(**sections(app.url, tls={"ca": str(ca)}))
    daemon.wait_log(f"{FAILED}.*reason=tls")
    ca.write_text("nothing\n")
    assert "auth.idp.tls" in reload(daemon, REFUSED)
    shutil.copy(ours.ca.file, ca)
    reload(daemon)
    daemon.wait_ready()
    id_of(connect(daemon, path_of(keys.sign("one"))))


def test_the_age_is_that_of_the_last_good_look(gateway, keys, server):
    daemon = gateway(**sections(server.url, jwks_refresh="1s"))
    daemon.wait_ready()
    server.mode = "status/500"
    eventually(lambda: daemon.metric(AGE) > 1.2, 10, "it grows")
    server.mode = "ok"
    eventually(lambda: daemon.metric(AGE) < 1, 10, "it is new")
