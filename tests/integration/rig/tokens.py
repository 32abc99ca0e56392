"""Keys and tokens: good ones from PyJWT, hostile ones put together by hand."""

import base64
import hashlib
import hmac
import json
import re
import time

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from .gateway import ROOT

SECRET = "a secret of the tests that is long enough for HS512: 64 bytes..."
HMACS = {
    "HS256": hashlib.sha256,
    "HS384": hashlib.sha384,
    "HS512": hashlib.sha512,
}
CURVES = {
    "ES256": ec.SECP256R1,
    "ES384": ec.SECP384R1,
    "ES512": ec.SECP521R1,
}
ALGORITHMS = [*HMACS, "RS256", "RS384", "RS512", *CURVES, "EdDSA"]


def new_key(algorithm):
    """A private key, or for an HMAC a secret."""
    if algorithm in HMACS:
        return SECRET
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )


def private_pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def jwk(key, algorithm, kid):
    """The key as a key server publishes it; a secret as it would be kept."""
    kinds = jwt.algorithms
    if algorithm in HMACS:
        fields = {"kty": "oct", "k": b64(key)}
    elif algorithm in CURVES:
        fields = json.loads(kinds.ECAlgorithm.to_jwk(key.public_key()))
        # RFC 7518, 6.2.1.2: as long as the curve; PyJWT leaves zeros out.
        size = (key.key_size + 7) // 8
        numbers = key.public_key().public_numbers()
        fields["x"] = b64(numbers.x.to_bytes(size, "big"))
        fields["y"] = b64(numbers.y.to_bytes(size, "big"))
    elif algorithm == "EdDSA":
        fields = json.loads(kinds.OKPAlgorithm.to_jwk(key.public_key()))
    else:
        fields = json.loads(kinds.RSAAlgorithm.to_jwk(key.public_key()))
    return {**fields, "kid": kid, "alg": algorithm, "use": "sig"}


def token(key=SECRET, algorithm="HS256", kid=None, **claims):
    """Signed by PyJWT; a claim that is ... is left out."""
    merged = {"sub": "ann", "exp": int(time.time()) + 3600, **claims}
    return jwt.encode(
        {name: value for name, value in merged.items() if value is not ...},
        key,
        algorithm,
        headers={"kid": kid} if kid is not None else None,
    )


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    elif not isinstance(data, bytes):
        data = json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def by_hand(header, claims=None, key=SECRET, digest="HS256"):
    """Any header at all over an HMAC, or over no signature (key is None)."""
    if claims is None:
        claims = {"sub": "ann", "exp": int(time.time()) + 3600}
    signed = b64(header) + "." + b64(claims)
    if key is None:
        return signed + "."
    secret = key if isinstance(key, bytes) else key.encode()
    code = hmac.new(secret, signed.encode(), HMACS[digest]).digest()
    return signed + "." + b64(code)


def authenticator(folder, **settings):
    """The section of type jwt; HS256 with SECRET unless settings say more.

    In secret_file and public_key_file, bytes or texts are written to files.
    """
    section = {"type": "jwt", "algorithms": ["HS256"], **settings}
    if "public_key_file" not in section:
        section.setdefault("secret_file", SECRET)
    for name in ("secret_file", "public_key_file"):
        contents = section.get(name, [])
        if isinstance(contents, (str, bytes)):
            contents = [contents]
        files = []
        for i, content in enumerate(contents):
            path = folder / f"{name}-{i}"
            path.write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
            files.append(str(path))
        if files:
            section[name] = files
    return section


def corpus():
    """Verdict, policy, name and bytes of each row of tests/tokens."""

    def unescape(match):
        return bytes.fromhex(match[1].decode()) if match[1] else b"\\"

    path = ROOT / "tests" / "tokens" / "tokens.txt"
    for line in path.read_bytes().splitlines():
        if not line.startswith(b"#"):
            *words, escaped = line.split(b"\t")
            yield *(word.decode() for word in words), re.sub(
                rb"\\(?:x([0-9a-f]{2})|\\)", unescape, escaped
            )
