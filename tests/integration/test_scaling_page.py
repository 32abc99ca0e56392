"""The model of docs/scaling.md, against what a hand can work out."""

import dataclasses
import sys

import pytest

from rig.gateway import ROOT

sys.path.append(str(ROOT / "bench"))

from report import scaling  # noqa: E402
from report.coefficients import (  # noqa: E402
    Coefficients,
    Cost,
    between,
    fitted,
    usage,
)
from report.scaling import Gateway, Load, Server, servers_for, spread  # noqa: E402

pytestmark = pytest.mark.outside


def same(us):
    """It costs the same alone and busy."""
    return Cost(us, us)


COSTS = Coefficients(
    size=300,
    publish=same(20),
    reader=same(1),
    shard_publish=same(22),
    shard_reader=same(3),
    bus=same(5),
    add=same(30),
    follower=same(4),
    subscribe=same(10),
    again=1,
    channel=200,
    subscriber=100,
    nobody=same(2),
    entry=same(3),
    member=same(17),
    delivery=same(9),
    ping=same(25),
    handshake=same(40),
    own_room=same(5),
    connection=250,
    room=200,
    tls=14000,
    kernel=2750,
)
# 10,000 rooms of ten, 1,000 messages and 10,000 deliveries a second, 100 come
# and go a second.
CHAT = Load(
    connections=100_000, rooms_each=1, members=10, period_s=10, stay_s=1000
)
# Each in its own room: as many messages as before.
USERS = dataclasses.replace(CHAT, members=1, period_s=100)


def by(way, load=CHAT):
    return dataclasses.replace(load, way=way)


def test_a_load():
    assert CHAT.rooms == 10_000
    assert CHAT.messages == 1000
    assert CHAT.deliveries == 10_000
    assert CHAT.arrivals == 100


def test_a_thread_that_is_woken_less_the_more_it_has_to_do():
    assert usage(same(250_000)) == pytest.approx(0.25)
    assert usage(Cost(alone=1_000_000, busy=500_000)) == pytest.approx(2 / 3)
    assert usage(Cost(alone=9_000_000, busy=1_000_000)) == pytest.approx(1)


def test_a_line_through_points_that_lie_on_one():
    points = {0: 7, 1: 12, 4: 18, 16: 42}
    assert fitted(points) == pytest.approx((10, 2))


def test_a_size_between_those_measured():
    assert between({100: 10, 1100: 20}, 600) == 15


def test_members_come_to_any_gateway():
    assert spread(USERS, 4) == pytest.approx(1)
    assert spread(dataclasses.replace(CHAT, members=2), 4) == pytest.approx(1.75)
    assert spread(dataclasses.replace(CHAT, members=1e6), 4) == pytest.approx(4)


def test_a_gateway_of_two_where_each_user_has_a_room():
    one = Gateway(USERS, COSTS, 2)
    assert one.heard == one.deliveries == 500
    assert one.work.busy == 500 * 17 + 50_000 / 25 * 25 + 50 * 40 + 50 * 5
    assert one.thread.busy == 500 * 8
    memory = one.memory - scaling.PROCESS - scaling.QUEUES
    assert memory == 50_000 * 3000 + 50_000 * 200
    assert one.network == 500 * 400


def test_by_send_it_hears_what_is_for_nobody_there():
    one = Gateway(by("send", USERS), COSTS, 2)
    assert one.heard == 1000
    more = one.work.busy - Gateway(USERS, COSTS, 2).work.busy
    assert more == 500 * 2


def test_a_server_writes_to_those_that_have_a_member():
    one = Server(USERS, COSTS, 4)
    churn = 2 * 100
    assert one.work.busy == pytest.approx(1000 * (20 + 1) + churn * 10)
    assert one.memory == pytest.approx(100_000 * 200)
    assert one.again_s == pytest.approx(0.1)


def test_a_server_writes_to_all_by_send():
    one = Server(by("send"), COSTS, 4)
    assert one.work.busy == 1000 * (20 + 4 * 1)
    assert one.subscriptions == one.memory == 0


def test_sources_share_messages_but_not_subscriptions():
    whole, half = (Server(USERS, COSTS, 4, "sources", n) for n in (1, 2))
    assert half.messages == whole.messages / 2
    assert half.subscriptions == whole.subscriptions
    assert half.churn == whole.churn


def test_a_sharded_cluster_shares_both():
    half = Server(USERS, COSTS, 4, "sharded", 2)
    assert half.work.busy == pytest.approx(500 * (22 + 3) + 100 * 10)
    assert half.memory == pytest.approx(50_000 * 200)


def test_every_node_of_a_cluster_hears_classic_channels():
    one = Server(by("send"), COSTS, 4, "classic", 2)
    assert one.work.busy == 500 * 20 + 500 * 5 + 500 * 4 * 1


def test_each_gateway_reads_the_whole_stream():
    one = Server(by("stream"), COSTS, 4, "stream")
    assert one.work.busy == 1000 * (30 + 4 * 4)
    assert Gateway(by("stream"), COSTS, 4).heard == 1000


def test_the_least_that_fit_are_at_most_half_busy():
    busier = by("send", dataclasses.replace(CHAT, period_s=0.25))
    count = servers_for(busier, COSTS, 4, "sources")
    work = 40_000 * (20 + 4)
    assert count == 2 and work / 2 <= 500_000 < work
    assert servers_for(busier, COSTS, 4, "classic") == 3
    assert servers_for(by("stream", busier), COSTS, 4, "stream") is None


def test_more_gateways_do_not_help_who_hears_all():
    much = by("stream", dataclasses.replace(CHAT, period_s=1e-2))
    assert scaling.gateways_for(much, COSTS) is None
    assert scaling.gateways_for(CHAT, COSTS) == scaling.GATEWAYS_MIN
