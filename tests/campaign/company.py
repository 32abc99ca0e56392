"""Whom publishers may name: rooms that pages ask for and such that they come
into by commands only, users, and what pages call themselves."""

from collections import deque


def names(kind, count):
    return [f"{kind}{i}" for i in range(count)]


class Company:
    def __init__(self, dice, clients):
        self.dice = dice
        self.rooms = names("room", 8)
        self.guest_rooms = names("guest", 4)
        self.users = names("user", (clients + 1) // 2)  # two clients each
        self.names = names("name", 2 * clients)
        # As clients tell their app: ids of connections that they have, and
        # (id, message) of what they have got lately.
        self.connections = []
        self.seen = deque(maxlen=50)

    def user_of(self, client):
        return self.users[client // 2]

    def names_of(self, client):
        return self.names[2 * client : 2 * client + 2]

    def some(self, of, most=3):
        """One to so many of these, as there are."""
        count = min(self.dice.randint(1, most), len(of))
        return self.dice.sample(list(of), count)
