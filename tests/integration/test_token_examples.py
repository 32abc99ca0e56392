"""The programs examples/sign-token.* sign what a route with `permit` takes."""

import base64
import json
import os
import shutil
import subprocess
import time

import pytest

from rig.client import Refused
from rig.gateway import ROOT
from rig.node import missing
from rig.tokens import authenticator
from rig.waiting import seconds

pytestmark = pytest.mark.outside

COMMANDS = {
    "py": ["/usr/bin/python3"],
    "js": ["node"],
    "php": ["php"],
    "rb": ["ruby"],
    "go": ["go", "run"],
    "sh": ["sh"],
}
ROUTE = {
    "path": "/ws/{room}",
    "rooms": ["{room}"],
    "auth": "login",
    "permit": "claim.rooms",
}


def run(kind, secret_file, *words):
    """The program, which finds its secret there."""
    command = COMMANDS[kind]
    if not shutil.which(command[0]):
        missing(f"there is no {command[0]}")
    return subprocess.run(
        [*command, ROOT / "examples" / f"sign-token.{kind}", *words],
        env={**os.environ, "SECRET_FILE": str(secret_file)},
        capture_output=True,
        text=True,
        timeout=seconds(60),
    )


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=="))


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_token_lets_the_user_into_these_rooms(
    gateway, connect, tmp_path, kind
):
    secret = f"{'0123456789abcdef' * 4}\n"  # as `openssl rand -hex 32` has it
    login = authenticator(tmp_path, token=["subprotocol"], secret_file=secret)
    user = "Zoë" if kind == "sh" else 'Zoë "Z" O\'Hara'
    file = tmp_path / "secret_file-0"
    done = run(kind, file, user, "lobby", "chat-*", "größe")
    assert (done.returncode, done.stderr) == (0, "")
    token = done.stdout.strip()
    daemon = gateway(auth={"login": login}, routes=[ROUTE])
    options = {"subprotocols": ["roomcast.jwt", token]}
    clients = [
        connect(daemon, f"/ws/{room}", **options)
        for room in ("lobby", "chat-7", "gr%C3%B6%C3%9Fe")
    ]
    with pytest.raises(Refused) as caught:
        connect(daemon, "/ws/other", **options)
    assert caught.value.status_code == 403
    daemon.publisher().publish(
        "roomcast:send", json.dumps({"users": [user], "text": "hi"})
    )
    assert [client.recv() for client in clients] == ["hi"] * 3
    assert 0 < claims_of(token)["exp"] - time.time() <= 300


@pytest.mark.parametrize("kind", COMMANDS)
def test_without_its_secret_it_says_what_to_do(tmp_path, kind):
    file = tmp_path / "nowhere"
    done = run(kind, file, "42", "lobby")
    assert (done.returncode, done.stdout) == (1, "")
    assert str(file) in done.stderr and "SECRET_FILE" in done.stderr
    assert "Traceback" not in done.stderr and done.stderr.count("\n") <= 2
