#!/usr/bin/python3
"""A small chat on roomcast: this is its app, and index.html its page.

The app answers plain HTTP, keeps the messages in SQLite and adds them to a
stream in Redis; it holds no connection to any page. `make demo` starts it with
a Redis and a gateway. Python's standard library and redis-py are all it needs.
"""

import argparse
import base64
import hashlib
import hmac
import json
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from outbox import Outbox
from presence import Presence
from store import Store

PAGE = Path(__file__).with_name("index.html")
TOKEN_SECONDS = 3600
BODY_MAX = 16384
ROOM = r"[a-z0-9-]{1,32}"


class Mistake(Exception):
    """Of a request: the status, and what is wrong."""


# --- tokens: JWT with HS256, which the gateway checks by the same secret


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signature(secret, text):
    return b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())


def make_token(secret, name):
    claims = {"sub": name, "exp": int(time.time()) + TOKEN_SECONDS}
    parts = {"alg": "HS256", "typ": "JWT"}, claims
    text = ".".join(b64(json.dumps(x).encode()) for x in parts)
    return f"{text}.{signature(secret, text)}"


def name_of(secret, token):
    """Who has this token; None when it is not ours, or too old."""
    text, _, code = token.rpartition(".")
    if not hmac.compare_digest(code.encode(), signature(secret, text).encode()):
        return None
    claims = text.partition(".")[2]
    padded = claims + "=" * (-len(claims) % 4)
    claims = json.loads(base64.urlsafe_b64decode(padded))
    return claims["sub"] if claims["exp"] > time.time() else None


# --- the API


def text_in(body, key, longest):
    value = body.get(key)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= longest:
        raise Mistake(400, f"{key}: 1 to {longest} characters")
    return value.strip()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def serve(self, method):
        try:
            body = self.body()
            for wanted, pattern, answer in ROUTES:
                match = re.fullmatch(pattern, self.path.partition("?")[0])
                if match and wanted == method:
                    return answer(self, body, *match.groups())
            raise Mistake(404, "there is nothing here")
        except Mistake as mistake:
            status, why = mistake.args
            self.say({"error": why}, status)

    def body(self):
        """An object of JSON; what cannot be read ends the connection."""
        try:
            size = int(self.headers.get("Content-Length", 0))
        except ValueError:
            size = -1
        if not 0 <= size <= BODY_MAX or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            raise Mistake(413, f"a body has {BODY_MAX} bytes at most")
        try:
            body = json.loads(self.rfile.read(size) or b"{}")
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Mistake(400, "the body has to be an object of JSON")
        return body

    def say(self, what, status=200):
        self.send(json.dumps(what).encode(), "application/json", status)

    def send(self, data, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass

    def name(self):
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        name = name_of(self.server.secret, token) if scheme == "Bearer" else None
        if name is None:
            raise Mistake(401, "a token, please: POST /api/token")
        return name

    def get_page(self, _):
        self.send(PAGE.read_bytes(), "text/html")

    def post_token(self, body):
        """Whoever comes is believed: an app would look at its session."""
        name = text_in(body, "name", 24)
        token = make_token(self.server.secret, name)
        self.say({"token": token, "url": self.server.gateway})

    def get_rooms(self, _):
        self.name()
        self.say({"rooms": self.server.store.rooms()})

    def get_room(self, _, room):
        """The cursor first: what is in both the page knows by its number."""
        self.name()
        store = self.server.store
        since = store.cursor()
        self.say({"since": since, "messages": store.messages(room)})

    def post_message(self, body, room):
        """It is sent as soon as it is stored: the outbox sees to the rest."""
        message = self.server.store.add(
            room, self.name(), text_in(body, "key", 64), text_in(body, "text", 2000)
        )
        self.server.outbox.wake()
        self.say(message, 201)

    def post_typing(self, body, room):
        """By PUBLISH: it may be missed. The tab that says it does not hear it."""
        message = {"type": "typing", "name": self.name()}
        envelope = {"rooms": [room], "message": message}
        envelope["except"] = [text_in(body, "connection", 64)]
        self.server.outbox.publish_once(envelope)
        self.say({})


ROUTES = [
    ("GET", "/", Handler.get_page),
    ("POST", "/api/token", Handler.post_token),
    ("GET", "/api/rooms", Handler.get_rooms),
    ("GET", f"/api/rooms/({ROOM})", Handler.get_room),
    ("POST", f"/api/rooms/({ROOM})/messages", Handler.post_message),
    ("POST", f"/api/rooms/({ROOM})/typing", Handler.post_typing),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--redis", default="redis://127.0.0.1:6379")
    parser.add_argument("--stream", default="roomcast:stream")
    parser.add_argument("--gateway", default="ws://127.0.0.1:8001/ws/")
    parser.add_argument("--database", default="chat.sqlite")
    parser.add_argument("--secret-file", type=Path, required=True)
    chosen = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)
    server.daemon_threads = True
    server.gateway = chosen.gateway
    server.secret = chosen.secret_file.read_bytes().strip()
    server.store = Store(chosen.database)
    # The outbox repeats what has failed: nothing else may add twice.
    link = redis.Redis.from_url(
        chosen.redis,
        socket_timeout=2,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
    )
    server.outbox = Outbox(link, chosen.stream, server.store)
    server.outbox.start()
    Presence(link).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
