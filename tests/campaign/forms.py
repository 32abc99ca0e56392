"""How an app may say something: in which channel, to whom, and so on."""

import json
from typing import Callable, NamedTuple


class Form(NamedTuple):
    channel: str
    encode: Callable  # from content to the payload
    to: frozenset | None
    spared: frozenset = frozenset()
    is_kept: bool = True


def addresses(kind, names):
    return frozenset((kind, name) for name in names)


def room_channel(dice, company):
    room = dice.choice(company.rooms + company.guest_rooms)
    return Form(f"roomcast:room:{room}", bytes, addresses("room", [room]))


def room_list(dice, company):
    rooms = company.some(company.rooms + company.guest_rooms)
    head = ",".join(rooms).encode() + b"\0"
    return Form(
        "roomcast:send",
        lambda content: head + content,
        addresses("room", rooms),
    )


def broadcast(dice, company):
    return Form("roomcast:broadcast", bytes, None)


def targets(dice, company):
    """Some rooms, users and connections; one kind at least."""
    kinds = [
        ("rooms", company.rooms + company.guest_rooms),
        ("users", company.users),
        ("connections", company.connections),
    ]
    chosen = {
        kind: company.some(names)
        for kind, names in kinds
        if names and dice.random() < 0.5
    }
    return chosen or {"rooms": company.some(company.rooms)}


def envelope(dice, company):
    whom = targets(dice, company)
    to = frozenset().union(
        *(addresses(kind[:-1], names) for kind, names in whom.items())
    )
    spared = []
    if dice.random() < 0.4:
        spared = company.some(company.names + company.connections, 8)
    is_kept = dice.random() < 0.85

    def encode(content):
        fields = {**whom, "text": content.decode()}
        if spared:
            fields["except"] = spared
        if not is_kept:
            fields["keep"] = False
        return json.dumps(fields).encode()

    return Form("roomcast:send", encode, to, frozenset(spared), is_kept)


def choose(dice, company):
    form = dice.choices(
        [room_channel, envelope, room_list, broadcast], [7, 8, 3, 3]
    )[0]
    return form(dice, company)
