#!/usr/bin/python3
"""Write tokens.txt and keys/ anew: tests/tokens/make.py

Good tokens come from PyJWT and cryptography, another library than the one
under test; hostile ones are put together by hand where PyJWT would refuse to.
Private keys are made here, used, and thrown away; the secrets stay, as they
are needed to check. Nothing of this protects anything.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import pathlib

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.x509.oid import NameOID

HERE = pathlib.Path(__file__).parent
KEYS = HERE / "keys"
NOW = 1_700_000_000  # the tests' clock
LEEWAY = 30

SECRET = b"a test secret that is long enough for HS512, 64 bytes or more...."
KID_SECRET = hashlib.sha512(b"roomcast test secret with a kid").digest()

CLAIMS = {
    "sub": "42",
    "iss": "https://issuer.test",
    "aud": "roomcast",
    "exp": NOW + 3600,
    "rooms": ["a", "b"],
}

HMACS = {
    "HS256": hashlib.sha256,
    "HS384": hashlib.sha384,
    "HS512": hashlib.sha512,
}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_int(value, size):
    return b64(value.to_bytes(size, "big"))


def text(value):
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, separators=(",", ":")).encode()


def by_hand(header, payload, key=SECRET, digest="HS256"):
    """Any header and payload at all, signed with an HMAC."""
    signed = b64(text(header)) + "." + b64(text(payload))
    code = hmac.new(key, signed.encode(), HMACS[digest]).digest()
    return signed + "." + b64(code)


def hs(payload=CLAIMS, **header):
    return by_hand({"alg": "HS256", "typ": "JWT", **header}, payload)


def claims(**changes):
    merged = {**CLAIMS, **changes}
    return {k: v for k, v in merged.items() if v is not ...}


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )


def certificate(key, name):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2020, 1, 1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def jwk_rsa(key, **labels):
    n = key.public_key().public_numbers()
    size = (n.n.bit_length() + 7) // 8
    return {"kty": "RSA", "n": b64_int(n.n, size), "e": b64_int(n.e, 3),
            **labels}


def jwk_ec(key, crv, **labels):
    n = key.public_key().public_numbers()
    size = (key.curve.key_size + 7) // 8
    return {"kty": "EC", "crv": crv, "x": b64_int(n.x, size),
            "y": b64_int(n.y, size), **labels}


def jwk_okp(key, crv, **labels):
    raw = key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    return {"kty": "OKP", "crv": crv, "x": b64(raw), **labels}


class Signers:
    """One key of each kind from PEM files, and one of each from the JWK set."""

    def __init__(self):
        def new_rsa(bits=2048):
            return rsa.generate_private_key(public_exponent=65537,
                                            key_size=bits)

        self.rsa, self.rsa_set, self.rsa_enc = new_rsa(), new_rsa(), new_rsa()
        self.rsa_other, self.rsa_small = new_rsa(), new_rsa(1024)
        self.p256 = ec.generate_private_key(ec.SECP256R1())
        self.p384 = ec.generate_private_key(ec.SECP384R1())
        self.p521 = ec.generate_private_key(ec.SECP521R1())
        self.p256_set = ec.generate_private_key(ec.SECP256R1())
        self.p256_other = ec.generate_private_key(ec.SECP256R1())
        self.k256 = ec.generate_private_key(ec.SECP256K1())
        self.ed = ed25519.Ed25519PrivateKey.generate()
        self.ed_set = ed25519.Ed25519PrivateKey.generate()
        self.ed_other = ed25519.Ed25519PrivateKey.generate()
        self.x25519 = x25519.X25519PrivateKey.generate()

    def jwks(self):
        """What belongs to somebody else stands between the useful ones."""
        return {"keys": [
            jwk_rsa(self.rsa_enc, kid="enc-1", use="enc"),
            jwk_rsa(self.rsa_set, kid="rsa-1", use="sig", alg="RS256"),
            jwk_okp(self.x25519, "X25519", kid="x-1"),
            jwk_ec(self.p256_set, "P-256", kid="ec-1", key_ops=["verify"]),
            jwk_ec(self.k256, "secp256k1", kid="k-1", alg="ES256K"),
            {"kty": "AKP", "kid": "pq-1", "alg": "ML-DSA-44", "pub": "AA"},
            jwk_rsa(self.rsa_enc, kid="pss-1", alg="PS256"),
            jwk_okp(self.ed_set, "Ed25519", kid="ed-1", alg="EdDSA"),
        ]}

    def write(self):
        KEYS.mkdir(exist_ok=True)
        for name, data in {
            "secret.txt": SECRET + b"\n",
            "secret.jwk": text({"kty": "oct", "kid": "hs-1",
                                "k": b64(KID_SECRET)}),
            "rsa.pem": public_pem(self.rsa),
            "rsa-pkcs1.pem": self.rsa.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
            "rsa-expired-certificate.pem": certificate(self.rsa, "rsa"),
            "p256.pem": public_pem(self.p256),
            "p384.pem": public_pem(self.p384),
            "p521.pem": public_pem(self.p521),
            "ed25519.pem": public_pem(self.ed),
            "jwks.json": json.dumps(self.jwks(), indent=1).encode() + b"\n",
            "bad-rsa1024.pem": public_pem(self.rsa_small),
            "bad-secp256k1.pem": public_pem(self.k256),
            "bad-x25519.pem": public_pem(self.x25519),
            "bad-chain.pem": certificate(self.rsa, "rsa")
            + certificate(self.rsa_other, "issuer"),
            "bad-exponent-1.jwk": text({**jwk_rsa(self.rsa), "e": "AQ"}),
            "bad-off-curve.jwk": text({**jwk_ec(self.p256, "P-256"),
                                       "y": b64(b"\1" * 32)}),
        }.items():
            (KEYS / name).write_bytes(data)


def good(s):
    """Policy "any", unless a row says otherwise."""
    for alg in HMACS:
        yield f"PyJWT {alg}", jwt.encode(CLAIMS, SECRET, alg)
        yield f"PyJWT {alg} with a kid", jwt.encode(
            CLAIMS, KID_SECRET, alg, headers={"kid": "hs-1"})
    for alg in ("RS256", "RS384", "RS512"):
        yield f"PyJWT {alg}", jwt.encode(CLAIMS, s.rsa, alg)
    yield "PyJWT ES256", jwt.encode(CLAIMS, s.p256, "ES256")
    yield "PyJWT ES384", jwt.encode(CLAIMS, s.p384, "ES384")
    yield "PyJWT ES512", jwt.encode(CLAIMS, s.p521, "ES512")
    yield "PyJWT EdDSA", jwt.encode(CLAIMS, s.ed, "EdDSA")
    for kid, key, alg in (("rsa-1", s.rsa_set, "RS256"),
                          ("ec-1", s.p256_set, "ES256"),
                          ("ed-1", s.ed_set, "EdDSA")):
        yield f"{alg} by kid", jwt.encode(CLAIMS, key, alg,
                                          headers={"kid": kid})
        yield f"{alg} of the set without a kid", jwt.encode(CLAIMS, key, alg)
    yield "a kid nobody knows, made by a key without one", jwt.encode(
        CLAIMS, s.rsa, "RS256", headers={"kid": "from-a-pem"})
    yield "typ and cty are not looked at", hs(typ=7, cty="x")
    yield "jku, x5u, jwk and x5c are not looked at", hs(
        jku="https://evil.test/k", x5u="file:///etc/passwd", x5c=["AA"],
        jwk=jwk_okp(s.ed_other, "Ed25519"))
    yield "no exp", hs(claims(exp=...))
    yield "white space around the objects", by_hand(
        b' {"alg" : "HS256"}\r\n', b"\n\t" + text(CLAIMS) + b" ")
    yield "an escaped algorithm is the same text", by_hand(
        r'{"\u0061lg":"HS\u003256"}', CLAIMS)
    yield "exp with a fraction", hs(claims(exp=NOW + 0.5))
    yield "exp with an exponent", by_hand(
        {"alg": "HS256"}, text(claims(exp=...))[:-1] + b',"exp":1.8e9}')
    yield "exp passed within the leeway", hs(claims(exp=NOW - LEEWAY + 1))
    yield "nbf to come within the leeway", hs(claims(nbf=NOW + LEEWAY))
    yield "iat to come", hs(claims(iat=NOW + 9999))
    yield "aud is one of several", hs(claims(aud=["x", "roomcast"]))
    yield "UTF-8 in a claim", hs(claims(name="Zoë"))
    yield "a backslash before u0000 is no NUL", by_hand(
        {"alg": "HS256"}, text(CLAIMS)[:-1] + rb',"x":"\\u0000"}')
    yield "the same name twice, deeper down", by_hand(
        {"alg": "HS256"}, text(CLAIMS)[:-1] + b',"x":{"a":1,"a":2}}')


def unsigned(s):
    """Tokens that nobody with a key has signed."""
    body = b64(text(CLAIMS))
    for name in ("none", "None", "NONE", "nOnE", "none ", "", "HS256 ",
                 "hs256", "Hs256", "HS256\x7f", "RS", "HS128", "PS256",
                 "ES256K", "A128KW", "dir"):
        yield "algorithm", f"alg {name!r}", by_hand({"alg": name}, CLAIMS)
        if name.lower() == "none":
            yield "algorithm", f"alg {name!r} and no signature", \
                b64(text({"alg": name})) + "." + body + "."
    yield "malformed", "alg with an escaped NUL", by_hand(
        r'{"alg":"HS256\u0000"}', CLAIMS)
    for value in (None, 256, True, ["HS256"], {"a": "HS256"}):
        yield "algorithm", f"alg {value!r}", by_hand({"alg": value}, CLAIMS)
    yield "algorithm", "no alg", by_hand({"typ": "JWT"}, CLAIMS)
    yield "algorithm", "ALG", by_hand({"ALG": "HS256"}, CLAIMS)
    yield "malformed", "alg twice", by_hand(
        '{"alg":"none","alg":"HS256"}', CLAIMS)
    yield "malformed", "alg twice, once escaped", by_hand(
        r'{"alg":"HS256","\u0061lg":"none"}', CLAIMS)
    header = b64(text({"alg": "HS256"}))
    yield "signature", "no signature", f"{header}.{body}."
    yield "signature", "another secret", by_hand(
        {"alg": "HS256"}, CLAIMS, b"x" * 64)
    yield "signature", "an empty secret", by_hand({"alg": "HS256"}, CLAIMS, b"")
    token = hs()
    yield "signature", "the payload changed", ".".join(
        (token.split(".")[0], b64(text(claims(sub="1"))), token.split(".")[2]))
    yield "signature", "the header changed", ".".join(
        (b64(text({"alg": "HS256", "x": 1})), *token.split(".")[1:]))
    code = base64.urlsafe_b64decode(token.split(".")[2] + "=")
    yield "signature", "a code cut short", f"{header}.{body}." + b64(code[:16])
    yield "signature", "a code too long", token + "AAAA"
    yield "signature", "the code of another digest", by_hand(
        {"alg": "HS512"}, CLAIMS)
    yield "signature", "only zeros", f"{header}.{body}.{b64(bytes(32))}"


def confused(s):
    """The keys are real, their use is not."""
    for name in ("rsa.pem", "rsa-pkcs1.pem", "rsa-expired-certificate.pem"):
        pem = (KEYS / name).read_bytes()
        for digest in HMACS:
            yield "algorithm", "rs256", f"{name} as a secret for {digest}", \
                by_hand({"alg": digest}, CLAIMS, pem, digest)
        yield "signature", "any", f"{name} as a secret, HS256 allowed", \
            by_hand({"alg": "HS256"}, CLAIMS, pem)
        yield "signature", "any", f"{name} without its newline", \
            by_hand({"alg": "HS256"}, CLAIMS, pem.rstrip())
    modulus = s.rsa.public_key().public_numbers().n.to_bytes(256, "big")
    yield "signature", "any", "the modulus as a secret", by_hand(
        {"alg": "HS256"}, CLAIMS, modulus)
    yield "key", "named", "the kid of a public key, HS256", by_hand(
        {"alg": "HS256", "kid": "rsa-1"}, CLAIMS, KID_SECRET)
    yield "key", "named", "a kid nobody has, no key without one", by_hand(
        {"alg": "HS256", "kid": "hs-2"}, CLAIMS, KID_SECRET)
    yield "signature", "rs256", "HMAC where RS256 is", by_hand(
        {"alg": "RS256"}, CLAIMS)
    yield "algorithm", "hs256", "RS256 where only HS256 is allowed", \
        jwt.encode(CLAIMS, s.rsa, "RS256")
    yield "algorithm", "rs256", "RS512 where only RS256 is allowed", \
        jwt.encode(CLAIMS, s.rsa, "RS512")
    yield "key", "any", "an alg that is not the JWK's", jwt.encode(
        CLAIMS, s.rsa_set, "RS512", headers={"kid": "rsa-1"})
    yield "key", "any", "a key of the set that is for encryption", \
        jwt.encode(CLAIMS, s.rsa_enc, "RS256", headers={"kid": "enc-1"})
    yield "signature", "any", "RS256 by a stranger", jwt.encode(
        CLAIMS, s.rsa_other, "RS256")
    yield "signature", "any", "ES256 by a stranger", jwt.encode(
        CLAIMS, s.p256_other, "ES256")
    yield "signature", "any", "EdDSA by a stranger", jwt.encode(
        CLAIMS, s.ed_other, "EdDSA")
    yield "signature", "any", "a stranger's key inside the token", jwt.encode(
        CLAIMS, s.rsa_other, "RS256",
        headers={"jwk": jwk_rsa(s.rsa_other, kid="rsa-1"),
                 "kid": "rsa-1"})
    yield "signature", "any", "the right kid, a stranger's key", jwt.encode(
        CLAIMS, s.p256_other, "ES256", headers={"kid": "ec-1"})
    yield "key", "any", "a key of the set under a kid it has not", \
        jwt.encode(CLAIMS, s.rsa_set, "RS256", headers={"kid": "rsa-9"})
    yield "key", "any", "a kid in another case", jwt.encode(
        CLAIMS, s.rsa_set, "RS256", headers={"kid": "RSA-1"})
    yield "key", "any", "a kid with a space behind it", jwt.encode(
        CLAIMS, s.rsa_set, "RS256", headers={"kid": "rsa-1 "})


def curves(s):
    header = b64(text({"alg": "ES256"})) + "." + b64(text(CLAIMS))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

    def pair(r, t):
        return header + "." + b64_int(r << 256 | t, 64)

    yield "signature", "r and s are 0", pair(0, 0)
    yield "signature", "r is 0", pair(0, 1)
    yield "signature", "s is 0", pair(1, 0)
    yield "signature", "r and s are the order", pair(order, order)
    yield "signature", "r and s are 1", pair(1, 1)
    der = s.p256.sign(header.encode(), ec.ECDSA(hashes.SHA256()))
    yield "signature", "DER in place of r and s", header + "." + b64(der)
    token = jwt.encode(CLAIMS, s.p256, "ES256")
    signed, raw = token.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(raw + "==")
    yield "signature", "a byte too few", signed + "." + b64(raw[:-1])
    yield "signature", "a byte too many", signed + "." + b64(raw + b"\0")
    yield "signature", "zeros in front of r and s", signed + "." + b64(
        b"\0" + raw[:32] + b"\0" + raw[32:])
    yield "signature", "r and s exchanged", signed + "." + b64(
        raw[32:] + raw[:32])
    yield "signature", "one half", signed + "." + b64(raw[:32])
    ed = jwt.encode(CLAIMS, s.ed, "EdDSA")
    signed, raw = ed.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(raw + "==")
    group = 2**252 + 27742317777372353535851937790883648493
    again = int.from_bytes(raw[32:], "little") + group
    yield "signature", "Ed25519 with S beyond the order", signed + "." + b64(
        raw[:32] + again.to_bytes(32, "little"))
    yield "signature", "Ed25519 only zeros", signed + "." + b64(bytes(64))
    rs = jwt.encode(CLAIMS, s.rsa, "RS256")
    signed, raw = rs.rsplit(".", 1)
    raw = base64.urlsafe_b64decode(raw + "==")
    yield "signature", "RSA with a zero in front", signed + "." + b64(
        b"\0" + raw)
    yield "signature", "RSA only zeros", signed + "." + b64(bytes(256))
    yield "signature", "RSA 1", signed + "." + b64(bytes(255) + b"\1")
    yield "signature", "RSA of 6000 bytes", signed + "." + b64(bytes(5500))


def extended(s):
    for crit in (["exp"], [], ["b64"], "exp", None, 1):
        yield "critical", f"crit {crit!r}", hs(crit=crit)
    yield "critical", "zip", hs(zip="DEF")
    yield "critical", "b64 false", hs(b64=False)
    for kid in (7, None, True, ["hs-1"], {"a": "hs-1"}):
        yield "malformed", f"kid {kid!r}", hs(kid=kid)
    for kid in ("../../../../dev/null", "/etc/passwd", "file:///dev/null",
                "' OR 1=1 --", "$(id)", "|id", "k" * 4096):
        yield "key", f"kid {kid[:20]!r}, empty secret", by_hand(
            {"alg": "HS256", "kid": kid}, CLAIMS, b"")
    yield "malformed", "kid with an escaped NUL", by_hand(
        r'{"alg":"HS256","kid":"hs-1\u0000"}', CLAIMS)
    yield "malformed", "kid twice", by_hand(
        '{"alg":"HS256","kid":"x","kid":"hs-1"}', CLAIMS)


def broken(s):
    """Each is signed as well as it can be."""
    token = hs()
    header, payload, code = token.split(".")
    for name, hostile in {
        "nothing": "", "a dot": ".", "two dots": "..", "three dots": "...",
        "one part": header, "two parts": f"{header}.{payload}",
        "four parts": f"{token}.{code}",
        "five parts": f"{header}.{payload}.{code}.{code}.{code}",
        "a dot in front": f".{token}", "a dot behind": f"{token}.",
        "no header": f".{payload}.{code}",
        "a space in front": f" {token}", "a space behind": f"{token} ",
        "a newline behind": f"{token}\n", "a NUL behind": f"{token}\0",
        "a NUL in the header": f"{header[:4]}\0{header[4:]}.{payload}.{code}",
        "Bearer in front": f"Bearer {token}",
        "padding": f"{header}.{payload}.{code}=",
        "padding of the header": f"{header}==.{payload}.{code}",
        "percent-encoding": token.replace(".", "%2E"),
        "a comma": f"{token},{token}", "not ASCII": "\xe9" + token,
        "full-width dots": token.replace(".", "\uff0e"),
        "only dots": "." * 4000, "JSON": text(CLAIMS).decode(),
        "loose bits in the code": token[:-1] + next(
            c for c in "BCDFGH" if c != token[-1]),
        "one character too many": token + "A"
        if len(code) % 4 == 0 else token + "A" * (5 - len(code) % 4),
        "header null": by_hand("null", CLAIMS),
        "header an array": by_hand('["alg","HS256"]', CLAIMS),
        "header a text": by_hand('"HS256"', CLAIMS),
        "header with a byte behind": by_hand('{"alg":"HS256"}x', CLAIMS),
        "header with two objects": by_hand('{"alg":"HS256"}{}', CLAIMS),
        "header cut short": by_hand('{"alg":"HS256"', CLAIMS),
        "header with a comment": by_hand('{"alg":"HS256"/**/}', CLAIMS),
        "header with a comma too many": by_hand('{"alg":"HS256",}', CLAIMS),
        "header in single quotes": by_hand("{'alg':'HS256'}", CLAIMS),
        "header with a BOM": by_hand(b'\xef\xbb\xbf{"alg":"HS256"}', CLAIMS),
        "header in UTF-16": by_hand('{"alg":"HS256"}'.encode("utf-16"), CLAIMS),
        "header not UTF-8": by_hand(b'{"alg":"HS256","x":"\xff"}', CLAIMS),
        "header with an overlong slash": by_hand(
            b'{"alg":"HS256","x":"\xc0\xaf"}', CLAIMS),
        "header nested 129 deep": by_hand(
            '{"alg":"HS256","x":' + "[" * 128 + "]" * 128 + "}", CLAIMS),
        "header nested 2000 deep": by_hand("[" * 2000, CLAIMS),
        "header with 257 members": by_hand(
            {"alg": "HS256", **{f"{i:x}": 0 for i in range(256)}}, CLAIMS),
        "payload empty": by_hand({"alg": "HS256"}, ""),
        "payload null": hs("null"), "payload an array": hs("[]"),
        "payload a number": hs("1"), "payload a text": hs('"sub"'),
        "payload with half a surrogate pair": hs(r'{"sub":"\ud800"}'),
        "payload with an escaped NUL": hs(r'{"sub":"admin\u0000x"}'),
        "payload with an escaped NUL in a name": hs(r'{"sub\u0000":"1"}'),
        "payload with a newline in a text": hs('{"sub":"a\nb"}'),
        "payload not UTF-8": hs(b'{"sub":"\xff\xfe"}'),
        "payload with NaN": hs('{"exp":NaN}'),
        "payload with Infinity": hs('{"exp":-Infinity}'),
        "payload with 01": hs('{"exp":01}'),
        "payload with +1": hs('{"exp":+1}'),
        "sub twice": hs('{"sub":"1","sub":"2"}'),
        "exp twice": hs('{"exp":1,"exp":1800000000}'),
        "sub twice, once escaped": hs(r'{"sub":"1","s\u0075b":"2"}'),
        "payload nested 200 deep": hs('{"x":' + "[" * 200 + "]" * 200 + "}"),
    }.items():
        yield "malformed", name, hostile
    nested = hs(token, cty="JWT")
    yield "malformed", "a token in a token", nested


def claimed(s):
    milliseconds = 253402300800, NOW * 1000
    for value in (-1, -0.5, 1e300, *milliseconds, str(NOW + 60),
                  "", True, None, [NOW + 60], {"a": 1}):
        for name in ("exp", "nbf", "iat"):
            verdict = f"{name}_ms" if value in milliseconds else name
            yield verdict, f"{name} {value!r}", hs(claims(**{name: value}))
    yield "exp", "exp 1e999", hs('{"exp":1e999}')
    yield "expired", "exp 0", hs(claims(exp=0))
    yield "expired", "exp passed with the leeway", hs(
        claims(exp=NOW - LEEWAY))
    yield "expired", "exp long ago", hs(claims(exp=1))
    yield "expired", "exp with a fraction, passed", hs(
        claims(exp=NOW - LEEWAY - 0.5))
    yield "not_yet", "nbf to come", hs(claims(nbf=NOW + LEEWAY + 1))
    yield "not_yet", "nbf to come by a fraction", hs(
        claims(nbf=NOW + LEEWAY + 0.5))
    yield "issuer", "no iss", hs(claims(iss=...))
    for iss in ("https://issuer.test/", "https://issuer.test.evil", "",
                "HTTPS://issuer.test", "https://issuer.tes"):
        yield "issuer", f"iss {iss!r}", hs(claims(iss=iss))
    for iss in (1, None, ["https://issuer.test"]):
        yield "iss", f"iss {iss!r}", hs(claims(iss=iss))
    yield "audience", "no aud", hs(claims(aud=...))
    for aud in ("", "Roomcast", "roomcast ", "roomcas", [], ["x"],
                ["roomcast,x"]):
        yield "audience", f"aud {aud!r}", hs(claims(aud=aud))
    for aud in (1, None, {"roomcast": 1}, ["roomcast", 1], ["x", None],
                [["roomcast"]]):
        yield "aud", f"aud {aud!r}", hs(claims(aud=aud))


def escape(value):
    out = ""
    for byte in value.encode("utf-8"):
        plain = 0x20 <= byte < 0x7F and byte != 0x5C
        out += chr(byte) if plain else "\\\\" if byte == 0x5C \
            else f"\\x{byte:02x}"
    return out


def rows(s):
    for name, token in good(s):
        yield "ok", "any", name, token
    for part in (unsigned, curves, extended, broken, claimed):
        for verdict, name, token in part(s):
            yield verdict, "any", name, token
    yield from confused(s)


def main():
    s = Signers()
    s.write()
    lines = [
        "# Tokens and what becomes of them: VERDICT POLICY NAME TOKEN, with",
        "# tabs between. Written by make.py beside this; the policies are in",
        "# tests/unit/proto/test_jwt.c. \\\\ and \\xHH are escapes.",
    ]
    lines += ["\t".join(map(escape, row)) for row in rows(s)]
    (HERE / "tokens.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    os.umask(0o022)
    main()
