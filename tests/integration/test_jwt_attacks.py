"""What attackers send as a token, and keys that an operator got wrong."""

import json
import subprocess
import time

import jwt
import pytest

from rig.gateway import BASE, BINARY, ROOT, SANITIZER, merged, write_conf
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
    keys,
    refusal,
)
from rig.raw import request
from rig.tokens import (
    ALGORITHMS,
    HMACS,
    SECRET,
    authenticator,
    b64,
    by_hand,
    corpus,
    jwk,
    new_key,
    private_pem,
    public_pem,
    token,
)
from rig.waiting import seconds

NONES = ["none", "None", "NONE", "nOnE", "nonE", " none", "none ", "none\t"]
TWICE = ['{"alg":"none","alg":"HS256"}', '{"alg":"HS256","alg":"none"}']
OTHERS = ["", "HS", "hs256", "HS256 ", "HS2560", "HS1", "PS256", "ES256K"]


def test_tokens_that_nobody_has_signed(guarded, raw, keys):
    daemon = guarded(
        algorithms=ALGORITHMS,
        public_key_file=[public_pem(keys[a]) for a in ALGORITHMS[3:]],
        secret_file=SECRET,
    )
    hostile = [jwt.encode({"sub": "ann"}, None, "none")]
    for name in NONES + OTHERS:
        hostile.append(by_hand({"alg": name}, key=None))
        hostile.append(by_hand({"alg": name}))
    for value in None, 0, True, ["HS256"], {"HS256": 1}, ["none"]:
        hostile.append(by_hand({"alg": value}))
    hostile.append(by_hand({"typ": "JWT"}))
    for bad in hostile:
        text = refusal(raw, daemon, by_query(bad))
        assert text == "the token's algorithm is not allowed"
    for alg in ALGORITHMS:
        unsigned = by_hand({"alg": alg}, key=None)
        text = refusal(raw, daemon, by_query(unsigned))
        assert text == "the token's signature is wrong"
    for twice in TWICE:
        text = refusal(raw, daemon, by_query(by_hand(twice)))
        assert text == "the token is malformed"
    refused = len(hostile) + len(ALGORITHMS) + len(TWICE)
    daemon.wait_metric(REFUSED, refused)
    assert daemon.metric("roomcast_upgraded_total") == 0


@pytest.mark.parametrize("listed", [["RS256"], ["HS256", "RS256"]])
def test_a_public_key_is_no_secret(guarded, raw, keys, listed):
    pem = public_pem(keys["RS256"])
    settings = {"secret_file": SECRET} if "HS256" in listed else {}
    daemon = guarded(algorithms=listed, public_key_file=pem, **settings)
    numbers = keys["RS256"].public_key().public_numbers()
    for digest in HMACS:
        for secret in (
            pem,
            pem.rstrip(),
            pem.replace(b"\n", b"\r\n"),
            numbers.n.to_bytes(256, "big"),
            json.dumps(jwk(keys["RS256"], "RS256", "1")).encode(),
        ):
            bad = by_hand({"alg": digest}, key=secret, digest=digest)
            text = refusal(raw, daemon, by_query(bad))
            assert text == (
                "the token's signature is wrong"
                if digest in listed
                else "the token's algorithm is not allowed"
            )
    assert admits(raw, daemon, token(keys["RS256"], "RS256"))


KIDS = [
    "",
    "unknown",
    "main ",
    "MAIN",
    "mai",
    "../../../../../../dev/null",
    "/dev/null",
    "/proc/sys/kernel/randomize_va_space",
    "file:///dev/null",
    "http://127.0.0.1/key",
    "main' OR '1'='1",
    "$(touch x)",
    "%2e%2e%2f",
    "\x1b[31m",
    "x\r\nX-Evil: 1",
    "k" * 2000,
]


def test_kids_of_nobody(guarded, raw, tmp_path):
    """Each is signed with what its path might be taken to hold."""
    known = tmp_path / "known"
    known.write_text("what the attacker knows, of 32 bytes")
    daemon = guarded(secret_file=json.dumps(jwk(SECRET, "HS256", "main")))
    assert admits(raw, daemon, token(kid="main"))
    for kid in [*KIDS, str(known)]:
        for secret in b"", b"2\n", known.read_bytes(), SECRET.encode():
            bad = by_hand({"alg": "HS256", "kid": kid}, key=secret)
            text = refusal(raw, daemon, by_query(bad))
            assert text == "no key fits the token"
    for kid in None, 1, ["main"], {"main": 1}:
        text = refusal(
            raw, daemon, by_query(by_hand({"alg": "HS256", "kid": kid}))
        )
        assert text == "the token is malformed"
    daemon.wait_metric("roomcast_upgraded_total", 1)


def test_a_key_that_a_token_brings_along(guarded, raw, keys):
    mine = new_key("RS256")
    daemon = guarded(
        algorithms=["RS256"], public_key_file=public_pem(keys["RS256"])
    )
    for header in (
        {"jwk": jwk(mine, "RS256", "1")},
        {"jku": "http://127.0.0.1/keys"},
        {"x5u": "file:///etc/ssl/cert.pem"},
        {"x5c": ["AA=="]},
    ):
        bad = jwt.encode({"sub": "ann"}, mine, "RS256", headers=header)
        text = refusal(raw, daemon, by_query(bad))
        assert text == "the token's signature is wrong"
        named = jwt.encode(
            {"sub": "ann"}, mine, "RS256", headers={**header, "kid": "1"}
        )
        text = refusal(raw, daemon, by_query(named))
        assert text == "no key fits the token"


def test_changed_after_signing(guarded, raw):
    daemon = guarded()
    header, _, code = token().split(".")
    forged = b64({"sub": "root", "exp": int(time.time()) + 3600})
    bad = f"{header}.{forged}.{code}"
    assert refusal(raw, daemon, by_query(bad)) == (
        "the token's signature is wrong"
    )


def test_extensions_are_not_passed_over(guarded, raw):
    daemon = guarded()
    critical = [{"crit": ["exp"]}, {"crit": []}]
    for header in *critical, {"b64": False}, {"zip": "DEF"}:
        bad = by_hand({"alg": "HS256", **header})
        text = refusal(raw, daemon, by_query(bad))
        assert text == "the token needs an unknown extension"


def test_broken_base64(guarded, raw):
    daemon = guarded(token=["header.authorization", "query.token"])
    good = token()
    header, payload, code = good.split(".")
    for bad in (
        good + "=",
        good + "%3D",
        good + "%00",
        good + "%0A",
        good + "+",
        good + "%2B",
        good + "/",
        f"{header}=.{payload}.{code}",
        f"{header}.{payload}.{code[:-2]}!{code[-1]}",
        f"{header}.{payload}.{code}.{code}",
        f"{header}.{payload}",
        f"{header}{payload}{code}",
        f".{payload}.{code}",
        "..",
        ".",
        "%ff%fe",
        f"%20{good}",
        f"Bearer%20{good}",
    ):
        assert refusal(raw, daemon, by_query(bad)) == "the token is malformed"
    broken = "a broken percent-encoding in the token"
    assert refusal(raw, daemon, by_query(good + "%2")) == broken
    for bad in good + "=", "a b", good + ", " + good, '"' + good + '"':
        text = refusal(raw, daemon, headers=bearer(bad))
        assert text == "the token is malformed"


def send_lines(raw, daemon, path, *lines):
    peer = raw(daemon)
    extra = "".join(f"{line}\r\n" for line in lines)
    peer.send(request(path)[:-2] + f"{extra}\r\n".encode())
    answer = peer.read_refusal()
    return answer.status, answer.body.decode().rstrip("\n")


def test_a_token_given_twice(guarded, raw):
    daemon = guarded(token=SOURCES)
    good = token()
    for query in (
        f"token={good}&token={good}",
        f"token={good}&%74oken=x",
        "token=&token=" + good,
        f"token={good}&token",
    ):
        text = refusal(raw, daemon, "/ws/lobby?" + query)
        assert text == "more than one token in the query"
    for name, lines in {
        "more than one Authorization header": [
            f"Authorization: Bearer {good}",
            f"authorization: Bearer {good}",
        ],
        "more than one token subprotocol": [
            f"Sec-WebSocket-Protocol: roomcast.jwt, {good}",
            f"Sec-WebSocket-Protocol: roomcast.jwt, {good}",
        ],
        "no token behind its subprotocol": [
            f"Sec-WebSocket-Protocol: {good}, roomcast.jwt",
        ],
    }.items():
        assert send_lines(raw, daemon, "/ws/lobby", *lines) == (401, name)


def test_a_cookie_twice(guarded, raw):
    daemon = guarded(token=["cookie.session"])
    good, bad = token(), token("another secret that is long enough, too")
    wrong = (401, "the token's signature is wrong")
    often = (401, "the token's cookie too often")
    for values, answer in [
        ([bad, "", good], None),
        ([bad, bad, bad, good], None),
        ([bad, bad], wrong),
        ([good, bad, bad, bad, bad], often),
    ]:
        cookies = "; ".join(f"session={value}" for value in values)
        if answer is None:
            head = {"Cookie": cookies}
            assert ask(raw, daemon, headers=head)[0] == 101
        else:
            lines = [f"Cookie: {cookies}"]
            assert send_lines(raw, daemon, "/ws/lobby", *lines) == answer


@pytest.mark.parametrize(
    "limit, size, in_query, in_header",
    [
        ("8KiB", 65536, 414, 431),
        ("8KiB", 9000, 414, 431),
        ("64KiB", 65536, 414, 431),
        ("64KiB", 60000, 401, 401),
        ("64KiB", 8193, 401, 401),
    ],
)
def test_a_token_that_is_too_long(
    guarded, raw, limit, size, in_query, in_header
):
    """The head's limit comes first, and then the token's own."""
    daemon = guarded(sections={"limits": {"request_head": limit}})
    short = len(token(pad=""))
    pad = "x" * ((size - short) * 3 // 4)
    long = token(pad=pad) + "A" * 8
    long = long[:size].ljust(size, "A")
    texts = {
        414: "the request line is too long",
        431: "the request head is too large",
        401: "the token is too long",
    }
    text = refusal(raw, daemon, by_query(long), status=in_query)
    assert text == texts[in_query]
    text = refusal(raw, daemon, headers=bearer(long), status=in_header)
    assert text == texts[in_header]
    for status in {in_query, in_header}:
        name = f'roomcast_refused_total{{status="{status}"}}'
        daemon.wait_metric(name, 1 + (in_query == in_header))
    assert admits(raw, daemon, token())


def test_a_token_of_the_longest_kind(guarded, raw):
    daemon = guarded(sections={"limits": {"request_head": "16KiB"}})
    pad = "x" * 5900
    while len(token(pad=pad + "xxx")) <= 8192:
        pad += "xxx"
    assert admits(raw, daemon, token(pad=pad))
    assert not admits(raw, daemon, token(pad=pad + "xxx"))


def test_a_refusal_is_logged_once_and_without_the_token(guarded, raw):
    daemon = guarded(token=SOURCES)
    for bad in token(exp=1), by_hand({"alg": "none"}), token("x" * 64):
        since = len(daemon.lines)
        text = refusal(raw, daemon, by_query(bad))
        line = daemon.wait_line(
            lambda line: line.event == "handshake refused", since=since
        )
        assert line.level == "info"
        assert line.pairs["status"] == "401" and line.pairs["why"] == text
        assert not any(part in daemon.log() for part in bad.split(".") if part)


# -- the corpus


KEYS = ROOT / "tests" / "tokens" / "keys"
PEMS = ["rsa", "p256", "p384", "p521", "ed25519"]


def key_files(*names):
    return [str(KEYS / name) for name in names]


# As in tests/unit/proto/test_jwt.c.
POLICIES = {
    "any": {
        "algorithms": ALGORITHMS,
        "secret_file": key_files("secret.txt", "secret.jwk"),
        "public_key_file": key_files(
            "jwks.json", *(f"{name}.pem" for name in PEMS)
        ),
        "issuer": "https://issuer.test",
        "audience": "roomcast",
    },
    "rs256": {
        "algorithms": ["RS256"],
        "public_key_file": key_files("rsa.pem"),
    },
    "hs256": {
        "algorithms": ["HS256"],
        "secret_file": key_files("secret.txt"),
    },
    "named": {
        "algorithms": ["HS256", "RS256"],
        "secret_file": key_files("secret.jwk"),
        "public_key_file": key_files("jwks.json"),
    },
}

TEXTS = {
    "malformed": "the token is malformed",
    "algorithm": "the token's algorithm is not allowed",
    "critical": "the token needs an unknown extension",
    "key": "no key fits the token",
    "signature": "the token's signature is wrong",
    "expired": "the token has expired",
    "not_yet": "the token is not valid yet",
    "issuer": "the token is from another issuer",
    "audience": "the token is for another audience",
    **{
        claim: f"a claim of the token has a wrong type: {claim}"
        for claim in ("exp", "nbf", "iat", "iss", "aud")
    },
    **{
        f"{claim}_ms": f"the token's {claim} looks like milliseconds"
        for claim in ("exp", "nbf", "iat")
    },
}


def percent_encoded(data):
    return "".join(f"%{byte:02X}" for byte in data)


def test_every_token_of_the_corpus(gateway, raw, clock):
    """Percent-encoded in a query, at the corpus' own time of day."""
    daemon = gateway(
        env=clock.env,
        auth={
            name: {"type": "jwt", "leeway": "30s", **policy}
            for name, policy in POLICIES.items()
        },
        routes=[
            {"path": f"/{name}", "rooms": ["a"], "auth": name}
            for name in POLICIES
        ],
        limits={"request_head": "64KiB"},
    )
    clock.check(daemon)
    wrong, count = [], {"good": 0, "bad": 0}
    for verdict, policy, name, bad in corpus():
        path = f"/{policy}?token={percent_encoded(bad)}"
        got = ask(raw, daemon, path)
        expected = (401, "no token") if not bad else (
            (101, "") if verdict == "ok" else (401, TEXTS[verdict])
        )
        count["good" if expected[0] == 101 else "bad"] += 1
        if got != expected:
            wrong.append((name, got, expected))
    assert not wrong
    assert count["good"] >= 30 and count["bad"] >= 200
    daemon.wait_metric(REFUSED, count["bad"])
    daemon.wait_metric("roomcast_upgraded_total", count["good"])


# -- keys that cannot be used


def start_with(tmp_path, section):
    """Exit status and what was said; the daemon must not start."""
    conf = merged(BASE, {"auth": {"people": section}})
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    done = subprocess.run(
        [BINARY, "-c", str(path)],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert done.stdout == "" and not SANITIZER.search(done.stderr)
    return done.returncode, done.stderr


def bad_keys():
    private = private_pem(new_key("ES256"))
    pem, other = ((KEYS / f"{x}.pem").read_bytes() for x in ("rsa", "p256"))
    small = (KEYS / "bad-rsa1024.pem").read_bytes()
    yield "too short", ["HS256"], b"0123456789", "at least 32"
    yield "too short for one", ["HS256", "HS512"], b"x" * 32, "HS512"
    yield "a newline only", ["HS256"], b"\n", "an empty secret"
    yield "a PEM for a secret", ["HS256"], pem, "in a file of secrets"
    yield "no PEM", ["RS256"], b"not a key at all\n", "PEM"
    yield "half a PEM", ["RS256"], pem[: len(pem) // 2], "PEM"
    yield "a private key", ["ES256"], private, "private"
    yield "the other kind", ["RS256"], other, "algorithms"
    yield "a small key", ["RS256"], small, "2048"
    yield "no JSON", ["RS256"], b"{", "JSON"
    yield "an empty set", ["RS256"], b'{"keys":[]}', "JWK set"
    yield "a secret", ["RS256"], json.dumps(
        jwk(SECRET, "HS256", "1")
    ).encode(), "secret"
    yield "too large", ["RS256"], b"x" * 70000, "larger"


BAD_KEYS = list(bad_keys())


@pytest.mark.parametrize(
    "name, algorithms, content, remedy", BAD_KEYS, ids=[b[0] for b in BAD_KEYS]
)
def test_a_key_that_cannot_be_used(
    tmp_path, name, algorithms, content, remedy
):
    kind = "secret_file" if "HS256" in algorithms else "public_key_file"
    section = authenticator(
        tmp_path, algorithms=algorithms, **{kind: content}
    )
    status, said = start_with(tmp_path, section)
    assert status == 1, said
    assert " error main: cannot start error=" in said
    assert section[kind][0] in said and remedy in said
    lines = content.decode().splitlines()
    assert not any(line in said for line in lines if len(line) >= 8)


def test_an_algorithm_without_its_key(tmp_path):
    section = authenticator(
        tmp_path,
        algorithms=["RS256", "ES256"],
        public_key_file=public_pem(new_key("ES256")),
    )
    status, said = start_with(tmp_path, section)
    assert status == 1 and "no key fits RS256" in said


@pytest.mark.parametrize("kind", ["secret_file", "public_key_file"])
def test_a_key_file_that_is_not_there(tmp_path, kind):
    """Found with the other mistakes of the configuration."""
    section = authenticator(
        tmp_path,
        algorithms=["HS256" if kind == "secret_file" else "RS256"],
        **{kind: b"content"},
    )
    missing = tmp_path / f"{kind}-0"
    missing.unlink()
    status, said = start_with(tmp_path, section)
    assert status == 2
    assert f"auth.people.{kind}" in said and "No such file" in said
    missing.mkdir()
    status, said = start_with(tmp_path, section)
    assert status == 2 and "Is a directory" in said
    missing.rmdir()
    missing.write_bytes(b"")
    status, said = start_with(tmp_path, section)
    assert status == 2 and "the file is empty" in said
