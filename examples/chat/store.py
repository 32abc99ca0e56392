"""The messages, in SQLite: what the page shows when it is loaded."""

import sqlite3
import threading
import time

SHOWN = 200
TABLE = """
CREATE TABLE IF NOT EXISTS messages (
	number INTEGER PRIMARY KEY AUTOINCREMENT,
	room TEXT NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
	key TEXT NOT NULL,     -- the page's own name for it
	time_ms INTEGER NOT NULL,
	cursor TEXT,           -- what XADD answered; NULL: Redis has not got it yet
	UNIQUE (name, key)
);
CREATE INDEX IF NOT EXISTS unpublished ON messages (number) WHERE cursor IS NULL;
CREATE INDEX IF NOT EXISTS of_room ON messages (room, number);
"""


class Store:
    """One connection, one thread at a time."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(TABLE)

    def rows(self, query, *values):
        """They are committed, or there are none."""
        with self.lock, self.db:
            return [dict(x) for x in self.db.execute(query, values)]

    def add(self, room, name, key, text):
        """The message, also when a page that heard no answer says it again."""
        self.rows(
            "INSERT INTO messages (room, name, key, text, time_ms) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            *(room, name, key, text, int(time.time() * 1000)),
        )
        (row,) = self.rows(
            "SELECT * FROM messages WHERE name = ? AND key = ?", name, key
        )
        return message(row)

    def messages(self, room):
        """The last ones of a room, in order."""
        found = self.rows(
            "SELECT * FROM messages WHERE room = ? ORDER BY number DESC LIMIT ?",
            *(room, SHOWN),
        )
        return [message(row) for row in reversed(found)]

    def rooms(self):
        found = self.rows("SELECT DISTINCT room FROM messages ORDER BY room")
        return [row["room"] for row in found]

    def cursor(self):
        """The id of the last message that Redis has got; "" before the first."""
        found = self.rows(
            "SELECT cursor FROM messages WHERE cursor IS NOT NULL "
            "ORDER BY number DESC LIMIT 1"
        )
        return found[0]["cursor"] if found else ""

    def unpublished(self):
        found = self.rows(
            "SELECT * FROM messages WHERE cursor IS NULL ORDER BY number LIMIT 100"
        )
        return [message(row) for row in found]

    def published(self, number, cursor):
        self.rows(
            "UPDATE messages SET cursor = ? WHERE number = ?", cursor, number
        )


def message(row):
    """As pages get it, from here and through the gateway."""
    keys = "number", "room", "name", "text", "key", "time_ms"
    return {"type": "message", **{key: row[key] for key in keys}}
