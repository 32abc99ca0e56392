"""Apps through TLS, and the authorities that have signed for them."""

import ssl

import pytest

from .hookapp import HookApp
from .once import once
from .tls import Authority

TOO_OLD = ("20200101", "20200201")
TOO_NEW = ("20880101", "20880201")


class Ours:
    """An authority, and what it has signed; another one that nobody named."""

    def __init__(self, folder):
        self.ca = Authority(folder, "ours")
        self.other_ca = Authority(folder, "other")
        sign = self.ca.sign
        self.app = sign("app", "DNS:localhost,IP:127.0.0.1")
        self.named = sign("named", "DNS:app.test")
        self.expired = sign("expired", "IP:127.0.0.1", *TOO_OLD)
        self.early = sign("early", "IP:127.0.0.1", *TOO_NEW)
        self.gateway = sign("gateway", "DNS:gateway.test")
        self.stranger = self.other_ca.sign("stranger", "DNS:gateway.test")


@pytest.fixture(scope="session")
def ours(tmp_path_factory):
    return once(tmp_path_factory, "https-app", Ours)


def showing(pair, clients=None):
    """A server's context; clients need a certificate of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.file)
    return context


@pytest.fixture
def serve(ours):
    """Start apps: serve(pair, clients, ...)."""
    started = []

    def start(pair=ours.app, clients=None, **options):
        app = HookApp(context=showing(pair, clients), **options).start()
        started.append(app)
        return app

    yield start
    for app in started:
        app.finish()
