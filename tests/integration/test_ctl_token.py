"""roomcastctl token: what it signs the gateway takes."""

import json

import jwt
import pytest

from rig.ctl import ctl, good
from rig.gateway import BASE, merged, write_conf
from rig.tokens import (
    ALGORITHMS,
    HMACS,
    authenticator,
    jwk,
    new_key,
    private_pem,
    public_pem,
)


def section(folder, algorithm, key):
    """The authenticator's, and the words that sign for it."""
    if algorithm in HMACS:
        return authenticator(folder, algorithms=[algorithm]), []
    (folder / "private.pem").write_bytes(private_pem(key))
    return (
        authenticator(
            folder, algorithms=[algorithm], public_key_file=public_pem(key)
        ),
        ["--key", folder / "private.pem"],
    )


def routes(**more):
    return [
        {"path": "/ws/{room}", "rooms": ["{room}"], "auth": "login", **more}
    ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_algorithm_lets_in(gateway, connect, tmp_path, algorithm):
    key = new_key(algorithm)
    login, words = section(tmp_path, algorithm, key)
    daemon = gateway(auth={"login": login}, routes=routes())
    token = good(
        "token", "--user", "42", *words, "--config", daemon.conf_path
    ).strip()
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    connect(daemon, f"/ws/lobby?token={token}")
    (one,) = daemon.api("connections")[1]["connections"]
    assert one["user"] == "42"


def claims(conf, *words):
    token = good("token", "--config", conf, *words).strip()
    return jwt.decode(token, options={"verify_signature": False})


@pytest.fixture
def conf(tmp_path):
    """With two authenticators and a route of each."""

    def make(**login):
        return write_conf(
            tmp_path / "roomcast.yaml",
            merged(
                BASE,
                {
                    "auth": {
                        "login": authenticator(tmp_path, **login),
                        "app": {"type": "http", "url": "http://127.0.0.1:1/"},
                    },
                    "routes": [
                        *routes(permit="claim.channels"),
                        {"path": "/app", "rooms": ["a"], "auth": "app"},
                    ],
                },
            ),
        )

    return make


def test_claims(conf):
    file = conf(
        issuer="https://login.example.com", audience="push", user_claim="uid"
    )
    found = claims(
        file,
        *("/ws/{room}", "--user", "42", "--room", "a", "--room", "b-*"),
        *("--claim", "admin=true", "--claim", "name=Ann B.", "--claim=n=7"),
        *("--claim", 'list=["x"]', "--expires", "10m"),
    )
    lasts = found.pop("exp")
    other = claims(file, "--expires", "20m")
    assert 500 < other.pop("exp") - lasts < 900
    assert found == {
        "iss": "https://login.example.com",
        "aud": "push",
        "uid": "42",
        "channels": ["a", "b-*"],
        "admin": True,
        "name": "Ann B.",
        "n": 7,
        "list": ["x"],
    }
    assert other == {"iss": "https://login.example.com", "aud": "push"}
    # What the operator says stands above that.
    assert claims(file, "--claim", "iss=other")["iss"] == "other"
    assert claims(file, "--claim", "exp=1")["exp"] == 1


def test_a_secret_in_a_jwk(gateway, connect, tmp_path):
    key = new_key("HS256")
    secret = json.dumps({"keys": [jwk(key, "HS256", "k1")]})
    login = authenticator(tmp_path, secret_file=secret)
    daemon = gateway(auth={"login": login}, routes=routes())
    token = good("token", "--config", daemon.conf_path).strip()
    assert jwt.get_unverified_header(token)["kid"] == "k1"
    connect(daemon, f"/ws/lobby?token={token}")


@pytest.mark.parametrize(
    "words, said",
    [
        (["/nope"], "there is no route /nope"),
        (["/app"], "/app has no authenticator of type jwt"),
        (["--auth", "app"], "there is no such authenticator of type jwt"),
        (["--expires", "9999h"], "must be 8784h at most"),
        (["--claim", "nothing"], "must be NAME=VALUE"),
        (["--key", "/nope/key.pem"], "/nope/key.pem"),
        (["--key", "/dev/null"], "/dev/null: no private key in PEM"),
    ],
)
def test_what_cannot_be_signed(conf, words, said):
    code, out, error = ctl("token", "--config", conf(), *words)
    assert (code, out) == (2, "")
    assert said in error


def test_a_private_key_as_editors_save_it(conf, tmp_path):
    key = new_key("ES256")
    file = conf(algorithms=["ES256"], public_key_file=public_pem(key))
    pem = tmp_path / "private.pem"
    words = ["token", "--config", file, "--key", pem]
    pem.write_bytes(private_pem(key).decode().encode("utf-16"))
    code, _, said = ctl(*words)
    assert code == 2
    assert f"{pem}: the file is in UTF-16: save it as UTF-8 or ASCII" in said
    pem.write_bytes(b"\xef\xbb\xbf" + private_pem(key))
    assert good(*words)


def test_a_key_that_does_not_fit(conf, tmp_path):
    (tmp_path / "private.pem").write_bytes(private_pem(new_key("ES256")))
    code, _, said = ctl(
        "token", "--config", conf(), "--key", tmp_path / "private.pem"
    )
    assert code == 2
    assert "the key fits none of the algorithms of login" in said


def test_public_keys_alone_sign_nothing(tmp_path, conf):
    key = new_key("ES256")
    file = conf(algorithms=["ES256"], public_key_file=public_pem(key))
    code, _, said = ctl("token", "--config", file)
    assert code == 2
    assert "login has public keys only: say the private one with --key" in said
