"""Searching all that a gateway says for what it must not say."""

import base64
import os
import subprocess
from urllib.parse import quote

from .gateway import BINARY, SANITIZER
from .raw import request
from .waiting import seconds

ADMIN = [
    *("/metrics", "/healthz", "/readyz", "/", "/nope"),
    *("/api/config", "/api/status"),
]


def percent_encoded(text):
    """Every byte of it."""
    return "".join(f"%{byte:02x}" for byte in text.encode())


def spellings(secret):
    """As it is, percent-encoded by need or as a whole, and in base64."""
    raw = secret.encode()
    yield secret
    yield quote(secret, safe="")
    yield percent_encoded(secret)
    yield base64.b64encode(raw).decode().rstrip("=")
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Search:
    """Collects what was said; finds secrets in it."""

    def __init__(self, *secrets):
        self.needles = {n for s in secrets for n in spellings(s)}
        self.said = []

    def add_token(self, token):
        """No part of a token may show up, cut short or its header neither."""
        for part in token.split("."):
            if len(part) > 8:
                self.needles |= {part[:16], percent_encoded(part[:8])}
        return token

    def ask(self, raw, daemon, path="/ws/lobby", headers=(), head=None):
        """A handshake; its status."""
        peer = raw(daemon)
        peer.send(head or request(path, headers))
        answer = peer.read_response()
        peer.close()
        self.said += [answer.body.decode(), repr(answer.headers)]
        return answer.status

    def look(self, daemon):
        """Ask for all that it tells, and end it."""
        for path in ADMIN:
            status, body, headers = daemon.admin(path)
            self.said += [body, str(headers)]
        with open(f"/proc/{daemon.pid}/cmdline") as cmdline:
            self.said.append(cmdline.read())
        words = ["--dump-config", "-c", daemon.conf_path]
        assert self.run(*words, env=daemon.env) == 0
        daemon.stop()
        self.said.append(daemon.log())
        self.check()

    def run(self, *words, env=None):
        """What the program says when it is started so; its status."""
        done = subprocess.run(
            [BINARY, *map(str, words)],
            capture_output=True,
            text=True,
            timeout=seconds(10),
            env={**os.environ, **(env or {})},
        )
        assert not SANITIZER.search(done.stderr), done.stderr
        self.said += [done.stdout, done.stderr]
        return done.returncode

    def check(self):
        assert self.needles and any(self.said)
        for text in self.said:
            found = [needle for needle in self.needles if needle in text]
            assert not found, (found, text)
