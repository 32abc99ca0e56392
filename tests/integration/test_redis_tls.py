"""rediss://: who is believed, what is said of the others, and what flows."""

import os
import re
import shutil
import signal
import subprocess

import pytest

from rig.gateway import BASE, BINARY, merged, write_conf
from rig.network import network  # noqa: F401
from rig.once import once
from rig.redisserver import RedisServer, free_port
from rig.rereading import REFUSED, change
from rig.tls import Authority, Pair
from rig.tracing import frozen, threads
from rig.waiting import seconds
from test_redis import LOST
from test_tls_files import obey_file_modes

WORKERS = (1, 2)
KEY = "app:stream"
TOO_OLD = ("20200101", "20200201")
TOO_NEW = ("20880101", "20880201")


class Ours:
    """An authority, and what it has signed; another one that nobody named."""

    def __init__(self, folder):
        self.ca = Authority(folder, "ours")
        self.other_ca = Authority(folder, "other")
        sign = self.ca.sign
        self.server = sign("server", "DNS:localhost,IP:127.0.0.1")
        self.local = sign("local", "DNS:localhost")
        self.named = sign("named", "DNS:redis.test")
        self.expired = sign("expired", "IP:127.0.0.1", *TOO_OLD)
        self.early = sign("early", "IP:127.0.0.1", *TOO_NEW)
        self.gateway = sign("gateway", "DNS:gateway.test")
        self.stranger = self.other_ca.sign("stranger", "DNS:gateway.test")


@pytest.fixture(scope="session")
def ours(tmp_path_factory):
    return once(tmp_path_factory, "redis-tls", Ours)


class TlsServer(RedisServer):
    """One with a TLS port beside the plain one, which the tests use."""

    def __init__(
        self, folder, pair, ca, clients="no", *options, port=None, **settings
    ):
        self.tls_port = port or free_port()
        super().__init__(
            folder,
            *("--tls-port", str(self.tls_port)),
            *("--tls-cert-file", str(pair.certificate)),
            *("--tls-key-file", str(pair.key)),
            *("--tls-ca-cert-file", str(ca.file)),
            *("--tls-auth-clients", clients),
            *options,
            **settings,
        )

    @property
    def url(self):
        return f"rediss://127.0.0.1:{self.tls_port}"

    def tls_clients(self):
        """How many connections of a gateway there are."""
        return sum(
            x["name"] == "roomcast" for x in self.client().client_list()
        )


@pytest.fixture
def serve(tmp_path, ours):
    started = []

    def start(pair=ours.server, clients="no", *options, **settings):
        folder = tmp_path / f"redis-{len(started)}"
        folder.mkdir()
        server = TlsServer(
            folder, pair, ours.ca, clients, *options, **settings
        )
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.finish()


def trust(ours, **more):
    return {"redis": {"tls": {"ca": str(ours.ca.file), **more}}}


def heard(daemon, connect, server, content="heard"):
    client = connect(daemon, "/ws/tls")
    server.client().publish("roomcast:room:tls", content)
    return client.recv() == content


# -- who is believed


def test_messages_come_through_tls(gateway, connect, serve, ours):
    server = serve()
    daemon = gateway(server, **trust(ours))
    daemon.wait_ready()
    assert heard(daemon, connect, server)
    assert server.tls_clients() == 2


def test_a_name_is_verified_and_told(gateway, connect, serve, ours):
    server = serve()
    daemon = gateway(
        f"rediss://localhost:{server.tls_port}", **trust(ours)
    )
    daemon.wait_ready()
    assert heard(daemon, connect, server)


@pytest.mark.workers(1)
def test_the_systems_authorities_count_without_a_ca(gateway, serve, ours):
    """As OpenSSL's own variable names them here."""
    server = serve()
    for redis in {}, {"tls": {}}:
        daemon = gateway(
            server, env={"SSL_CERT_FILE": str(ours.ca.file)}, redis=redis
        )
        daemon.wait_ready()


@pytest.mark.workers(1)
def test_another_name_may_be_named(gateway, serve, ours):
    daemon = gateway(
        serve(ours.named), **trust(ours, server_name="redis.test")
    )
    daemon.wait_ready()


def test_of_several_addresses_one_is_not_verified(
    gateway, connect, serve, ours, network  # noqa: F811
):
    """The next one is tried, in the same attempt."""
    net = network("mnt")
    other = serve(ours.stranger, host="127.0.0.2")
    server = serve(ours.named, host="127.0.0.3", port=other.tls_port)
    net.name("redis.test", other.host, server.host)
    daemon = gateway(
        f"rediss://redis.test:{server.tls_port}",
        preexec=net.enter,
        wait=False,
        **trust(ours),
    )
    daemon.wait_log(r" info redis: connected and subscribed")
    assert heard(daemon, connect, server)
    assert "cannot connect" not in daemon.log()


def certified(ours, pair):
    return trust(ours, certificate=str(pair.certificate), key=str(pair.key))


def test_a_server_that_asks_gets_our_certificate(
    gateway, connect, serve, ours
):
    server = serve(ours.server, "yes")
    daemon = gateway(server, **certified(ours, ours.gateway))
    daemon.wait_ready()
    assert heard(daemon, connect, server)


def test_the_password_comes_through_tls(gateway, connect, serve, ours):
    server = serve()
    server.cli("ACL", "SETUSER", "gw", "on", ">s3cret", "~*", "&*", "+@all")
    daemon = gateway(
        f"rediss://gw:s3cret@127.0.0.1:{server.tls_port}", **trust(ours)
    )
    daemon.wait_ready()
    assert heard(daemon, connect, server)


# -- who is not, and what is said of it


def refusals(ours):
    """What the server shows, what is configured, reason, remedy."""
    nothing = {"redis": {}}
    unknown = {"redis": {"tls": {"ca": str(ours.other_ca.file)}}}
    return {
        "wrong ca": (ours.server, "no", unknown, "signed by nobody", "tls.ca"),
        "system": (ours.server, "no", nothing, "signed by nobody", "tls.ca"),
        "wrong name": (
            *(ours.named, "no", trust(ours)),
            "is not for 127.0.0.1",
            "tls.server_name",
        ),
        "other name": (
            *(ours.server, "no", trust(ours, server_name="redis.test")),
            "is not for redis.test",
            "subjectAltName",
        ),
        "expired": (ours.expired, "no", trust(ours), "expired", "renew"),
        "early": (ours.early, "no", trust(ours), "not valid yet", "clock"),
        "no certificate": (
            *(ours.server, "yes", trust(ours)),
            "asks for a certificate of ours",
            "tls.certificate",
        ),
        "strange certificate": (
            *(ours.server, "yes", certified(ours, ours.stranger)),
            "refuses our certificate",
            "tls-ca-cert-file",
        ),
    }


REFUSALS = [
    "wrong ca",
    "system",
    "wrong name",
    "other name",
    "expired",
    "early",
    "no certificate",
    "strange certificate",
]


@pytest.mark.workers(1)
@pytest.mark.parametrize("case", REFUSALS)
def test_a_server_that_is_not_verified_is_refused(gateway, serve, ours, case):
    pair, clients, sections, reason, remedy = refusals(ours)[case]
    daemon = gateway(serve(pair, clients), **sections)
    daemon.wait_log(
        rf" warn redis: cannot connect .*reason=\"[^\"]*{reason}[^\"]*\""
        rf".*remedy=\"[^\"]*{re.escape(remedy)}"
    )
    assert daemon.admin("/readyz")[0] == 503


@pytest.mark.workers(1)
def test_in_tls_1_2_a_missing_certificate_is_guessed(gateway, serve, ours):
    server = serve(ours.server, "yes", "--tls-protocols", "TLSv1.2")
    daemon = gateway(server, **trust(ours))
    daemon.wait_log(r" warn redis: cannot connect .*remedy=.*tls.certificate")


@pytest.mark.workers(1)
def test_tls_1_1_is_too_old(gateway, serve, ours):
    server = serve(
        *(ours.server, "no", "--tls-protocols", "TLSv1.1"),
        *("--tls-ciphers", "DEFAULT:@SECLEVEL=0"),
    )
    daemon = gateway(server, **trust(ours))
    daemon.wait_log(r" warn redis: cannot connect .*no version of TLS")


@pytest.mark.waits
@pytest.mark.workers(1)
def test_a_plain_server_behind_rediss(gateway, redis_server, ours):
    """Redis takes the first word of TLS for half a command, and waits."""
    daemon = gateway(
        f"rediss://127.0.0.1:{redis_server.port}", **trust(ours)
    )
    daemon.wait_log(
        r" warn redis: cannot connect .*does not answer, in the TLS handshake"
        r".*remedy=.*redis://",
        timeout=20,
    )


@pytest.mark.workers(1)
def test_a_tls_server_behind_redis(gateway, serve):
    server = serve()
    daemon = gateway(f"redis://127.0.0.1:{server.tls_port}")
    daemon.wait_log(r" warn redis: cannot connect .*remedy=.*rediss://")


@pytest.mark.workers(1)
def test_the_password_is_told_to_nobody_who_is_not_verified(
    gateway, serve, ours, tmp_path
):
    """Nothing is sent before the server's certificate was verified."""
    server = serve(ours.named)
    server.cli("ACL", "SETUSER", "gw", "on", ">s3cret", "~*", "&*", "+@all")
    daemon = gateway(
        f"rediss://gw:s3cret@127.0.0.1:{server.tls_port}", **trust(ours)
    )
    daemon.wait_log(r" warn redis: cannot connect .*is not for")
    stats = server.client().info("commandstats")
    assert "cmdstat_auth" not in stats


# -- what flows


LARGE = {"limits": {"payload": "1MiB"}, "delivery": {"queue": "64MiB"}}


def numbered(client, count):
    got = client.recv_many(count, 30)
    assert [int(text[:8]) for text in got] == list(range(count))
    return got


def test_large_payloads_and_bursts(gateway, connect, serve, ours):
    server = serve()
    daemon = gateway(
        server,
        # A heartbeat waits behind the burst, at both ends.
        **merged(trust(ours), {"redis": {"heartbeat": "30s"}}),
        **LARGE,
        log={"level": "info"},  # a line each would be slow in sanitizers
    )
    daemon.wait_ready()
    client = connect(daemon)
    publisher = server.client()
    large = [b"%08d" % n + b"x" * ((1 << 20) - 8) for n in range(8)]
    for content in large:
        publisher.publish("roomcast:room:lobby", content)
    got = numbered(client, len(large))
    assert [len(text) for text in got] == [1 << 20] * len(large)
    pipe = publisher.pipeline(transaction=False)
    for n in range(20000):
        pipe.publish("roomcast:room:lobby", b"%08d" % n)
    pipe.execute()
    numbered(client, 20000)
    assert daemon.metric("roomcast_backend_lost_total") == 0


@pytest.mark.skipif(
    "tsan" in BINARY,
    reason="a thread that is stopped may hold the sanitizer's own locks",
)
@pytest.mark.workers(2)
def test_what_came_before_and_in_a_pause_is_there_behind_it(
    gateway, connect, serve, ours
):
    server = serve()
    daemon = gateway(
        server,
        **merged(trust(ours), {"redis": {"heartbeat": "500ms"}}),
        **LARGE,
    )
    daemon.wait_ready()
    clients = connect.many([daemon.ws_url()] * 4)
    publisher = server.client()
    number = 0
    with frozen(threads(daemon.pid)["worker-0"]):
        while daemon.metric("roomcast_backend_paused") == 0:
            assert number < 100
            content = b"%08d" % number + b" " * 900_000
            publisher.publish("roomcast:broadcast", content)
            number += 1
        daemon.wait_log(r" warn redis: not ready: reading has paused")
    daemon.wait_ready()
    for client in clients:
        numbered(client, number)
    assert daemon.metric("roomcast_backend_lost_total") == 0


def test_a_stream_comes_through_tls(gateway, connect, serve, ours):
    server = serve()
    daemon = gateway(
        server,
        **trust(ours),
        history={"stream": KEY},
        routes=[{"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}],
    )
    daemon.wait_ready()
    assert server.tls_clients() == 3
    client = connect(daemon)
    pipe = server.client().pipeline(transaction=False)
    for n in range(3000):
        pipe.xadd(KEY, {"roomcast:room:lobby": b"%08d" % n})
    pipe.execute()
    numbered(client, 3000)


def test_a_server_that_is_killed_comes_back(gateway, connect, serve, ours):
    server = serve()
    daemon = gateway(server, **trust(ours))
    daemon.wait_ready()
    client = connect(daemon, "/ws/tls")
    for n in range(3):
        since = len(daemon.lines)
        server.kill()
        daemon.wait_log(LOST + '.*reason="closed by the server"', since=since)
        server.start()
        daemon.wait_ready()
        server.client().publish("roomcast:room:tls", str(n))
        assert client.recv() == str(n)


@pytest.mark.waits
@pytest.mark.workers(1)
def test_a_server_that_hangs_in_the_handshake_is_left(gateway, serve, ours):
    server = serve()
    server.process.send_signal(signal.SIGSTOP)
    try:
        daemon = gateway(server, **trust(ours))
        daemon.wait_log(
            r" warn redis: cannot connect .*does not answer, in the TLS",
            timeout=20,
        )
    finally:
        server.process.send_signal(signal.SIGCONT)
    daemon.wait_ready(20)


# -- files that are renewed


@pytest.fixture
def live(tmp_path):
    folder = tmp_path / "live"
    folder.mkdir()
    return Pair(folder / "live.pem", folder / "live.key")


def install(pair, other):
    shutil.copy(other.certificate, pair.certificate)
    shutil.copy(other.key, pair.key)


@pytest.mark.workers(1)
def test_a_renewed_certificate_and_ca_need_no_restart(
    gateway, serve, ours, live
):
    """They are read at each attempt to connect."""
    server = serve(ours.server, "yes")
    ca = live.certificate.parent / "ca.pem"
    shutil.copy(ours.other_ca.file, ca)
    install(live, ours.stranger)
    daemon = gateway(
        server,
        redis={
            "tls": {
                "ca": str(ca),
                "certificate": str(live.certificate),
                "key": str(live.key),
            }
        },
    )
    daemon.wait_log(r"signed by nobody")
    shutil.copy(ours.ca.file, ca)
    daemon.wait_log(r"refuses our certificate")
    install(live, ours.gateway)
    daemon.wait_ready()
    live.key.write_text("broken\n")
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(rf" error reload: .*redis.tls.certificate: {live.key}: ")
    assert daemon.admin("/readyz")[0] == 200
    server.kill()
    server.start()
    daemon.wait_log(rf" warn redis: .*reason=.*{live.key}.*remedy=.*mend")
    install(live, ours.gateway)
    daemon.wait_ready()


@pytest.mark.workers(1)
def test_whom_it_believes_stays_until_a_restart(gateway, serve, ours):
    """A reload that says otherwise is told so, and the rest of it counts."""
    server = serve(ours.named)
    daemon = gateway(server, **trust(ours, server_name="redis.test"))
    daemon.wait_ready()
    other = {"tls": {"server_name": "other.test"}}
    said = change(daemon, redis=other, limits={"connections": 7})
    assert "counts from the next start on key=redis.tls.server_name" in said
    assert daemon.metric("roomcast_config_restart_needed") == 1
    assert daemon.metric("roomcast_connections_limit") == 7
    server.kill()
    server.start()
    daemon.wait_metric("roomcast_backend_connects_total", 2)
    daemon.wait_ready()


@pytest.mark.workers(1)
def test_files_for_the_next_start_are_looked_at(gateway, serve, ours):
    """Else the start that reads them would be the first to say so."""
    daemon = gateway(serve(), **trust(ours))
    daemon.wait_ready()
    other = {"tls": {"ca": str(ours.ca.key)}}
    said = change(daemon, REFUSED, redis=other, limits={"connections": 7})
    assert f"redis.tls.ca: {ours.ca.key}: holds no certificate in PEM" in said
    assert daemon.metric("roomcast_connections_limit") != 7
    other = {"tls": {"ca": str(ours.other_ca.file)}}
    said = change(daemon, redis=other)
    assert "counts from the next start on key=redis.tls.ca" in said


# -- files that cannot be used


def ca_is_a_key(ours):
    key = ours.ca.key
    return {"ca": str(key)}, "ca", f"{key}: holds no certificate in PEM"


def ca_is_cut(ours):
    cut = ours.ca.folder / "cut.pem"
    cut.write_text(ours.ca.file.read_text()[:200])
    return {"ca": str(cut)}, "ca", f"{cut}: certificate 1 in it is broken"


def ca_is_der(ours):
    der = ours.ca.folder / "ca.der"
    der.write_bytes(ours.server.der)
    return {"ca": str(der)}, "ca", f"{der}: holds no certificate in PEM"


def ca_has_expired(ours):
    file = ours.expired.certificate
    return {"ca": str(file)}, "ca", f"{file}: the certificate has expired"


def pair_of(certificate, key):
    return {"certificate": str(certificate), "key": str(key)}


def not_a_pair(ours):
    key = ours.server.key
    text = f"{key}: not the key of {ours.gateway.certificate}"
    return pair_of(ours.gateway.certificate, key), "certificate", text


def not_pem(ours):
    der = ours.ca.folder / "gateway.der"
    der.write_bytes(ours.gateway.der)
    text = f"{der}: cannot be used as a PEM certificate chain"
    return pair_of(der, ours.gateway.key), "certificate", text


def has_expired(ours):
    text = f"{ours.expired.certificate}: the certificate has expired: renew it"
    return pair_of(*ours.expired), "certificate", text


def is_early(ours):
    text = f"{ours.early.certificate}: the certificate is not valid yet"
    return pair_of(*ours.early), "certificate", text


def is_forbidden(ours):
    key = ours.ca.folder / "forbidden.key"
    shutil.copy(ours.gateway.key, key)
    key.chmod(0)
    text = f"{key}: cannot be read: Permission denied"
    return pair_of(ours.gateway.certificate, key), "key", text


BROKEN = [
    ca_is_a_key,
    ca_is_cut,
    ca_is_der,
    ca_has_expired,
    not_a_pair,
    not_pem,
    has_expired,
    is_early,
    is_forbidden,
]


def run(conf, *args):
    return subprocess.run(
        [BINARY, "-c", conf, *args],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=obey_file_modes,
        timeout=seconds(10),
        check=False,
        env={**os.environ},
    )


@pytest.mark.workers(1)
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_file_is_named_and_stops_the_start(tmp_path, ours, broken):
    tls, key, text = broken(ours)
    conf = write_conf(
        tmp_path / "roomcast.yaml",
        merged(
            BASE,
            {
                "backend": "redis",
                "embedded": None,
                "redis": {"url": "rediss://127.0.0.1:1", "tls": tls},
            },
        ),
    )
    checked = run(conf, "--check-config")
    assert checked.returncode == 2
    assert re.search(
        rf"{conf}:\d+:\d+: redis\.tls\.{key}: {re.escape(text)}",
        checked.stderr,
    ), checked.stderr
    started = run(conf)
    assert started.returncode in (1, 2)
    assert text in started.stderr
    assert "Sanitizer" not in started.stderr + checked.stderr


@pytest.mark.workers(1)
def test_files_that_are_fine_are_fine(tmp_path, ours):
    conf = write_conf(
        tmp_path / "roomcast.yaml",
        merged(
            BASE,
            {
                "backend": "redis",
                "embedded": None,
                "redis": {
                    "url": "rediss://redis.test",
                    **certified(ours, ours.gateway)["redis"],
                },
            },
        ),
    )
    done = run(conf, "--check-config")
    assert done.returncode == 0, done.stderr
