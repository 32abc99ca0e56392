"""Keys, tokens and certificates for the bench, made by the openssl command
and the standard library: once a run, by the first who asks."""

import base64
import hashlib
import hmac
import json
import os
import secrets
import subprocess
import time

KEY_OPTIONS = {
    "RS256": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "ES256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
}
CLAIMS = {"sub": "42", "iss": "https://login.example.com", "aud": "push"}
LIFETIME_S = 3600


def openssl(*arguments, data=None):
    """What the command prints."""
    return subprocess.run(["openssl", *arguments], input=data, check=True,
                          capture_output=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw_signature(der, size):
    """An ECDSA signature as tokens hold it: r and s, `size` bytes each."""
    def integer(at):
        end = at + 2 + der[at + 1]
        return der[at + 2:end].lstrip(b"\0").rjust(size, b"\0"), end
    r, at = integer(2)  # behind the head of the sequence, 2 bytes for P-256
    s, _ = integer(at)
    return r + s


def _ends(path, text):
    try:
        with open(path, encoding="ascii") as file:
            return file.read().endswith(text)
    except FileNotFoundError:
        return False


class Credentials:
    """All of them, as files in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.tokens = {}

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _random(self, name, size):
        """The file of so many random bytes, in hexadecimal digits."""
        path = self._path(name)
        if not os.path.exists(path):
            with open(path, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(size))
        return path

    def secret(self):
        """The file of a secret of 32 bytes."""
        return self._random("secret", 16)

    def private_key(self, algorithm):
        path = self._path(f"{algorithm}.key")
        if not os.path.exists(path):
            openssl("genpkey", *KEY_OPTIONS[algorithm], "-out", path)
        return path

    def public_key(self, algorithm):
        path = self._path(f"{algorithm}.pub")
        if not os.path.exists(path):
            openssl("pkey", "-in", self.private_key(algorithm), "-pubout",
                    "-out", path)
        return path

    def certificate(self, algorithm):
        """The file of a certificate with that private key."""
        path = self._path(f"{algorithm}.crt")
        if not os.path.exists(path):
            openssl("req", "-x509", "-new", "-key",
                    self.private_key(algorithm), "-out", path, "-days", "2",
                    "-subj", "/CN=localhost")
        return path

    def ticket_keys(self):
        """The file of a key that opens TLS tickets at every instance."""
        return self._random("ticket-keys", 32)

    def session(self, port):
        """The file of a TLS session of whoever listens there."""
        path = self._path(f"session-{port}")
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
                   "-sess_out", path]
        with subprocess.Popen(command, stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as client:
            while not _ends(path, "END SSL SESSION PARAMETERS-----\n"):
                if client.poll() is not None:
                    raise ChildProcessError(f"{command}: no session")
                time.sleep(0.02)
        return path

    def token(self, algorithm):
        """A token that lives longer than the bench runs."""
        if algorithm not in self.tokens:
            self.tokens[algorithm] = self._sign(algorithm)
        return self.tokens[algorithm]

    def _sign(self, algorithm):
        parts = ({"alg": algorithm, "typ": "JWT"},
                 {**CLAIMS, "exp": int(time.time()) + LIFETIME_S})
        text = ".".join(base64url(json.dumps(part).encode()) for part in parts)
        return f"{text}.{base64url(self._signature(algorithm, text.encode()))}"

    def _signature(self, algorithm, text):
        if algorithm == "HS256":
            with open(self.secret(), "rb") as file:
                return hmac.new(file.read(), text, hashlib.sha256).digest()
        signature = openssl("dgst", "-sha256", "-sign",
                            self.private_key(algorithm), data=text)
        return raw_signature(signature, 32) if algorithm == "ES256" \
            else signature
