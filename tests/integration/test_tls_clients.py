"""Clients that show a certificate: who gets through TLS, with what said of
those who do not, and that neither a session nor a reload lets anybody by."""

import re
import ssl
import subprocess
import time

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.once import once
from rig.raw import PING, PONG, frame, request
from rig.rereading import REFUSED, change, reload
from rig.tls import (
    Authority,
    Pair,
    anybody,
    certificates,
    make_pair,
    secure,
)
from rig.waiting import eventually, seconds

TLS12, TLS13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
VERSIONS = [TLS12, TLS13]
FAILED = 'roomcast_tls_handshakes_failed_total{reason="%s"}'


def below(authority, folder):
    """A client of an authority that this one has signed, with both."""
    child = Authority(folder, "child")
    request = folder / "child.request"
    openssl = ["openssl", "x509", "-x509toreq", "-in", str(child.file)]
    subprocess.run(
        [*openssl, "-signkey", str(child.key), "-out", str(request)],
        check=True,
        capture_output=True,
    )
    signed = folder / "child.pem"
    extensions = folder / "child.ext"
    extensions.write_text("basicConstraints=critical,CA:TRUE\n")
    subprocess.run(
        [
            *("openssl", "x509", "-req", "-in", str(request)),
            *("-CA", str(authority.file), "-CAkey", str(authority.key)),
            *("-extfile", str(extensions), "-days", "30"),
            *("-CAcreateserial", "-out", str(signed)),
        ],
        check=True,
        capture_output=True,
    )
    pair = child.sign("grandchild", "DNS:grandchild.test")
    both = Pair(folder / "both.pem", pair.key)
    both.certificate.write_bytes(
        pair.certificate.read_bytes() + signed.read_bytes()
    )
    return both


def make_people(folder):
    ours, others = Authority(folder, "ours"), Authority(folder, "others")
    people = {
        "ours": ours,
        "others": others,
        "alice": ours.sign("alice", "DNS:alice.test"),
        "bob": ours.sign("bob", "DNS:bob.test"),
        "old": ours.sign("old", "DNS:old.test", "20200101", "20200201"),
        "early": ours.sign("early", "DNS:e.test", "20880101", "20880201"),
        "stranger": others.sign("stranger", "DNS:stranger.test"),
        "two": others.sign("two", "DNS:two.test"),
        "server": ours.sign("server", "DNS:s.test", usage="serverAuth"),
        "self": make_pair(folder, "self"),
        "below": below(ours, folder),
        "nobody": None,
    }
    people["none"] = ours.revocations("none")
    ours.revoke(people["bob"])
    people["bob-revoked"] = ours.revocations("bob-revoked")
    people["over"] = ours.revocations(
        "over",
        *("-crl_lastupdate", "20200101000000Z"),
        *("-crl_nextupdate", "20200201000000Z"),
    )
    (folder / "again").mkdir()
    people["forged"] = Authority(folder / "again", "ours").revocations()
    people["of-others"] = others.revocations("of-others")
    return people


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    """Nobody writes to these files."""
    return once(tmp_path_factory, "people", make_people)


def asking(own, people, ca="ours", **more):
    """The listen section of one that asks clients for their certificate."""
    tls = {**own.first.section, **more}
    if ca:
        tls["client_ca"] = str(people[ca].file)
    return [{"address": "127.0.0.1:0", "tls": tls}]


def stamp(second):
    """As openssl takes a time."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(second))


def end_of_list(file):
    """Its last second since 1970, as openssl reads it."""
    done = subprocess.run(
        ["openssl", "crl", "-noout", "-nextupdate", "-in", str(file)],
        capture_output=True,
        check=True,
    )
    return ssl.cert_time_to_seconds(done.stdout.decode().strip()[11:])


def comes_in(secure, daemon, context, **options):
    s = secure(daemon, context, **options).upgrade()
    s.send(frame(PING, b"in"))
    assert s.read_frame() == (PONG, b"in", True)
    return s


def is_refused(secure, daemon, context, alert, **options):
    """With TLS 1.3 a client hears of it once it has sent its request."""
    with pytest.raises(ssl.SSLError, match=alert):
        s = secure(daemon, context, **options)
        s.send(request())
        s.socket.recv(1)


# -- who gets in


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("who", ["alice", "bob", "below"])
@pytest.mark.parametrize("mode", ["required", "optional"])
def test_who_shows_a_good_one_comes_in(
    gateway, secure, certificates, people, version, who, mode
):
    daemon = gateway(
        listen=asking(certificates, people, client_certificate=mode)
    )
    comes_in(secure, daemon, anybody(version, shows=people[who]))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "who, reason, why, alert",
    [
        (
            *("nobody", "no_certificate"),
            "peer did not return a certificate",
            "alert (certificate required|handshake failure)",
        ),
        (
            *("stranger", "certificate"),
            "unable to get local issuer certificate",
            "alert unknown ca",
        ),
        (
            *("self", "certificate"),
            "self-signed certificate",
            "alert unknown ca",
        ),
        (
            *("old", "certificate"),
            "certificate has expired",
            "alert certificate expired",
        ),
        (
            *("early", "certificate"),
            "certificate is not yet valid",
            "alert bad certificate",
        ),
        (
            *("server", "certificate"),
            "(unsupported|unsuitable) certificate purpose",
            "alert unsupported certificate",
        ),
    ],
)
def test_who_is_refused_within_tls(
    gateway, secure, certificates, people, version, who, reason, why, alert
):
    daemon = gateway(listen=asking(certificates, people))
    context = anybody(version, shows=people[who])
    is_refused(secure, daemon, context, alert)
    line = daemon.wait_line(
        lambda line: line.event == "tls handshake failed"
    )
    assert line.pairs["reason"] == reason
    assert re.fullmatch(why, line.pairs["why"])
    daemon.wait_metric(FAILED % reason, 1)
    daemon.wait_metric("roomcast_handshakes_abandoned_total", 1)


@pytest.mark.parametrize("version", VERSIONS)
def test_where_it_is_optional_a_bad_one_is_worse_than_none(
    gateway, secure, certificates, people, version
):
    daemon = gateway(
        listen=asking(certificates, people, client_certificate="optional")
    )
    comes_in(secure, daemon, anybody(version))
    is_refused(
        secure,
        daemon,
        anybody(version, shows=people["stranger"]),
        "alert unknown ca",
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["first", "two.test"])
def test_what_is_sent_along_is_bounded(
    gateway, secure, certificates, people, tmp_path, version, name
):
    """It stays in memory with the connection, be it of use or not."""
    tls = asking(certificates, people, certificates=[people["two"].section])
    daemon = gateway(listen=tls)
    alice = people["alice"]
    more = certificates.rsa.certificate.read_bytes()
    pair = Pair(tmp_path / "more.pem", alice.key)
    pair.certificate.write_bytes(alice.certificate.read_bytes() + 10 * more)
    comes_in(secure, daemon, anybody(version, shows=pair), name=name)
    pair.certificate.write_bytes(alice.certificate.read_bytes() + 20 * more)
    with pytest.raises(OSError):  # a reset may overtake the alert
        comes_in(secure, daemon, anybody(version, shows=pair), name=name)
    daemon.wait_log("excessive message size")


def test_each_name_of_a_listener_asks(gateway, secure, certificates, people):
    other = people["two"]
    daemon = gateway(
        listen=asking(certificates, people, certificates=[other.section])
    )
    context = anybody(shows=people["alice"])
    s = comes_in(secure, daemon, context, name="two.test")
    shown = s.socket.getpeercert(binary_form=True)
    assert shown == other.der
    is_refused(
        secure, daemon, anybody(), "certificate required", name="two.test"
    )
    stranger = anybody(shows=people["stranger"])
    is_refused(secure, daemon, stranger, "unknown ca", name="two.test")


def test_other_listeners_do_not_ask(gateway, secure, certificates, people):
    plain = {"address": "127.0.0.1:0", "tls": certificates.first.section}
    daemon = gateway(listen=[*asking(certificates, people), plain])
    context = anybody()
    session = comes_in(secure, daemon, context, index=1).socket.session
    is_refused(secure, daemon, context, "certificate required")
    is_refused(
        secure, daemon, context, "certificate required", session=session
    )


def test_the_authorities_are_named_to_clients(
    gateway, certificates, people
):
    daemon = gateway(listen=asking(certificates, people))
    done = subprocess.run(
        ["openssl", "s_client", "-connect", "%s:%d" % daemon.address()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds(10),
        check=False,
    )
    _, _, rest = done.stdout.partition(b"Acceptable client certificate CA")
    assert b"CN = ours" in rest.partition(b"Requested")[0]


# -- lists of what is revoked


@pytest.mark.parametrize("version", VERSIONS)
def test_who_is_revoked_is_refused(
    gateway, secure, certificates, people, version
):
    daemon = gateway(
        listen=asking(
            certificates, people, client_crl=str(people["bob-revoked"])
        )
    )
    comes_in(secure, daemon, anybody(version, shows=people["alice"]))
    is_refused(
        secure,
        daemon,
        anybody(version, shows=people["bob"]),
        "alert certificate revoked",
    )
    line = daemon.wait_line(
        lambda line: line.event == "tls handshake failed"
    )
    assert line.pairs["why"] == "certificate revoked"


def test_without_the_list_of_one_above_nobody_of_it_comes_in(
    gateway, secure, certificates, people
):
    daemon = gateway(
        listen=asking(certificates, people, client_crl=str(people["none"]))
    )
    context = anybody(shows=people["below"])
    is_refused(secure, daemon, context, "alert unknown ca")
    daemon.wait_log("unable to get certificate CRL")


# -- a reload


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_reload_swaps_whom_to_believe(
    gateway, secure, certificates, people, version
):
    daemon = gateway(listen=asking(certificates, people))
    alice = anybody(version, shows=people["alice"])
    stranger = anybody(version, shows=people["stranger"])
    before = comes_in(secure, daemon, alice)
    halfway = secure(daemon, alice)
    change(daemon, listen=asking(certificates, people, "others"))
    for _ in range(4):
        comes_in(secure, daemon, stranger)
        is_refused(secure, daemon, alice, "alert unknown ca")
        is_refused(
            secure,
            daemon,
            alice,
            "alert unknown ca",
            session=before.socket.session,
        )
    halfway.upgrade()
    daemon.publisher().publish("roomcast:room:lobby", "to all of them")
    for s in (before, halfway):
        assert s.read_frame().payload == b"to all of them"


def test_two_authorities_while_one_takes_the_others_place(
    gateway, secure, certificates, people, tmp_path
):
    both, lists = tmp_path / "both.pem", tmp_path / "both.crl"
    both.write_bytes(
        people["ours"].file.read_bytes() + people["others"].file.read_bytes()
    )
    lists.write_bytes(
        people["bob-revoked"].read_bytes() + people["of-others"].read_bytes()
    )
    sections = asking(certificates, people, client_crl=str(lists))
    sections[0]["tls"]["client_ca"] = str(both)
    daemon = gateway(listen=sections)
    for who in ("alice", "stranger"):
        comes_in(secure, daemon, anybody(shows=people[who]))
    is_refused(
        secure, daemon, anybody(shows=people["bob"]), "certificate revoked"
    )
    both.write_bytes(people["others"].file.read_bytes())
    lists.write_bytes(people["of-others"].read_bytes())
    reload(daemon)
    comes_in(secure, daemon, anybody(shows=people["stranger"]))
    is_refused(secure, daemon, anybody(shows=people["alice"]), "unknown ca")


@pytest.mark.waits
@pytest.mark.long
def test_a_list_that_expires_lets_nobody_in(
    gateway, secure, certificates, tmp_path
):
    """While all runs: a start and a reload would not take it."""
    ours = Authority(tmp_path)
    alice = ours.sign("alice", "DNS:alice.test")
    ends = int(time.time() + seconds(10))
    live = ours.revocations(
        "live", "-crl_nextupdate", stamp(ends), "-crl_lastupdate", stamp(1)
    )
    tls = {"client_ca": str(ours.file), "client_crl": str(live)}
    own = certificates.first.section
    daemon = gateway(
        listen=[{"address": "127.0.0.1:0", "tls": {**own, **tls}}]
    )
    context = anybody(shows=alice)
    before = comes_in(secure, daemon, context)
    eventually(lambda: time.time() > ends + 1, 20)
    is_refused(secure, daemon, context, "alert certificate expired")
    daemon.wait_log("CRL has expired")
    before.send(frame(PING, b"alive"))
    assert before.read_frame() == (PONG, b"alive", True)


CRL_EXPIRY = "roomcast_tls_crl_expiry_seconds"
CRL_SOON = "the revocation list expires soon"


@pytest.mark.workers(1)
@pytest.mark.parametrize("hours, is_told", [(71, True), (73, False)])
def test_the_end_of_a_list_is_told_before(
    gateway, certificates, people, tmp_path, hours, is_told
):
    """The first of several; and that of another one after a reload."""
    ends = int(time.time()) + hours * 3600
    live = people["ours"].revocations(
        "live", "-crl_nextupdate", stamp(ends), folder=tmp_path
    )
    lists = tmp_path / "lists.pem"
    lists.write_bytes(people["none"].read_bytes() + live.read_bytes())
    section = asking(certificates, people, client_crl=str(lists))
    daemon = gateway(listen=section)
    assert daemon.metric(CRL_EXPIRY) == ends
    told = [line for line in daemon.lines if CRL_SOON in line]
    assert len(told) == is_told
    assert all(f"crl={lists}" in line for line in told)
    lists.write_bytes(people["none"].read_bytes())
    reload(daemon)
    daemon.wait_metric(CRL_EXPIRY, end_of_list(people["none"]))


PLAIN = [{"address": "127.0.0.1:0"}]


@pytest.fixture
def ends_soon(people, tmp_path):
    """A list of which is told."""
    ends = stamp(int(time.time()) + 3600)
    return people["ours"].revocations(
        "ends-soon", "-crl_nextupdate", ends, folder=tmp_path
    )


def told_of_lists(daemon):
    """How often: what a reload has said is there with the next one's lines."""
    return sum(CRL_SOON in line for line in daemon.lines)


@pytest.mark.workers(1)
def test_of_a_list_that_is_out_of_force_nothing_is_told(
    gateway, certificates, people, ends_soon
):
    """TLS has been taken away, and the list with it."""
    section = asking(certificates, people, client_crl=str(ends_soon))
    daemon = gateway(listen=section)
    change(daemon, listen=PLAIN)
    assert daemon.metric(CRL_EXPIRY) == 0
    reload(daemon)
    assert told_of_lists(daemon) == 1  # at the start


@pytest.mark.workers(1)
def test_of_a_list_in_a_refused_configuration_nothing_is_told(
    gateway, certificates, people, ends_soon, tmp_path
):
    """The list could be used: another file cannot."""
    section = asking(certificates, people, client_crl=str(ends_soon))
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no key")
    no_key = {
        "type": "jwt",
        "algorithms": ["RS256"],
        "public_key_file": str(garbage),
    }
    daemon = gateway(listen=PLAIN)
    said = change(daemon, REFUSED, listen=section, auth={"a": no_key})
    assert "the listener stays plain" not in said
    assert daemon.metric(CRL_EXPIRY) == 0
    reload(daemon, REFUSED)
    assert told_of_lists(daemon) == 0
    change(daemon, auth=None)
    assert daemon.metric(CRL_EXPIRY) == end_of_list(ends_soon)


@pytest.mark.workers(1)
def test_without_a_list_there_is_no_end(gateway, certificates, people):
    daemon = gateway(listen=asking(certificates, people))
    assert daemon.metric(CRL_EXPIRY) == 0


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_reload_begins_to_ask(
    gateway, secure, certificates, people, version
):
    """Who has a session of the time before is asked as well."""
    daemon = gateway(listen=asking(certificates, people, None))
    context = anybody(version)
    session = comes_in(secure, daemon, context).socket.session
    again = comes_in(secure, daemon, context, session=session)
    assert again.socket.session_reused
    change(daemon, listen=asking(certificates, people))
    for _ in range(4):
        is_refused(
            secure,
            daemon,
            context,
            "alert (certificate required|handshake failure)",
            session=session,
        )
    change(daemon, listen=asking(certificates, people, None))
    comes_in(secure, daemon, anybody(version))


@pytest.mark.workers(1, 2)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_list_that_is_read_again_counts_for_sessions_too(
    gateway, secure, certificates, people, tmp_path, version
):
    live = tmp_path / "live.crl"
    live.write_bytes(people["none"].read_bytes())
    daemon = gateway(
        listen=asking(certificates, people, client_crl=str(live))
    )
    bob = anybody(version, shows=people["bob"])
    before = comes_in(secure, daemon, bob)
    live.write_bytes(people["bob-revoked"].read_bytes())
    reload(daemon)
    for session in (None, before.socket.session):
        is_refused(
            secure,
            daemon,
            bob,
            "alert certificate revoked",
            session=session,
        )
    before.send(frame(PING, b"alive"))
    assert before.read_frame() == (PONG, b"alive", True)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_is_resumed_where_clients_are_asked(
    gateway, secure, certificates, people, version
):
    daemon = gateway(listen=asking(certificates, people))
    context = anybody(version, shows=people["alice"])
    session = comes_in(secure, daemon, context).socket.session
    again = comes_in(secure, daemon, context, session=session)
    assert not again.socket.session_reused


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_of_an_earlier_process_leads_past_a_list(
    gateway, secure, certificates, people, tmp_path, version
):
    """Neither of one that asked, nor of one whose tickets others open."""
    keys = tmp_path / "ticket-keys"
    keys.write_text("17" * 32)
    open_to_all = {**certificates.first.section, "ticket_keys": str(keys)}
    listening = [{"address": "127.0.0.1:0", "tls": open_to_all}]
    bob = anybody(version, shows=people["bob"])
    sessions = []
    for sections in asking(certificates, people), listening:
        daemon = gateway(listen=sections)
        sessions.append(comes_in(secure, daemon, bob).socket.session)
        daemon.stop()
    assert [s.has_ticket for s in sessions] == [False, True]
    crl = str(people["bob-revoked"])
    daemon = gateway(listen=asking(certificates, people, client_crl=crl))
    for session in sessions:
        is_refused(
            secure, daemon, bob, "alert certificate revoked", session=session
        )


# -- files that cannot be used


BAD = {
    "no authority": ("client_ca", "self-key", "holds no certificate in PEM"),
    "authority gone": ("client_ca", "gone", "No such file or directory"),
    "no list": ("client_crl", "alice", "holds no revocation list in PEM"),
    "broken list": ("client_crl", "broken", "list 2 in it is broken"),
    "expired list": ("client_crl", "over", "list 1 in it has expired"),
    "others' list": ("client_crl", "of-others", "is of nobody in client_ca"),
    "forged list": ("client_crl", "forged", "is of nobody in client_ca"),
}


def bad_file(people, tmp_path, name):
    if name == "self-key":
        return people["self"].key
    if name == "broken":
        file = tmp_path / "broken.crl"
        good = people["none"].read_bytes()
        file.write_bytes(good + good.replace(b"\nM", b"\n!"))
        return file
    if name == "gone":
        return tmp_path / "gone"
    return getattr(people[name], "certificate", people[name])


@pytest.mark.parametrize("key, name, text", BAD.values(), ids=BAD)
def test_a_bad_file_changes_nothing(
    gateway, secure, certificates, people, tmp_path, key, name, text
):
    daemon = gateway(listen=asking(certificates, people))
    file = bad_file(people, tmp_path, name)
    sections = asking(certificates, people, **{key: str(file)})
    sections[0]["tls"][key] = str(file)
    said = change(daemon, REFUSED, listen=sections)
    assert str(file) in said and text in said
    comes_in(secure, daemon, anybody(shows=people["alice"]))
    is_refused(secure, daemon, anybody(), "certificate required")
    conf = write_conf(
        tmp_path / "roomcast.yaml", merged(BASE, {"listen": sections})
    )
    done = subprocess.run(
        [BINARY, "--check-config", "-c", conf],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds(10),
        check=False,
    )
    assert done.returncode == 2
    assert str(file) in done.stderr.decode()
    assert text in done.stderr.decode()
