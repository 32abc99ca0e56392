"""A master with a replica, and three sentinels that watch over it."""

import subprocess

import redis

from .ports import free_port
from .redisserver import RedisServer
from .waiting import eventually, seconds

NAME = "mymaster"
# A master that answers late is none that is gone, on a machine that is busy.
DOWN_AFTER_MS = 60_000


class Sentinel:
    def __init__(self, folder, master, password=None):
        self.port = free_port()
        self.password = password
        self.file = folder / f"sentinel-{self.port}.conf"
        lines = [
            f"port {self.port}",
            "bind 127.0.0.1",
            f"dir {folder}",
            f"sentinel monitor {NAME} 127.0.0.1 {master.port} 2",
            f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {NAME} 10000",
        ]
        if password:
            lines += [f"requirepass {password}"]
            lines += [f"sentinel sentinel-pass {password}"]
        self.file.write_text("\n".join(lines) + "\n")
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", str(self.file), "--sentinel"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        return self

    def client(self):
        return redis.Redis(port=self.port, password=self.password)

    def state(self):
        return self.client().sentinel_master(NAME)

    def sees_all(self, others, replicas):
        try:
            state = self.state()
            rows = self.client().sentinel_slaves(NAME)
        except redis.ConnectionError:
            return False
        return (
            state["num-other-sentinels"] == others
            and len([r for r in rows if r["master-link-status"] == "ok"])
            == replicas
        )

    def look_closely(self):
        """From now on the master is gone when it is silent for a second."""
        self.client().sentinel_set(NAME, "down-after-milliseconds", 1000)

    def fail_over(self):
        """False: its picture of the replica is too old, or none yet."""
        try:
            command = f"SENTINEL FAILOVER {NAME}"
            return bool(self.client().execute_command(command))
        except redis.ResponseError:
            return False

    def master_port(self):
        return int(self.client().sentinel_get_master_addr_by_name(NAME)[1])

    def finish(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(seconds(10))


class Sentinels:
    """Three of them, a master and one replica."""

    def __init__(self, folder, password=None):
        self.servers = []
        self.all = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            options = ["--repl-diskless-sync-delay", "0"]
            if self.servers:
                options += ["--replicaof", f"127.0.0.1 {self.master.port}"]
            self.servers.append(RedisServer(folder / name, *options).start())
        for _ in range(3):
            self.all.append(Sentinel(folder, self.master, password).start())

    @property
    def master(self):
        return self.servers[0]

    @property
    def replica(self):
        return self.servers[1]

    @property
    def conf(self):
        """What a gateway needs of redis.sentinel."""
        return {"master": NAME, "addresses": [s.address for s in self.all]}

    def wait(self):
        def complete():
            return all(s.sees_all(2, 1) for s in self.all)

        eventually(complete, 20, "the sentinels know each other")
        return self

    def fail_over(self, by=0):
        """A planned one: the sentinel of this number begins it."""
        eventually(self.all[by].fail_over, 20, "it begins")

    def look_closely(self):
        for sentinel in self.all:
            sentinel.look_closely()

    def wait_switched(self):
        """All say that the replica is the master."""

        def switched():
            return all(
                s.master_port() == self.replica.port for s in self.all
            )

        eventually(switched, 20, "the sentinels name the other server")

    def finish(self):
        for process in self.all + self.servers:
            process.finish()
