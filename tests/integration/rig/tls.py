"""Certificates that the openssl command makes, and raw sockets with TLS."""

import errno
import socket
import ssl
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from .gateway import Gateway
from .once import once
from .raw import Raw


def openssl(*words):
    """Run the command; what it prints."""
    return subprocess.run(
        ["openssl", *words], check=True, capture_output=True, timeout=30
    ).stdout


class Pair(NamedTuple):
    certificate: Path
    key: Path

    @property
    def section(self):
        """The tls section of a listener."""
        return {"certificate": str(self.certificate), "key": str(self.key)}

    @property
    def der(self):
        """The certificate as a client gets to see it."""
        return ssl.PEM_cert_to_DER_cert(self.certificate.read_text())


KINDS = {
    "ecdsa": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["rsa:2048"],
}


def make_pair(folder, name, kind="ecdsa", days=90):
    """A certificate for localhost and 127.0.0.1, signed with its own key."""
    pair = Pair(folder / f"{name}.pem", folder / f"{name}-key.pem")
    openssl(
        *("req", "-x509", "-newkey", *KINDS[kind], "-nodes"),
        *("-keyout", str(pair.key), "-out", str(pair.certificate)),
        *("-subj", f"/CN={name}", "-days", str(days)),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    )
    return pair


def make_dated(folder, key, name, begin, end):
    """A certificate for this key, from one day to another (YYYYMMDD)."""
    pair = Pair(folder / f"{name}.pem", key)
    authority = folder / name
    authority.mkdir()
    (authority / "index.txt").touch()
    (authority / "ca.cnf").write_text(
        "[ca]\ndefault_ca = own\n[own]\n"
        f"database = {authority}/index.txt\nnew_certs_dir = {authority}\n"
        "default_md = sha256\npolicy = any\nrand_serial = yes\n"
        "[any]\ncommonName = supplied\n"
    )
    request = authority / "request.pem"
    openssl(
        *("req", "-new", "-key", str(key), "-subj", f"/CN={name}"),
        *("-out", str(request)),
    )
    openssl(
        *("ca", "-batch", "-selfsign", "-config", str(authority / "ca.cnf")),
        *("-startdate", f"{begin}000000Z", "-enddate", f"{end}000000Z"),
        *("-keyfile", str(key), "-in", str(request)),
        *("-out", str(pair.certificate), "-notext"),
    )
    return pair


class Authority:
    """Signs certificates, as an app's own does for its Redis."""

    def __init__(self, folder, name="authority"):
        self.folder = folder / name
        self.folder.mkdir()
        self.file = self.folder / "ca.pem"
        self.key = self.folder / "ca-key.pem"
        openssl(
            *("req", "-x509", "-newkey", *KINDS["ecdsa"], "-nodes"),
            *("-keyout", str(self.key), "-out", str(self.file)),
            *("-subj", f"/CN={name}", "-days", "90"),
        )
        (self.folder / "index.txt").touch()
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca = own\n[own]\n"
            f"database = {self.folder}/index.txt\n"
            f"new_certs_dir = {self.folder}\ndefault_md = sha256\n"
            "policy = any\nrand_serial = yes\ncopy_extensions = copy\n"
            "unique_subject = no\n[any]\ncommonName = supplied\n"
        )

    def sign(
        self,
        name,
        names,
        begin="20200101",
        end="20890101",
        kind="ecdsa",
        until=None,
        usage="clientAuth,serverAuth",
    ):
        """A pair for these names, as in DNS:localhost, from one day to
        another (YYYYMMDD), or until a second of it (YYYYMMDDHHMMSSZ)."""
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request = self.folder / f"{name}.request"
        openssl(
            *("req", "-new", "-newkey", *KINDS[kind], "-nodes"),
            *("-keyout", str(pair.key), "-out", str(request)),
            *("-subj", f"/CN={name}"),
            *("-addext", f"subjectAltName={names}"),
            *("-addext", f"extendedKeyUsage={usage}"),
        )
        self._ca(
            *("-startdate", f"{begin}000000Z"),
            *("-enddate", until or f"{end}000000Z"),
            *("-in", str(request), "-out", str(pair.certificate), "-notext"),
        )
        return pair

    def revoke(self, pair):
        self._ca("-revoke", str(pair.certificate))

    def revocations(self, name="revoked", *dates, folder=None):
        """A list of those that are revoked by now, for a month, or for other
        dates; in a folder of its own where others use this authority too."""
        file = (folder or self.folder) / f"{name}.crl"
        dates = dates or ("-crldays", "30")
        self._ca("-gencrl", *dates, "-out", str(file))
        return file

    def _ca(self, *words):
        openssl(
            *("ca", "-batch", "-config", str(self.folder / "ca.cnf")),
            *("-cert", str(self.file), "-keyfile", str(self.key)),
            *words,
        )


class Certificates(NamedTuple):
    first: Pair
    second: Pair
    rsa: Pair
    expired: Pair
    early: Pair


def make_certificates(folder):
    first = make_pair(folder, "first")
    return Certificates(
        first,
        make_pair(folder, "second"),
        make_pair(folder, "rsa", "rsa"),
        make_dated(folder, first.key, "expired", "20200101", "20200201"),
        make_dated(folder, first.key, "early", "20900101", "20900201"),
    )


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """Nobody writes to these files."""
    return once(tmp_path_factory, "certificates", make_certificates)


RELOADED = r" info tls: certificate reloaded"  # in the log


def listen(pair, **more):
    """The listen section of one TLS listener."""
    return [{"address": "127.0.0.1:0", "tls": pair.section, **more}]


def wss(daemon, path="/ws/lobby", index=0):
    """The URL of the listener with this index, which speaks TLS."""
    return daemon.ws_url(path, index).replace("ws:", "wss:", 1)


def anybody(version=None, ciphers=None, shows=None):
    """A client's context that looks at no certificate, and shows this one."""
    context = trusting(version=version)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if ciphers:
        context.set_ciphers(ciphers)
    if shows:
        context.load_cert_chain(shows.certificate, shows.key)
    return context


def trusting(*pairs, version=None, alpn=("http/1.1",)):
    """A client's context that checks the server against these pairs. The end
    of TCP alone is an error to it, as to most TLS libraries."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    for pair in pairs:
        context.load_verify_locations(pair.certificate)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if version:
        context.minimum_version = context.maximum_version = version
    return context


class TlsRaw(Raw):
    """A Raw inside TLS, which asks for the host name. front goes out before it,
    as a proxy's header does."""

    def __init__(
        self,
        target,
        context,
        session=None,
        front=b"",
        index=0,
        name="localhost",
        **options,
    ):
        if isinstance(target, Gateway):
            target = target.address(index)
        super().__init__(target, **options)
        if front:
            # In one segment with the client's first record.
            self.socket.send(front, socket.MSG_MORE)
        try:
            self.socket = context.wrap_socket(
                self.socket,
                server_hostname=name,
                session=session,
                suppress_ragged_eofs=False,
                do_handshake_on_connect=False,
            )
            self._shake_hands()
        except BaseException:
            self.socket.close()
            raise

    def _shake_hands(self):
        """By itself wrap_socket leaves out the TLS handshake, in silence, where
        the server has already reset the connection."""
        try:
            self.socket.do_handshake()
        except OSError as error:
            if error.errno == errno.ENOTCONN:
                raise ConnectionResetError(*error.args) from error
            raise

    def upgrade(self, path="/ws/lobby", headers=()):
        """Through the handshake; self."""
        answer = self.handshake(path, headers)
        assert answer.status == 101, answer
        return self

    def read_some(self, count):
        """Take so many bytes off the socket, for later."""
        wanted = len(self.buffer) + count
        while len(self.buffer) < wanted:
            self._fill()


@pytest.fixture
def secure():
    """Open raw TLS sockets: secure(gateway, context, ...)."""
    sockets = []

    def open_secure(*args, **options):
        sockets.append(TlsRaw(*args, **options))
        return sockets[-1]

    yield open_secure
    for s in sockets:
        s.close()
