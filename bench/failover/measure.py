"""One run: messages flow, something happens, and they flow again."""

import time

from rig.gateway import BASE, Gateway, merged
from rig.numbered import Listener, Publisher, Readiness
from rig.waiting import eventually

EVERY_S = 0.005
BEFORE, BEHIND = 200, 200  # messages: a second each
PATIENCE_S = 60


def measure(situation, way, folder):
    """What came of it, by name; all numbers."""
    with situation(folder, way) as s:
        (folder / "gateway").mkdir()
        conf = merged(merged(BASE, {"backend": "redis", "embedded": None,
                                    "log": {"level": "info"}}),
                      merged(way.conf, s.conf))
        daemon = Gateway(folder / "gateway", conf, s.enter).start()
        try:
            daemon.wait_ready(PATIENCE_S)
            return flow(s, daemon, Listener(daemon.ws_url(way.path),
                                            way.has_ids))
        finally:
            daemon.kill()


def flow(situation, daemon, listener):
    readiness = Readiness(daemon)
    with listener, readiness, Publisher(situation.publish, EVERY_S) as p:
        eventually(lambda: listener.has_heard(BEFORE), PATIENCE_S)
        begin = time.monotonic()
        situation.fail()
        eventually(situation.is_over, PATIENCE_S)
        eventually(lambda: daemon.admin("/readyz")[0] == 200, PATIENCE_S)
        behind = len(p.sent) + BEHIND
        eventually(lambda: listener.has_heard(behind), PATIENCE_S)
        p.is_over.set()
        p.join()
        taken = set(p.taken())
        if situation.way.is_stream:
            taken = situation.way.kept(situation.client)
        eventually(lambda: listener.has_heard(max(taken)), PATIENCE_S)
    return result(p, taken, listener, readiness, begin)


def silence_s(heard):
    """The longest time in which nothing came."""
    times = sorted(heard.values())
    return max(b - a for a, b in zip(times, times[1:]))


def deaf_s(sent, lost, heard):
    """From one that was lost to the next that was heard again, in all."""
    total, until = 0.0, -1
    for number in lost:
        if number > until:
            until = min(n for n in heard if n > number)
            total += sent[until][0] - sent[number][0]
    return total


def result(publisher, taken, listener, readiness, begin):
    heard = listener.heard
    lost = sorted(taken - set(heard))
    since = sum(at >= begin for at, _ in publisher.sent)
    return {
        "silence_s": silence_s(heard),
        "deaf_s": deaf_s(publisher.sent, lost, heard),
        "lost": len(lost),
        "refused": len(publisher.sent) - len(publisher.taken()),
        "sent": since,
        "gaps": listener.gaps,
        "doubled": len(listener.order) - len(heard),
        "disordered": sum(a > b for a, b in zip(listener.order,
                                                listener.order[1:])),
        "not_ready_s": readiness.not_ready_s,
    }
