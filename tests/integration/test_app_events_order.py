"""events: their order, when Redis takes some and refuses others."""

import re

from rig.churn import ALL, BOTH, KEY, LOST, WAITING, told
from rig.pages import ROOT, snippets
from rig.piecewise import Piecewise

WORKERS = (1, 2)

COMMANDS = ("MULTI", "XADD", "EXEC")


def rights(server, *rules):
    answer = server.cli("ACL", "SETUSER", "gw", *rules)
    assert answer.strip() == "OK"


class Changes:
    """By command and the how manieth of it: what is changed for that one."""

    def __init__(self, server, plan):
        self.server, self.redis = server, server.client()
        self.plan, self.made = plan, []

    def before(self, *which):
        change = self.plan.get(which)
        if change == "taken":
            self.redis.rename(KEY, "aside")
            self.redis.set(KEY, "somebody else's")
        elif change:
            rights(self.server, "-" + change)

    def after(self, *which):
        change = self.plan.get(which)
        if change == "taken":
            self.redis.delete(KEY)
            self.redis.rename("aside", KEY)
        elif change:
            rights(self.server, "+" + change)
        if change:
            self.made.append(which)


ALMOST_ALL = ("on", ">x", "~*", "&*", "+@all")


def run(gateway, connect, server, plan, *rules):
    """Clients come and go, and only then what they are told of as leaves: the
    first event, and all others as one batch. The log."""
    rights(server, *rules)
    changes = Changes(server, plan)
    relay = Piecewise(server.port, COMMANDS, changes.before, changes.after)
    daemon = gateway(
        relay.url.replace("://", "://gw:x@"),
        redis={"heartbeat": "1m"},
        events={"stream": KEY},
    )
    try:
        daemon.wait_ready()
        relay.hold(b"connected")
        for client in connect.many([daemon.ws_url()] * 40):
            client.close()
        daemon.wait_metric(ALL + '{event="disconnected"}', 40)
        relay.release()
        daemon.wait_metric(WAITING, 0, timeout=30)
        assert told(server.client()) == [BOTH] * 40
        assert daemon.metrics()[LOST] == 0
        assert changes.made == list(plan)
    finally:
        relay.finish()
    return daemon.log()


def test_order_holds_whatever_is_refused(gateway, connect, redis_server):
    """Of the first batch an entry, and of the second; then, as all of them
    are carried out, the command and the key."""
    plan = {
        ("XADD", 3): "xadd",
        ("XADD", 80 + 9): "xadd",
        ("EXEC", 3): "xadd",
        ("EXEC", 4): "taken",
    }
    run(gateway, connect, redis_server, plan, *ALMOST_ALL)


NO_BATCHES = "warn redis: events: they leave one at a time"


def test_without_the_right_to_multi_they_leave_one_by_one(
    gateway, connect, redis_server
):
    plan = {("XADD", 3): "xadd", ("XADD", 9): "xadd", ("XADD", 60): "taken"}
    log = run(gateway, connect, redis_server, plan, *ALMOST_ALL, "-multi")
    assert log.count(NO_BATCHES) == 1
    assert re.search(NO_BATCHES + ".*remedy=.*multi.*exec.*ACL", log)


def test_without_the_right_to_exec_they_leave_one_by_one(
    gateway, connect, redis_server
):
    plan = {("XADD", 80 + 3): "xadd"}
    log = run(gateway, connect, redis_server, plan, *ALMOST_ALL, "-exec")
    assert log.count(NO_BATCHES) == 1


def test_the_permissions_of_the_documentation(gateway, connect, redis_server):
    """With the name of the stream that is used here; the lease has others."""
    user = snippets("docs/redis.md", "redis")[0].strip().split("gateway ")[1]
    page = (ROOT / "docs/redis.md").read_text()
    selector = re.search(r"`events`\].* add\n`(.*)` for their stream", page)[1]
    rules = user.replace(">PASSWORD", ">x").split(" (")
    log = run(
        *(gateway, connect, redis_server, {}),
        *rules[0].split(),
        *("(" + more for more in rules[1:]),
        selector.replace("~roomcast:events", "~" + KEY),
    )
    assert NO_BATCHES not in log and " lost " not in log
    denied = {row["object"] for row in redis_server.client().acl_log()}
    assert denied == {"eval"}
