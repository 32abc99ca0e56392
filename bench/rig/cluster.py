"""A cluster of masters without replicas."""

import bisect
import contextlib
import time

from rig import resp
from rig.servers import Failed, Redis, free_ports

SLOTS = 16384
STARTUP_S = 20


class Node(Redis):
    """One of them; alone until it has met the others."""

    def __init__(self, cpu):
        port, self.bus = free_ports(2)
        super().__init__(cpu, port)

    def command(self):
        return super().command() + ["--cluster-enabled", "yes",
                                    "--cluster-port", str(self.bus)]


def _bounds(count):
    """The first slot of each, and one behind the last."""
    return [SLOTS * i // count for i in range(count + 1)]


def _join(nodes):
    """Give each its share of the slots, and let the first meet the rest."""
    bounds = _bounds(len(nodes))
    for node, first, end in zip(nodes, bounds, bounds[1:]):
        with resp.Redis(node.port) as redis:
            redis.command("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
    with resp.Redis(nodes[0].port) as redis:
        for node in nodes[1:]:
            redis.command("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus)


def _is_whole(nodes):
    """Whether each knows of all, and serves."""
    for node in nodes:
        with resp.Redis(node.port) as redis:
            info = redis.command("CLUSTER", "INFO").decode()
        if "cluster_state:ok" not in info or \
                f"cluster_known_nodes:{len(nodes)}" not in info:
            return False
    return True


@contextlib.contextmanager
def cluster(count, cpu):
    """The nodes, when they serve."""
    with contextlib.ExitStack() as stack:
        nodes = [stack.enter_context(Node(cpu)) for _ in range(count)]
        _join(nodes)
        end = time.monotonic() + STARTUP_S
        while not _is_whole(nodes):
            if time.monotonic() > end:
                raise Failed("the cluster does not come together")
            time.sleep(0.1)
        yield nodes


def owner(nodes, channel):
    """The node that has the channel's slot."""
    with resp.Redis(nodes[0].port) as redis:
        slot = redis.command("CLUSTER", "KEYSLOT", channel)
    return nodes[bisect.bisect(_bounds(len(nodes)), slot) - 1]
