"""Who may connect by a token: algorithms, sources, keys, rooms, times."""

import json
import time

import pytest

from rig.clock import NOW
from rig.guarded import (
    REFUSED,
    SOURCES,
    admits,
    ask,
    bearer,
    by_query,
    clock,
    clock_library,
    guarded,
    heard,
    keys,
    refusal,
)
from rig.raw import request
from rig.tokens import (
    ALGORITHMS,
    HMACS,
    SECRET,
    by_hand,
    jwk,
    new_key,
    public_pem,
    token,
)
from rig.waiting import in_a_moment

EXPIRED = 'roomcast_closed_total{reason="credentials_expired",code="1008"}'


# -- algorithms


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_algorithm_admits_its_own_tokens_only(
    guarded, connect, raw, keys, algorithm
):
    is_hmac = algorithm in HMACS
    daemon = guarded(
        algorithms=[algorithm],
        **{
            "secret_file" if is_hmac else "public_key_file": SECRET
            if is_hmac
            else public_pem(keys[algorithm])
        },
    )
    client = connect(daemon, by_query(token(keys[algorithm], algorithm)))
    envelope = {"users": ["ann"], "text": "hello"}
    daemon.publisher().publish("roomcast:send", json.dumps(envelope))
    assert client.recv() == "hello"
    others = [other for other in ALGORITHMS if other != algorithm]
    for other in others:
        text = refusal(raw, daemon, by_query(token(keys[other], other)))
        assert text == "the token's algorithm is not allowed"
    stranger = "x" * 64 if is_hmac else new_key(algorithm)
    text = refusal(raw, daemon, by_query(token(stranger, algorithm)))
    assert text == "the token's signature is wrong"
    daemon.wait_metric(REFUSED, len(others) + 1)
    daemon.wait_metric("roomcast_upgraded_total", 1)


def test_all_algorithms_side_by_side(guarded, raw, keys):
    daemon = guarded(
        algorithms=ALGORITHMS,
        public_key_file=[public_pem(keys[a]) for a in ALGORITHMS[3:]],
        secret_file=SECRET,
    )
    for algorithm in ALGORITHMS:
        good = token(keys[algorithm], algorithm)
        assert admits(raw, daemon, good), algorithm


# -- where the token stands


def test_every_source(guarded, connect, raw):
    daemon = guarded(token=SOURCES)
    good, bad = token(), token("another secret that is long enough, too")
    assert refusal(raw, daemon) == "no token"
    for headers in [
        bearer(good),
        {"authorization": f"bEaReR  {good}"},
        {"Cookie": f"a=b; session={good}; c=d"},
        {"Sec-WebSocket-Protocol": f"roomcast.jwt, {good}"},
    ]:
        assert ask(raw, daemon, headers=headers)[0] == 101, headers
    assert ask(raw, daemon, by_query(good))[0] == 101
    escaped = "".join(f"%{ord(c):02x}" for c in good)
    assert ask(raw, daemon, by_query(escaped))[0] == 101
    for headers in [
        bearer(bad),
        {"Cookie": f"session={bad}"},
        {"Sec-WebSocket-Protocol": f"roomcast.jwt, {bad}"},
    ]:
        text = refusal(raw, daemon, headers=headers)
        assert text == "the token's signature is wrong"


def test_a_source_that_is_not_listed_is_not_looked_at(guarded, raw):
    good = token()
    attempts = {
        "header.authorization": ("/ws/lobby", bearer(good)),
        "query.token": (by_query(good), {}),
        "cookie.session": ("/ws/lobby", {"Cookie": f"session={good}"}),
        "subprotocol": (
            "/ws/lobby",
            {"Sec-WebSocket-Protocol": f"roomcast.jwt, {good}"},
        ),
    }
    for source in SOURCES:
        daemon = guarded(token=[source])
        for other, (path, headers) in attempts.items():
            expected = 101 if other == source else 401
            assert ask(raw, daemon, path, headers)[0] == expected


def test_the_first_source_that_has_a_token_decides(guarded, raw):
    daemon = guarded(token=SOURCES)
    good, bad = token(), by_hand({"alg": "none"}, key=None)
    assert ask(raw, daemon, by_query(bad), bearer(good))[0] == 101
    assert ask(raw, daemon, by_query(good), bearer(bad))[0] == 401
    basic = {"Authorization": "Basic x"}
    assert ask(raw, daemon, by_query(good), basic)[0] == 101


@pytest.mark.parametrize(
    "listed, offered, answered",
    [
        ([], [], "roomcast.jwt"),
        ([], ["chat.v1"], "roomcast.jwt"),
        (["chat.v1"], [], "roomcast.jwt"),
        (["chat.v1"], ["chat.v1"], "chat.v1"),
        (["chat.v2", "chat.v1"], ["chat.v1", "chat.v2"], "chat.v1"),
        (["chat.v2"], ["chat.v1"], "roomcast.jwt"),
    ],
)
def test_what_a_browser_is_answered(
    guarded, connect, listed, offered, answered
):
    """It fails when it offered subprotocols and none is chosen."""
    daemon = guarded(route={"subprotocols": listed}, token=["subprotocol"])
    good = token()
    for offer in (
        [*offered, "roomcast.jwt", good],
        ["roomcast.jwt", good, *offered],
    ):
        client = connect(daemon, subprotocols=offer)
        assert client.subprotocol == answered
        assert heard(daemon, client, "lobby") == ["lobby"]


def test_no_subprotocol_is_answered_to_one_who_offers_none(guarded, connect):
    daemon = guarded(route={"subprotocols": ["chat.v1"]})
    assert connect(daemon, by_query(token())).subprotocol is None


def test_the_marker_over_two_headers(guarded, raw):
    daemon = guarded(token=["subprotocol"])
    peer = raw(daemon)
    head = request(headers={"Sec-WebSocket-Protocol": "chat, roomcast.jwt"})
    second = f"sec-websocket-protocol: {token()}, more\r\n\r\n".encode()
    peer.send(head[:-2] + second)
    answer = peer.read_response()
    assert answer.status == 101
    assert answer.headers["sec-websocket-protocol"] == "roomcast.jwt"


# -- keys


def test_keys_by_kid(guarded, raw, keys):
    strangers = {a: new_key(a) for a in ("RS256", "ES256", "EdDSA")}
    named = [jwk(keys[a], a, f"{a}-1") for a in strangers]
    daemon = guarded(
        algorithms=list(strangers),
        public_key_file=json.dumps({"keys": named}),
    )
    for a, stranger in strangers.items():
        assert admits(raw, daemon, token(keys[a], a, kid=f"{a}-1"))
        assert admits(raw, daemon, token(keys[a], a))
        text = refusal(raw, daemon, by_query(token(stranger, a, kid=f"{a}-1")))
        assert text == "the token's signature is wrong"
        text = refusal(raw, daemon, by_query(token(keys[a], a, kid=f"{a}-2")))
        assert text == "no key fits the token"


def test_a_rotation_of_public_keys(guarded, raw):
    old, new, next_one = (new_key("ES256") for _ in range(3))
    files = [
        public_pem(old),
        json.dumps({"keys": [jwk(new, "ES256", "2026-07")]}),
    ]
    during = guarded(algorithms=["ES256"], public_key_file=files)
    after = guarded(algorithms=["ES256"], public_key_file=files[1:])
    by_old, by_new = token(old, "ES256"), token(new, "ES256", kid="2026-07")
    by_next = token(next_one, "ES256", kid="2026-08")
    assert admits(raw, during, by_old) and admits(raw, during, by_new)
    assert not admits(raw, after, by_old) and admits(raw, after, by_new)
    assert not admits(raw, during, by_next)
    assert not admits(raw, after, by_next)


def test_a_rotation_of_secrets(guarded, raw):
    old, new = "the old secret, of 32 bytes or more", SECRET + "2"
    by_old, by_new = token(old), token(new)
    during = guarded(secret_file=[old + "\n", new])
    after = guarded(secret_file=[new])
    assert admits(raw, during, by_old) and admits(raw, during, by_new)
    assert not admits(raw, after, by_old) and admits(raw, after, by_new)


def test_a_secret_by_kid(guarded, raw):
    other = "another secret of the tests, 32 bytes or more"
    daemon = guarded(
        secret_file=[
            json.dumps(jwk(SECRET, "HS256", "a")),
            json.dumps(jwk(other, "HS256", "b")),
        ]
    )
    assert admits(raw, daemon, token(SECRET, kid="a"))
    assert admits(raw, daemon, token(other, kid="b"))
    assert not admits(raw, daemon, token(SECRET, kid="b"))
    assert not admits(raw, daemon, token(SECRET, kid="A"))


# -- rooms from claims


def test_user_and_claims_make_rooms(guarded, connect):
    daemon = guarded(
        route={
            "rooms": [
                "user-{user}",
                "{claim.team}",
                "chat-{claim.chats}",
                "{claim.team}:{room}",
                "{claim.chats}/{claim.chats}",
            ]
        },
        user_claim="name",
    )
    good = token(name="zoë", team="red", chats=["1", 2], sub="not this one")
    client = connect(daemon, by_query(good))
    theirs = ["user-zoë", "red", "chat-1", "chat-2", "red:lobby"]
    theirs += ["1/1", "1/2", "2/1", "2/2"]
    others = ["user-not this one", "lobby", "chat-", "3/1", "{user}", "chats"]
    assert heard(daemon, client, *theirs, *others) == theirs
    envelope = {"users": ["zoë"], "text": "to zoë"}
    daemon.publisher().publish("roomcast:send", json.dumps(envelope))
    assert client.recv() == "to zoë"


def test_a_number_names_a_user(guarded, connect):
    daemon = guarded(route={"rooms": ["u{user}"]})
    client = connect(daemon, by_query(by_hand({"alg": "HS256"}, {"sub": 42})))
    assert heard(daemon, client, "u42") == ["u42"]


def test_the_same_room_twice_is_one_membership(guarded, connect):
    daemon = guarded(route={"rooms": ["{room}", "{claim.rooms}"]})
    client = connect(daemon, by_query(token(rooms=["lobby", "a", "a"])))
    assert heard(daemon, client, "lobby", "a") == ["lobby", "a"]


@pytest.mark.parametrize(
    "claims, status",
    [
        ({}, 403),
        ({"rooms": None}, 403),
        ({"rooms": []}, 403),
        ({"rooms": True}, 403),
        ({"rooms": {"a": "b"}}, 403),
        ({"rooms": ["a", None]}, 403),
        ({"rooms": [["a"]]}, 403),
        ({"rooms": 1.5}, 403),
        ({"rooms": ""}, 400),
        ({"rooms": "a,b"}, 400),
        ({"rooms": ["ok", ""]}, 400),
        ({"rooms": "a\nb"}, 400),
        ({"rooms": "a\r\nX-Evil: 1"}, 400),
        ({"rooms": "\x7f"}, 400),
        ({"rooms": "x" * 256}, 400),
        ({"rooms": [str(i) for i in range(129)]}, 400),
        ({"Rooms": "a"}, 403),
    ],
    ids=str,
)
def test_claims_that_make_no_room(guarded, raw, claims, status):
    daemon = guarded(route={"rooms": ["{claim.rooms}"]})
    text = refusal(raw, daemon, by_query(token(**claims)), status=status)
    assert "room" in text
    daemon.wait_metric("roomcast_memberships", 0)
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


@pytest.mark.parametrize(
    "sub", ["", "a\nb", "\x1b[31m", "x" * 256, None, True, [], {}, ["a", "b"]]
)
def test_a_user_that_is_no_name(guarded, raw, sub):
    daemon = guarded()
    hostile = by_hand({"alg": "HS256"}, {"sub": sub})
    text = refusal(raw, daemon, by_query(hostile))
    assert text == "the token's user is not a name"


def test_without_a_user_there_is_no_user_room(guarded, raw):
    daemon = guarded(route={"rooms": ["{user}"]})
    assert refusal(raw, daemon, by_query(token(sub=...)), status=403)
    daemon = guarded()
    assert admits(raw, daemon, token(sub=...))


# -- permit


@pytest.mark.parametrize(
    "patterns, permitted, refused",
    [
        (["chat-*"], ["chat-", "chat-1", "chat-%2F"], ["chat", "xchat-1"]),
        ("lobby", ["lobby"], ["Lobby", "lobby2", "lobb"]),
        (["a", "b-?"], ["a", "b-1", "b-%C3%A9"], ["b-", "b-12", "ab"]),
        (["*"], ["anything", "%2A"], []),
        (["\\*"], ["*", "%2a"], ["a", "**"]),
        ([], [], ["a", "*"]),
        (["chat-1 "], ["chat-1%20"], ["chat-1"]),
    ],
    ids=str,
)
def test_permit_is_by_globs(guarded, raw, patterns, permitted, refused):
    daemon = guarded(route={"permit": "claim.may"})
    good = token(may=patterns)
    for room in permitted:
        assert ask(raw, daemon, by_query(good, room))[0] == 101, room
    for room in refused:
        text = refusal(raw, daemon, by_query(good, room), status=403)
        assert text == "the room is not permitted"
    daemon.wait_metric("roomcast_upgraded_total", len(permitted))
    daemon.wait_metric("roomcast_handshakes_in_progress", 0)


def test_without_the_claim_nothing_is_permitted(guarded, raw):
    daemon = guarded(route={"permit": "claim.may"})
    for claims in [{}, {"may": None}, {"may": {"lobby": 1}}, {"may": [[]]}]:
        refusal(raw, daemon, by_query(token(**claims)), status=403)


def test_permit_is_for_rooms_that_the_client_chose(guarded, connect, raw):
    daemon = guarded(
        route={
            "rooms": ["{query.rooms}", "{claim.own}", "news"],
            "permit": "claim.may",
        }
    )
    good = token(may=["a", "b*"], own="mine")
    client = connect(daemon, by_query(good) + "&rooms=a,b1,b2")
    theirs = ["a", "b1", "b2", "mine", "news"]
    assert heard(daemon, client, *theirs, "b3") == theirs
    for rooms in "a,c", "c,a", "a,mine", "news", "a,,b", "a%2Cc", "a%252Cc":
        status, _ = ask(raw, daemon, by_query(good) + "&rooms=" + rooms)
        assert status in (400, 403), rooms
    daemon.wait_metric("roomcast_memberships", len(theirs))


# -- times


@pytest.mark.parametrize("leeway", [0, 30])
def test_the_leeway_counts_both_ways(guarded, clock, raw, leeway):
    daemon = guarded(leeway=f"{leeway}s", sections={"env": clock.env})
    clock.check(daemon)
    good = token(exp=NOW + 100, nbf=NOW + 50)
    for now, expected in [
        (NOW + 50 - leeway - 1, "the token is not valid yet"),
        (NOW + 50 - leeway, ""),
        (NOW + 100 + leeway - 1, ""),
        (NOW + 100 + leeway, "the token has expired"),
    ]:
        clock.set(now)
        status, text = ask(raw, daemon, by_query(good))
        assert (status, text) == (401 if expected else 101, expected)


@pytest.mark.waits
def test_a_session_ends_when_its_token_does(guarded, connect):
    daemon = guarded(leeway="0s")
    lasting = connect(
        daemon, by_query(token(exp=int(time.time()) + 3600))
    )
    forever = connect(daemon, by_query(token(exp=...)))
    exp = in_a_moment()
    client = connect(daemon, by_query(token(exp=exp)))
    assert heard(daemon, client, "lobby") == ["lobby"]
    end = client.wait_closed()
    assert end.code == 1008
    assert exp <= time.time()
    daemon.wait_metric(EXPIRED, 1)
    for other in lasting, forever:
        assert heard(daemon, other, "lobby")[-1] == "lobby"


def test_a_session_ends_when_the_leeway_does(guarded, clock, connect):
    """The clock is set on; the daemon looks at it before each ping."""
    keepalive = {"ping_interval": "1s"}
    daemon = guarded(
        leeway="30s", sections={"env": clock.env, "keepalive": keepalive}
    )
    clock.check(daemon)
    clients = connect.many(
        [daemon.ws_url(by_query(token(exp=NOW + 100)))] * 3
    )
    clock.set(NOW + 129)
    for client in clients:
        assert heard(daemon, client, "lobby")[-1] == "lobby"
    clock.set(NOW + 130)
    assert [client.wait_closed().code for client in clients] == [1008] * 3
    daemon.wait_metric(EXPIRED, 3)


def test_a_date_far_away_does_not_wrap(guarded, connect, raw):
    daemon = guarded(leeway="10m")
    for exp in 2**31, 2**32 - 1, 2**32, 2**32 + 1, 253402300799:
        client = connect(daemon, by_query(token(exp=exp)))
        assert heard(daemon, client, "lobby")[-1] == "lobby"
    for exp in 253402300800, 2**53, 2**64, int(time.time()) * 1000:
        assert not admits(raw, daemon, token(exp=exp))


# -- issuer and audience


def test_issuer_and_audience(guarded, raw):
    us = {"iss": "https://login.test", "aud": "push"}
    daemon = guarded(issuer=us["iss"], audience=us["aud"])
    assert admits(raw, daemon, token(**us))
    assert admits(raw, daemon, token(**{**us, "aud": ["api", "push"]}))
    wrong_issuer = "the token is from another issuer"
    wrong_audience = "the token is for another audience"
    for changes, text in [
        ({"iss": ...}, wrong_issuer),
        ({"iss": "https://login.test/"}, wrong_issuer),
        ({"iss": "https://login.test.evil.example"}, wrong_issuer),
        ({"iss": "HTTPS://LOGIN.TEST"}, wrong_issuer),
        ({"aud": ...}, wrong_audience),
        ({"aud": "pus"}, wrong_audience),
        ({"aud": ["api", "Push"]}, wrong_audience),
        ({"aud": "api push"}, wrong_audience),
        ({"aud": []}, wrong_audience),
    ]:
        claims = {**us, **changes}
        assert refusal(raw, daemon, by_query(token(**claims))) == text


def test_neither_is_looked_at_unless_configured(guarded, raw):
    daemon = guarded()
    assert admits(raw, daemon, token(iss="x", aud="y"))
    assert admits(raw, daemon, token())
