"""Clients that know their connection's id, and users with tokens."""

import base64
import hashlib
import hmac
import json
import time

import pytest

SECRET = "a secret of the tests, of 32 bytes or more"

# Each route sends the id first.
ROUTES = [
    {"path": "/ws/{room}", "rooms": ["{room}"], "welcome": True},
    {"path": "/rooms", "rooms": ["{query.rooms}"], "welcome": True},
]


def id_of(client):
    """The connection's id, from the welcome that must come first."""
    welcome = json.loads(client.recv())
    assert welcome["type"] == "roomcast.welcome", welcome
    return welcome["connection"]


def _part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def token(user, **claims):
    """A JSON Web Token of this user (HS256, RFC 7515)."""
    claims = {"sub": user, "exp": int(time.time()) + 3600, **claims}
    signed = _part({"alg": "HS256", "typ": "JWT"}) + "." + _part(claims)
    digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256)
    return signed + "." + _part(digest.digest())


def auth(folder):
    """Sections of a configuration whose /user route wants a token."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    return {
        "auth": {
            "people": {
                "type": "jwt",
                "algorithms": ["HS256"],
                "secret_file": str(secret),
            }
        },
        "routes": [
            *ROUTES,
            {
                "path": "/user",
                "rooms": ["{query.rooms}"],
                "auth": "people",
                "welcome": True,
            },
        ],
    }


@pytest.fixture
def people(tmp_path):
    """Sections with users."""
    return auth(tmp_path)


def user_path(user, rooms="lobby"):
    return f"/user?rooms={rooms}&token={token(user)}"


def send(publisher, content, **targets):
    """An envelope with a text."""
    publisher.publish(
        "roomcast:send", json.dumps({**targets, "text": content})
    )


def command(publisher, word, **rest):
    """A control command."""
    publisher.publish(
        "roomcast:control", json.dumps({"command": word, **rest})
    )
