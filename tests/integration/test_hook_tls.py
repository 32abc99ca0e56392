"""Auth type http through TLS: whom it believes, and what is said of others."""

import shutil
import socket
import subprocess

import pytest

from rig.asking import (
    CALLS,
    QUEUED,
    asking,
    failures,
    refusal,
    sections,
)
from rig.gateway import BASE, BINARY, merged, write_conf
from rig.hookapp import HookApp
from rig.httpsapp import ours, serve  # noqa: F401
from rig.network import network  # noqa: F401
from rig.people import id_of
from rig.rereading import REFUSED, change, reload
from rig.waiting import eventually

WORKERS = (1, 2)
NO_TLS = "no TLS with the server"
UP_AGAIN = "TLS with the server is up again"


def trusting(ours, app, url=None, tls=None, **auth):
    """The sections of a gateway that believes our authority."""
    tls = {"ca": str(ours.ca.file), **(tls or {})}
    return sections(url or app.url, tls=tls, **auth)


def lines(daemon, event):
    return [line for line in daemon.lines if event in line]


# -- who is believed


def test_an_app_is_asked_through_tls(gateway, connect, raw, serve, ours):
    app = serve(answer={"user": "42"})
    daemon = gateway(**trusting(ours, app))
    id_of(connect(daemon, "/app/x"))
    app.mode = "status/403"
    assert refusal(raw, daemon).status == 403
    daemon.wait_metric(CALLS, 2)
    daemon.wait_metric("roomcast_hook_duration_seconds_count", 2)
    assert not lines(daemon, NO_TLS)
    assert not lines(daemon, UP_AGAIN)


def test_one_connection_is_used_again_and_again(gateway, connect, serve, ours):
    app = serve()
    daemon = gateway(workers=1, **trusting(ours, app))
    for _ in range(10):
        connect(daemon, "/app/x")
    assert app.connections == 1
    assert len(app.calls) == 10


def test_a_name_is_verified_and_told(gateway, connect, serve, ours):
    app = serve()
    told = []
    app.context.sni_callback = lambda _, name, __: told.append(name)
    url = f"https://localhost:{app.port}/auth"
    daemon = gateway(**trusting(ours, app, url))
    id_of(connect(daemon, "/app/x"))
    assert set(told) == {"localhost"}


@pytest.mark.workers(1)
def test_another_name_may_be_named(gateway, connect, serve, ours):
    app = serve(ours.named)
    conf = trusting(ours, app, tls={"server_name": "app.test"})
    id_of(connect(gateway(**conf), "/app/x"))


@pytest.mark.workers(1)
def test_the_systems_authorities_count_without_a_ca(
    gateway, connect, serve, ours
):
    """As OpenSSL's own variable names them here."""
    env = {"SSL_CERT_FILE": str(ours.ca.file)}
    id_of(connect(gateway(env=env, **sections(serve().url)), "/app/x"))


def test_an_app_that_asks_gets_our_certificate(gateway, connect, serve, ours):
    app = serve(clients=ours.ca)
    tls = {
        "certificate": str(ours.gateway.certificate),
        "key": str(ours.gateway.key),
    }
    id_of(connect(gateway(**trusting(ours, app, tls=tls)), "/app/x"))


def test_of_several_addresses_one_is_not_verified(
    gateway, connect, serve, ours, network  # noqa: F811
):
    """The next one is tried, for the same client."""
    net = network("mnt")
    other = serve(ours.stranger, host="127.0.0.2")
    app = serve(ours.named, host="127.0.0.3", port=other.port)
    net.name("app.test", other.host, app.host)
    url = f"https://app.test:{app.port}/auth"
    daemon = gateway(preexec=net.enter, workers=1, **trusting(ours, app, url))
    for _ in range(3):
        id_of(connect(daemon, "/app/x"))
    assert app.connections == 1


# -- who is not, and what is said of it


def refusals(ours):
    """What the app shows, whom it asks for, our keys, reason, remedy."""
    stranger = {
        "certificate": str(ours.stranger.certificate),
        "key": str(ours.stranger.key),
    }
    unknown = {"ca": str(ours.other_ca.file)}
    return {
        "wrong ca": (ours.app, None, unknown, "signed by nobody", "tls.ca"),
        "wrong name": (
            *(ours.named, None, {}),
            *("is not for 127.0.0.1", "tls.server_name"),
        ),
        "other name": (
            *(ours.app, None, {"server_name": "app.test"}),
            *("is not for app.test", "subjectAltName"),
        ),
        "expired": (ours.expired, None, {}, "expired", "renew"),
        "early": (ours.early, None, {}, "not valid yet", "clock"),
        "no certificate": (
            *(ours.app, ours.ca, {}),
            *("asks for a certificate of ours", "tls.certificate"),
        ),
        "strange certificate": (
            *(ours.app, ours.ca, stranger),
            *("refuses our certificate", "sign tls.certificate"),
        ),
    }


REFUSALS = [
    "wrong ca",
    "wrong name",
    "other name",
    "expired",
    "early",
    "no certificate",
    "strange certificate",
]


@pytest.mark.parametrize("which", REFUSALS)
def test_an_app_that_is_not_believed_is_asked_nothing(
    gateway, raw, serve, ours, which
):
    """It is said once, with what is wrong and what helps, not per client."""
    pair, clients, tls, reason, remedy = refusals(ours)[which]
    app = serve(pair, clients)
    daemon = gateway(**trusting(ours, app, tls=tls))
    for _ in range(5):
        answer = refusal(raw, daemon)
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
    daemon.wait_metric(failures("tls"), 5)
    (said,) = lines(daemon, NO_TLS)
    assert " error hook: " in said
    for part in "auth=app", f"url={app.url}", reason, remedy:
        assert part in said
    assert not lines(daemon, "does not say who may connect")
    assert not app.calls


def test_what_is_mended_is_said_too(gateway, connect, raw, serve, ours):
    app = serve(ours.expired)
    daemon = gateway(**trusting(ours, app))
    for _ in range(2):
        assert refusal(raw, daemon).status == 503
    app.context.load_cert_chain(ours.app.certificate, ours.app.key)
    for _ in range(6):
        id_of(connect(daemon, "/app/x"))
    assert len(lines(daemon, NO_TLS)) == 1
    assert len(lines(daemon, UP_AGAIN)) == 1


def test_a_server_that_speaks_no_tls(gateway, raw):
    app = HookApp().start()
    url = app.url.replace("http:", "https:")
    daemon = gateway(**sections(url))
    assert refusal(raw, daemon).status == 503
    daemon.wait_metric(failures("tls"), 1)
    daemon.wait_log(f"{NO_TLS}.*does not speak TLS.*in plain")
    app.finish()


@pytest.mark.workers(1)
def test_a_server_that_speaks_nothing_else(gateway, raw, serve):
    url = serve().url.replace("https:", "http:")
    daemon = gateway(**sections(url))
    assert refusal(raw, daemon).status == 503
    assert daemon.metrics().sum("roomcast_hook_failures_total") == 1


def test_a_server_that_leaves_at_once(gateway, raw, ours):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/auth"
        daemon = gateway(workers=1, **trusting(ours, None, url))
        (client,) = asking(raw, daemon, 1)
        server.accept()[0].close()
        assert client.read_refusal().status == 503
        daemon.wait_log(f"{NO_TLS}.*has left before TLS was up")


def test_a_server_that_is_silent_in_the_tls_handshake(gateway, raw, ours):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/auth"
        daemon = gateway(
            workers=1, **trusting(ours, None, url, timeout="300ms")
        )
        assert refusal(raw, daemon).status == 503
        daemon.wait_log("reason=timeout detail=.in the TLS handshake")


# -- an app that fails, inside

FAILING = [
    ("status/500", "status"),
    ("redirect", "status"),
    ("text", "answer"),
    ("huge", "size"),
    ("endless", "size"),
    ("garbage", "http"),
    ("never", "closed"),
    ("cut", "closed"),
    ("hang", "timeout"),
    ("hang-within", "timeout"),
]


@pytest.mark.parametrize("mode, reason", FAILING)
def test_no_clear_answer_is_a_503(
    gateway, connect, raw, serve, ours, mode, reason
):
    app = serve()
    app.mode = mode
    timeout = "1s" if reason == "timeout" else "30s"
    daemon = gateway(**trusting(ours, app, timeout=timeout))
    assert refusal(raw, daemon).status == 503
    daemon.wait_metric(failures(reason), 1)
    assert not lines(daemon, NO_TLS)


def test_who_answers_until_the_end_ends_tls(gateway, connect, raw, serve, ours):
    """Anybody on the way can cut a connection, and with it an answer."""
    app = serve()
    app.mode = "until-close"
    daemon = gateway(**trusting(ours, app))
    id_of(connect(daemon, "/app/x"))
    app.says_goodbye = False
    assert refusal(raw, daemon).status == 503
    daemon.wait_metric(failures("closed"), 1)


@pytest.mark.parametrize("mode", ["once", "dismiss"])
def test_an_app_that_closes_idle_connections(
    gateway, connect, serve, ours, mode
):
    app = serve()
    app.mode = mode
    daemon = gateway(workers=1, **trusting(ours, app))
    for _ in range(10):
        id_of(connect(daemon, "/app/x"))
    assert daemon.metrics().sum("roomcast_hook_failures_total") == 0


def test_what_stands_behind_an_answer_admits_nobody(gateway, raw, serve, ours):
    app = serve()
    app.mode = "stuffed"
    daemon = gateway(workers=1, **trusting(ours, app))
    for _ in range(3):
        assert refusal(raw, daemon).status == 403
    assert app.connections == 3


# -- bounds


def test_the_app_never_sees_more_than_max_parallel(gateway, raw, serve, ours):
    app = serve()
    app.mode = "hold"
    conf = trusting(ours, app, max_parallel=4, timeout="1m")
    daemon = gateway(workers=2, **conf)
    clients = asking(raw, daemon, 40)
    daemon.wait_metric(CALLS, 40)
    eventually(lambda: app.parallel == 4, what="4 calls in parallel")
    daemon.wait_metric(QUEUED, 36)
    app.released.set()
    for s in clients:
        assert s.read_response().status == 101
    assert app.max_parallel == 4
    assert app.connections <= 4


# -- its files


def test_the_files_are_read_again_on_a_reload(
    gateway, connect, raw, serve, ours, tmp_path
):
    """The connections by the old ones are closed."""
    app = serve()
    ca = tmp_path / "ca.pem"
    shutil.copy(ours.other_ca.file, ca)
    daemon = gateway(workers=1, **trusting(ours, app, tls={"ca": str(ca)}))
    assert refusal(raw, daemon).status == 503
    shutil.copy(ours.ca.file, ca)
    assert refusal(raw, daemon).status == 503
    reload(daemon)
    id_of(connect(daemon, "/app/x"))
    files = daemon.open_fds()
    reload(daemon)
    eventually(lambda: daemon.open_fds() == files - 1, what="it is closed")
    id_of(connect(daemon, "/app/x"))
    assert app.connections == 2


def test_keys_are_live(gateway, connect, raw, serve, ours):
    app = serve(ours.named)
    daemon = gateway(**trusting(ours, app))
    assert refusal(raw, daemon).status == 503
    tls = {"ca": str(ours.ca.file), "server_name": "app.test"}
    change(daemon, auth={"app": {"tls": tls}})
    id_of(connect(daemon, "/app/x"))


def test_a_reload_with_a_bad_file_changes_nothing(
    gateway, connect, serve, ours, tmp_path
):
    app = serve()
    ca = tmp_path / "ca.pem"
    shutil.copy(ours.ca.file, ca)
    daemon = gateway(**trusting(ours, app, tls={"ca": str(ca)}))
    ca.write_text("nothing\n")
    said = reload(daemon, REFUSED)
    assert "auth.app.tls" in said
    assert "holds no certificate in PEM" in said
    id_of(connect(daemon, "/app/x"))


@pytest.mark.workers(1)
@pytest.mark.parametrize("arguments", [["--check-config"], []])
def test_files_that_cannot_be_used_are_told_at_once(
    tmp_path, ours, arguments
):
    ca = tmp_path / "ca.pem"
    ca.write_text("nothing\n")
    tls = {
        "ca": str(ca),
        "certificate": str(ours.gateway.certificate),
        "key": str(ours.stranger.key),
    }
    conf = merged(BASE, sections("https://127.0.0.1:1/", tls=tls))
    path = write_conf(tmp_path / "roomcast.yaml", conf)
    done = subprocess.run(
        [BINARY, "-c", str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "auth.app.tls.ca: " in done.stderr
    assert "ca.pem: holds no certificate in PEM" in done.stderr
    assert "auth.app.tls.certificate: " in done.stderr
