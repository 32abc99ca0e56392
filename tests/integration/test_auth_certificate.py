"""Routes that go by the certificate which a client has shown in TLS."""

import time

import pytest

from rig.once import once
from rig.raw import request
from rig.rereading import change
from rig.tls import Authority, anybody, certificates, openssl, secure
from rig.tokens import SECRET, token
from rig.waiting import seconds

REFUSED = 'roomcast_refused_total{status="%d",reason="%s"}'
ROUTES = [
    {"path": "/own", "rooms": ["user-{user}"], "auth": "people"},
    {
        "path": "/may/{room}",
        "rooms": ["{room}"],
        "auth": "people",
        "permit": "claim.uri",
    },
    {"path": "/names", "rooms": ["at-{claim.dns}"], "auth": "hosts"},
    {"path": "/few", "rooms": ["few"], "auth": "few"},
    {"path": "/open", "rooms": ["open"]},
]
AUTH = {
    "people": {"type": "certificate"},
    "hosts": {"type": "certificate", "user": "dns"},
    "few": {"type": "certificate", "users": ["b*", "a?ice"]},
}


def signed(authority, name, subject, names):
    """A pair of a whole subject, in bytes that openssl takes as they are."""
    pair = authority.sign(name, names)
    request = authority.folder / f"{name}.again"
    openssl(
        *("req", "-new", "-utf8", "-multivalue-rdn", "-key", str(pair.key)),
        *("-out", str(request), "-subj", subject),
    )
    extensions = authority.folder / f"{name}.ext"
    extensions.write_text(f"subjectAltName={names}\n")
    openssl(
        *("x509", "-req", "-in", str(request), "-days", "30"),
        *("-CA", str(authority.file), "-CAkey", str(authority.key)),
        *("-CAcreateserial", "-extfile", str(extensions)),
        *("-out", str(pair.certificate)),
    )
    return pair


def make_badges(folder):
    ours = Authority(folder, "ours")
    return {
        "ca": ours.file,
        "alice": ours.sign(
            "alice", "DNS:a.test,URI:orders-*,URI:news,email:a@b.test"
        ),
        "carol": ours.sign("carol", "DNS:c.test,DNS:d.test"),
        "utf8": signed(ours, "utf8", "/CN=J\u00fcrgen \u2603", "DNS:j.test"),
        "twins": signed(ours, "twins", "/CN=one/CN=two", "DNS:t.test"),
        "nameless": signed(ours, "nameless", "/O=us", "IP:127.0.0.1"),
        "control": signed(ours, "control", "/CN=a\u0085b", "DNS:x.test"),
        "none": None,
    }


@pytest.fixture(scope="session")
def badges(tmp_path_factory):
    """Nobody writes to these files."""
    return once(tmp_path_factory, "badges", make_badges)


@pytest.fixture
def guarded(gateway, certificates, badges):
    """A gateway whose first listener asks for certificates, the second is
    plain."""

    def start(**sections):
        tls = {
            **certificates.first.section,
            "client_ca": str(badges["ca"]),
            "client_certificate": "optional",
        }
        return gateway(
            listen=[
                {"address": "127.0.0.1:0", "tls": tls},
                {"address": "127.0.0.1:0"},
            ],
            **{"auth": AUTH, "routes": ROUTES, **sections},
        )

    return start


def ask(secure, daemon, badge, path):
    s = secure(daemon, anybody(shows=badge))
    s.send(request(path))
    return s, s.read_response()


def admitted(secure, daemon, badge, path):
    s, answer = ask(secure, daemon, badge, path)
    assert answer.status == 101, answer
    return s


def refused(secure, daemon, badge, path, status, reason):
    s, answer = ask(secure, daemon, badge, path)
    assert answer.status == status, answer
    daemon.wait_metric(REFUSED % (status, reason), 1)
    line = daemon.wait_line(lambda line: line.event == "handshake refused")
    assert line.pairs["reason"] == reason
    return line


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("who, user", [("alice", "alice"), ("utf8", "J\u00fcrgen \u2603")])
def test_the_common_name_is_the_user(guarded, secure, badges, who, user):
    daemon = guarded()
    s = admitted(secure, daemon, badges[who], "/own")
    publisher = daemon.publisher()
    publisher.publish(f"roomcast:room:user-{user}", "by room")
    assert s.read_frame().payload == b"by room"
    publisher.publish("roomcast:send", '{"users": ["%s"], "message": "hi"}' % user)
    assert s.read_frame().payload == b'"hi"'
    (row,) = daemon.api("connections")[1]["connections"]
    assert row["user"] == user


@pytest.mark.parametrize(
    "who, path, status, reason",
    [
        ("none", "/own", 401, "no_certificate"),
        ("twins", "/own", 401, "certificate_user"),
        ("nameless", "/own", 401, "certificate_user"),
        ("control", "/own", 401, "certificate_user"),
        ("carol", "/names", 401, "certificate_user"),
        ("nameless", "/names", 401, "certificate_user"),
        ("carol", "/few", 403, "users"),
        ("carol", "/may/news", 403, "permit"),
        ("alice", "/may/other", 403, "permit"),
    ],
)
def test_who_is_refused(guarded, secure, badges, who, path, status, reason):
    daemon = guarded()
    line = refused(secure, daemon, badges[who], path, status, reason)
    assert line.pairs.get("user") == (who if status == 403 else None)


@pytest.mark.parametrize(
    "who, path, room",
    [
        ("alice", "/few", "few"),
        ("alice", "/may/orders-7", "orders-7"),
        ("alice", "/may/news", "news"),
        ("alice", "/names", "at-a.test"),
        ("utf8", "/names", "at-j.test"),
        ("none", "/open", "open"),
        ("twins", "/open", "open"),
    ],
)
def test_who_comes_in(guarded, secure, badges, who, path, room):
    daemon = guarded()
    s = admitted(secure, daemon, badges[who], path)
    daemon.publisher().publish(f"roomcast:room:{room}", "x")
    assert s.read_frame().payload == b"x"


def test_by_a_plain_port_nobody_has_a_certificate(guarded, raw, badges):
    """Nor by headers: these are what proxies pass on."""
    daemon = guarded()
    s = raw(daemon.address(1))
    pem = badges["alice"].certificate.read_text().replace("\n", "%0A")
    s.send(
        request(
            "/own",
            headers={
                "X-Client-Cert": pem,
                "X-SSL-Client-S-DN": "CN=alice",
                "X-SSL-Client-Verify": "SUCCESS",
                "X-Forwarded-Client-Cert": f'Cert="{pem}"',
            },
        )
    )
    assert s.read_refusal().status == 401
    daemon.wait_metric(REFUSED % (401, "no_certificate"), 1)


@pytest.mark.parametrize("who", ["alice", "none"])
def test_an_event_stream_goes_by_it_as_well(guarded, secure, badges, who):
    routes = [{**ROUTES[0], "transports": ["sse"]}]
    daemon = guarded(routes=routes)
    s = secure(daemon, anybody(shows=badges[who]))
    s.send(
        b"GET /own HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
    )
    assert s.read_response().status == (200 if who == "alice" else 401)


@pytest.mark.waits
def test_the_connection_ends_with_the_certificate(
    gateway, secure, certificates, tmp_path
):
    """At the second at which it expires, as with a token."""
    folder = tmp_path / "short"
    folder.mkdir()
    ours = Authority(folder)
    tls = {**certificates.first.section, "client_ca": str(ours.file)}
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "tls": tls}],
        auth=AUTH,
        routes=ROUTES,
    )
    end = time.gmtime(time.time() + seconds(4))
    until = time.strftime("%Y%m%d%H%M%SZ", end)
    badge = ours.sign("dora", "DNS:d.test", until=until)
    s = admitted(secure, daemon, badge, "/own")
    assert s.read_until_close().code == 1008


def test_a_reload_takes_users_out_for_those_who_come(
    guarded, secure, badges
):
    daemon = guarded()
    before = admitted(secure, daemon, badges["alice"], "/few")
    few = {**AUTH, "few": {"type": "certificate", "users": ["carol"]}}
    change(daemon, auth=few)
    refused(secure, daemon, badges["alice"], "/few", 403, "users")
    admitted(secure, daemon, badges["carol"], "/few")
    daemon.publisher().publish("roomcast:room:few", "x")
    assert before.read_frame().payload == b"x"


def test_a_token_beside_the_certificate(
    gateway, secure, certificates, badges, tmp_path
):
    """A listener that requires one, and a route that wants a token too."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    jwt = {
        "type": "jwt",
        "algorithms": ["HS256"],
        "secret_file": str(secret),
        "token": ["query.token"],
    }
    tls = {**certificates.first.section, "client_ca": str(badges["ca"])}
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "tls": tls}],
        auth={**AUTH, "login": jwt},
        routes=[*ROUTES, {"path": "/both", "rooms": ["b"], "auth": "login"}],
    )
    admitted(secure, daemon, badges["alice"], f"/both?token={token()}")
    refused(secure, daemon, badges["alice"], "/both", 401, "no_token")
