"""A daemon whose route wants a token, and what it answers."""

import itertools

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .clock import Clock, build_clock
from .once import once
from .raw import request
from .tokens import (
    ALGORITHMS,
    HMACS,
    SECRET,
    authenticator,
    new_key,
    private_pem,
)

SOURCES = [
    "header.authorization",
    "query.token",
    "cookie.session",
    "subprotocol",
]
REFUSED = 'roomcast_refused_total{status="401"}'


def make_keys(_):
    return {a: private_pem(new_key(a)) for a in ALGORITHMS if a not in HMACS}


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """A private key for each algorithm, the secret for the HMACs."""
    made = once(tmp_path_factory, "keys", make_keys)
    keys = {a: load_pem_private_key(pem, None) for a, pem in made.items()}
    return dict.fromkeys(HMACS, SECRET) | keys


@pytest.fixture
def guarded(gateway, tmp_path):
    """Call it to start a daemon whose /ws/{room} wants a token.

    route changes the route, sections are of the configuration (or options of
    the fixture gateway), and the rest is for the authenticator.
    """
    numbers = itertools.count()

    def start(route=None, sections=None, **settings):
        folder = tmp_path / f"keys-{next(numbers)}"
        folder.mkdir()
        return gateway(
            auth={"people": authenticator(folder, **settings)},
            routes=[
                {
                    "path": "/ws/{room}",
                    "rooms": ["{room}"],
                    "auth": "people",
                    **(route or {}),
                }
            ],
            **(sections or {}),
        )

    return start


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def by_query(token, room="lobby"):
    return f"/ws/{room}?token={token}"


def ask(raw, daemon, path="/ws/lobby", headers=()):
    """The status and the text of a handshake's answer."""
    peer = raw(daemon)
    peer.send(request(path, headers))
    answer = peer.read_response()
    peer.close()
    return answer.status, answer.body.decode().rstrip("\n")


def admits(raw, daemon, token):
    status, text = ask(raw, daemon, by_query(token))
    assert status in (101, 401), text
    return status == 101


def refusal(raw, daemon, path="/ws/lobby", headers=(), status=401):
    """Why a handshake is refused; the answer must be one of its kind."""
    peer = raw(daemon)
    peer.send(request(path, headers))
    answer = peer.read_refusal()
    assert answer.status == status, answer
    assert ("www-authenticate" in answer.headers) == (status == 401)
    return answer.body.decode().rstrip("\n")


def heard(daemon, client, *rooms):
    """Those of the rooms that the client is a member of."""
    publisher = daemon.publisher()
    for room in rooms:
        publisher.publish(f"roomcast:room:{room}", room)
    publisher.publish("roomcast:broadcast", "the end")
    return client.recv_until("the end")


@pytest.fixture(scope="session")
def clock_library(tmp_path_factory):
    return once(tmp_path_factory, "clock", build_clock)


@pytest.fixture
def clock(clock_library, tmp_path):
    """A time of day for daemons that are started with env=clock.env."""
    return Clock(clock_library, tmp_path)
