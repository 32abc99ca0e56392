"""What a command costs the servers that see it, in CPU, when it comes alone
and when they are busy."""

import subprocess
import time

from rig.resp import paced
from rig.servers import Failed, pin

ALONE_S = 0.7  # a window
SETTLE_S = 0.2  # in which a server that has done all uses less than that:
QUIET_S = 0.002
CLIENTS = 32  # each with one command on its way, when busy


class Meter:
    """CPU of servers, beyond what they use when nothing happens."""

    def __init__(self, servers):
        self.servers = servers
        self.idle = [0] * len(servers)
        self._settle()
        spent, elapsed = self._around(lambda: time.sleep(1))
        self.idle = [s / elapsed for s in spent]

    def _settle(self):
        """Wait until nothing is on its way any more."""
        is_quiet = False
        while not is_quiet:
            before = [s.cpu_s for s in self.servers]
            time.sleep(SETTLE_S)
            is_quiet = all(s.cpu_s - b < QUIET_S
                           for s, b in zip(self.servers, before))

    def _around(self, work):
        start, before = time.monotonic(), [s.cpu_s for s in self.servers]
        work()
        self._settle()
        elapsed = time.monotonic() - start
        return [s.cpu_s - b - idle * elapsed for s, b, idle in
                zip(self.servers, before, self.idle)], elapsed

    def each_us(self, work, count):
        """What one of the `count` things cost that work() does: a figure for
        each server."""
        spent, _ = self._around(work)
        return [1e6 * s / count for s in spent]


def alone(redis, command, rate):
    """The command at a rate, and how often that is: the server sleeps between
    two of them."""
    count = int(rate * ALONE_S)
    return lambda: paced(redis, command, rate, count), count


def busy(port, parts, count, cpu, depth=1):
    """The same from many publishers who do not wait for each other, `depth`
    a write: the server never sleeps."""
    def work():
        done = subprocess.run(
            ["redis-benchmark", "-p", str(port), "-c", str(CLIENTS), "-n",
             str(count), "-P", str(depth), "-q", *parts],
            capture_output=True, text=True, check=False,
            preexec_fn=lambda: pin(cpu))
        if done.returncode or "per second" not in done.stdout:
            raise Failed(f"redis-benchmark: {done.stdout}{done.stderr}")
    return work, count
