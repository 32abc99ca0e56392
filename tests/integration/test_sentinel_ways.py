"""How sentinels and the servers that they name are reached."""

import pytest

from rig.gateway import merged
from rig.sentinels import Sentinels, Tls
from test_redis_tls import ours  # noqa: F401
from test_sentinel import MOVED, is_heard, start, welcomed

pytestmark = pytest.mark.waits

NAMES = ("sentinel resolve-hostnames yes", "sentinel announce-hostnames yes")


@pytest.fixture
def make(tmp_path):
    made = []

    def start_all(**options):
        made.append(Sentinels(tmp_path, **options))
        return made[-1].wait()

    yield start_all
    for one in made:
        one.finish()


def follows(gateway, connect, sentinels, **redis):
    """Before a failover, behind it, and with the gap told."""
    daemon = start(gateway, sentinels, redis=redis)
    client = welcomed(connect, daemon)
    sentinels.master.client().publish("roomcast:room:lobby", "before")
    assert client.recv() == "before"
    sentinels.fail_over()
    daemon.wait_log(MOVED, 20)
    daemon.wait_ready()
    return is_heard(client, sentinels.replica, "after")


def trusting(authority, **more):
    """Both the sentinels and the master are believed by this one."""
    tls = {"ca": str(authority.file), **more}
    return {"tls": tls, "sentinel": {"tls": tls}}


@pytest.mark.long
def test_through_tls(gateway, connect, make, ours):  # noqa: F811
    """The certificates are for 127.0.0.1, which is what is announced."""
    sentinels = make(way=Tls(ours.server, ours.ca))
    assert follows(gateway, connect, sentinels, **trusting(ours.ca))


@pytest.mark.long
def test_the_name_in_a_certificate_may_be_another(
    gateway, connect, make, ours  # noqa: F811
):
    """One for all servers, as nobody knows which one will be the master."""
    sentinels = make(way=Tls(ours.named, ours.ca))
    named = trusting(ours.ca, server_name="redis.test")
    assert follows(gateway, connect, sentinels, **named)


@pytest.mark.parametrize("whose", ["sentinels", "master"])
def test_a_certificate_for_another_name_is_refused(
    gateway, make, ours, whose  # noqa: F811
):
    sentinels = make(way=Tls(ours.named, ours.ca))
    named = trusting(ours.ca, server_name="redis.test")
    unnamed = {"tls": {"server_name": None}}
    wrong = unnamed if whose == "master" else {"sentinel": unnamed}
    redis = merged(merged(named, wrong), {"sentinel": sentinels.conf})
    daemon = gateway(backend="redis", embedded=None, redis=redis)
    reason = r"the server's certificate is not for 127\.0\.0\.1"
    if whose == "sentinels":
        reason = "no sentinel answers: " + reason
    daemon.wait_log(f' warn redis: cannot connect .*reason="{reason}')
    assert daemon.admin("/readyz")[0] == 503


@pytest.mark.long
def test_by_ipv6(gateway, connect, make):
    assert follows(gateway, connect, make(host="::1"))


@pytest.mark.long
@pytest.mark.parametrize("secured", [False, True], ids=["plain", "tls"])
def test_names_are_announced(
    gateway, connect, make, ours, secured  # noqa: F811
):
    """They are looked up, and are what the certificate must be for."""
    sentinels = make(
        host="localhost",
        lines=NAMES,
        options=("--replica-announce-ip", "localhost"),
        **({"way": Tls(ours.local, ours.ca)} if secured else {}),
    )
    redis = trusting(ours.ca) if secured else {}
    assert follows(gateway, connect, sentinels, **redis)
    host, _ = sentinels.all[0].announced()
    assert host == "localhost"
