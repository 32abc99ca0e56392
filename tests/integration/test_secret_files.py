"""Files of secrets as editors and shells leave them, and where they are."""

import os
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.guarded import admits, ask, by_query, guarded, refusal
from rig.tokens import SECRET, by_hand, token
from rig.waiting import seconds

ROUTE = {"path": "/ws/{room}", "rooms": ["{room}"], "auth": "people"}


def people(secret_file):
    return {
        "type": "jwt",
        "algorithms": ["HS256"],
        "secret_file": str(secret_file),
        "token": ["query.token", "cookie.session"],
    }


def check(path, **options):
    return subprocess.run(
        [os.path.abspath(BINARY), "--check-config", "-c", path],
        capture_output=True,
        text=True,
        timeout=seconds(10),
        **options,
    )


@pytest.mark.parametrize(
    "content",
    [SECRET, SECRET + "\n", SECRET + "\r\n", "\ufeff" + SECRET + "\r\n"],
    ids=["bare", "LF", "CRLF", "mark"],
)
def test_a_secret_is_its_line(gateway, raw, tmp_path, content):
    file = tmp_path / "secret"
    file.write_bytes(content.encode())
    daemon = gateway(auth={"people": people(file)}, routes=[ROUTE])
    assert admits(raw, daemon, token())


@pytest.mark.parametrize(
    "content, problem",
    [
        (SECRET.encode() + b"\n\n", "more than one line"),
        (b"\n" + SECRET.encode(), "more than one line"),
        (SECRET.encode("utf-16"), "UTF-16"),
        (SECRET.encode() + b"\0", "NUL"),
    ],
    ids=["two lines", "line in front", "UTF-16", "NUL"],
)
def test_what_is_no_line_is_refused(tmp_path, content, problem):
    file = tmp_path / "secret"
    file.write_bytes(content)
    conf = merged(BASE, {"auth": {"people": people(file)}, "routes": [ROUTE]})
    done = check(write_conf(tmp_path / "roomcast.yaml", conf))
    assert done.returncode == 2
    assert f"{file}: " in done.stderr and problem in done.stderr
    assert SECRET not in done.stderr


def test_files_go_by_the_folder_of_the_configuration(tmp_path):
    """Started somewhere else, with an absolute or a relative name."""
    folder = tmp_path / "etc" / "keys"
    folder.mkdir(parents=True)
    (folder / "secret").write_text(SECRET)
    (folder.parent / "password").write_text("word")
    conf = merged(
        BASE,
        {
            "auth": {"people": people("keys/secret")},
            "routes": [ROUTE],
            "embedded": {"password_file": "password"},
        },
    )
    path = write_conf(folder.parent / "roomcast.yaml", conf)
    for name, where in (path, "/"), ("etc/roomcast.yaml", tmp_path):
        done = check(name, cwd=where)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["keys/nothing", "./nothing", "../nothing"])
def test_the_path_that_was_tried_is_named(tmp_path, name):
    (tmp_path / "keys").mkdir()
    conf = merged(BASE, {"auth": {"people": people(name)}, "routes": [ROUTE]})
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    done = check("roomcast.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "auth.people.secret_file" in done.stderr
    assert f"{tmp_path}/{name}: cannot be read" in done.stderr


def cookies(*tokens):
    return {"Cookie": "; ".join(f"session={each}" for each in tokens)}


def test_a_cookie_that_is_there_twice(gateway, raw, tmp_path):
    """Of two paths, say: any may be the good one; what is bad is named."""
    file = tmp_path / "secret"
    file.write_text(SECRET)
    daemon = gateway(auth={"people": people(file)}, routes=[ROUTE])
    good, old, forged = token(), token(exp=1000), token("x" * 40)
    for pair in (good, old), (old, good), (forged, good), (good, good):
        assert ask(raw, daemon, headers=cookies(*pair))[0] == 101
    assert ask(raw, daemon, headers=cookies(old, forged, "x", good))[0] == 101
    text = refusal(raw, daemon, headers=cookies(old, forged))
    assert text == "the token has expired"
    text = refusal(raw, daemon, headers=cookies(*[old] * 4, good))
    assert text == "the token's cookie too often"


@pytest.mark.parametrize(
    "claims, text",
    [
        ({"exp": 1_900_000_000_000}, "the token's exp looks like milliseconds"),
        ({"nbf": 1_700_000_000_000}, "the token's nbf looks like milliseconds"),
        ({"iat": 1_700_000_000_000}, "the token's iat looks like milliseconds"),
        ({"exp": "1900000000"}, "a claim of the token has a wrong type: exp"),
        ({"exp": 1e300}, "a claim of the token has a wrong type: exp"),
        ({"nbf": True}, "a claim of the token has a wrong type: nbf"),
        ({"iat": []}, "a claim of the token has a wrong type: iat"),
        ({"iss": 7}, "a claim of the token has a wrong type: iss"),
    ],
    ids=str,
)
def test_the_claim_is_named(guarded, raw, claims, text):
    daemon = guarded()
    bad = by_hand({"alg": "HS256"}, {"sub": "ann", **claims})
    assert refusal(raw, daemon, by_query(bad)) == text
