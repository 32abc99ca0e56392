"""Whole numbers name users and rooms as they are spelt, on every way in."""

import json

import pytest

from rig.people import auth, user_path


@pytest.fixture
def daemon(gateway, tmp_path):
    return gateway(**auth(tmp_path))


def publish(daemon, channel="roomcast:send", **parts):
    daemon.publisher().publish(channel, json.dumps(parts))


def test_a_token_and_an_envelope_name_the_same_user(daemon, connect):
    """`sub: 42`, `sub: "42"`, `users: [42]` and `users: ["42"]`."""
    clients = [connect(daemon, user_path(user)) for user in (42, "42")]
    for client in clients:
        client.recv()  # the welcome
    publish(daemon, users=[42], message=1)
    publish(daemon, users=["42"], message=2)
    publish(daemon, users=[42, "42"], message=3)
    for client in clients:
        assert client.recv_many(3) == ["1", "2", "3"]


def test_a_room_by_its_number(daemon, connect):
    client = connect(daemon, "/ws/-7")
    client.recv()
    publish(daemon, rooms=[-7, 8], text="by number")
    publish(daemon, rooms=["-7"], text="by string")
    assert client.recv_many(2) == ["by number", "by string"]


def test_commands_take_numbers(daemon, connect):
    client = connect(daemon, user_path(42))
    client.recv()
    publish(
        daemon, "roomcast:control", command="join", users=[42], rooms=[2**63]
    )
    publish(daemon, rooms=[2**63], text="joined")
    assert client.recv() == "joined"
    publish(daemon, "roomcast:control", command="disconnect", users=[42])
    assert client.wait_closed().code == 4000
