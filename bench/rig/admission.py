"""The gateway with each way to let a client in: tokens, the app's hook, TLS.
SERVERS names all that scenarios can ask for."""

import os

from rig.deflating import Deflating
from rig.keeping import Keeping, KeepingRedis, WithIds
from rig.servers import (ROOT, Bare, BareBatch10, Process, Roomcast,
                     RoomcastRedis, accepts, free_ports)
from rig.streaming import Events


class Token(Roomcast):
    """Signed tokens; each client brings the same."""

    algorithm = None
    is_secret = False

    def authenticator(self):
        mine = self.surroundings.credentials
        key = {"secret_file": mine.secret()} if self.is_secret else {
            "public_key_file": mine.public_key(self.algorithm)}
        return {"type": "jwt", "algorithms": [self.algorithm],
                "token": ["header.authorization"], "audience": "push",
                "issuer": "https://login.example.com", **key}

    def client_options(self):
        token = self.surroundings.credentials.token(self.algorithm)
        return ["--header", f"Authorization: Bearer {token}"]


class HS256(Token):
    algorithm = "HS256"
    is_secret = True


class RS256(Token):
    algorithm = "RS256"


class ES256(Token):
    algorithm = "ES256"


class App(Process):
    """The app behind the hook. It shares the client's processor: what it
    costs is not the gateway's."""

    program = os.path.join(ROOT, "build/bench/hookd")

    def __init__(self, cpu):
        super().__init__(cpu)
        self.port, = free_ports(1)

    def command(self):
        return [self.program, str(self.port)]

    def is_ready(self):
        return accepts(self.port)


class Hook(Roomcast):
    """An app that is asked about each handshake."""

    def __init__(self, connections, surroundings, conf=None):
        super().__init__(connections, surroundings, conf)
        self.app = App(surroundings.client_cpu)

    def authenticator(self):
        return {"type": "http",
                "url": f"http://127.0.0.1:{self.app.port}/auth"}

    def client_options(self):
        return ["--header", "Cookie: session=0123456789abcdef0123456789abcdef"]

    def __enter__(self):
        self.app.__enter__()
        try:
            return super().__enter__()
        except BaseException:
            self.app.end()
            raise

    def __exit__(self, *_):
        self.end()
        self.app.end()


class Tls(Roomcast):
    """wss. The certificate's key is named as the token algorithm's."""

    scheme = "wss"
    key = None

    def listener(self):
        mine = self.surroundings.credentials
        return {**super().listener(),
                "tls": {"certificate": mine.certificate(self.key),
                        "key": mine.private_key(self.key)}}


class TlsRsa(Tls):
    key = "RS256"


class TlsEcdsa(Tls):
    key = "ES256"


class TlsResumed(TlsEcdsa):
    """Clients come back with a ticket."""

    def client_options(self):
        return ["--resume"]


class TlsElsewhere(TlsEcdsa):
    """Clients come with a ticket of an instance that is gone: it is as after
    a restart, or behind a balancer."""

    def listener(self):
        listener = super().listener()
        listener["tls"]["ticket_keys"] = \
            self.surroundings.credentials.ticket_keys()
        return listener

    def client_options(self):
        return ["--session", self.session]

    def __enter__(self):
        super().__enter__()
        try:
            self.session = self.surroundings.credentials.session(self.port)
        finally:
            self.end()
        return super().__enter__()


SERVERS = {
    "bare": Bare, "bare-10": BareBatch10, "roomcast": Roomcast,
    "roomcast-redis": RoomcastRedis, "keeping-redis": KeepingRedis,
    "hs256": HS256, "rs256": RS256, "es256": ES256, "http": Hook,
    "deflate": Deflating, "events": Events, "keeping": Keeping,
    "ids": WithIds,
    "tls-rsa": TlsRsa, "tls-ecdsa": TlsEcdsa, "tls-resumed": TlsResumed,
    "tls-elsewhere": TlsElsewhere,
}
