"""A master with a replica, and three sentinels that watch over it."""

import subprocess

import redis

from .ports import free_port
from .redisserver import PROGRAM, RedisServer
from .waiting import eventually, seconds

NAME = "mymaster"
# A master that answers late is none that is gone, on a machine that is busy.
DOWN_AFTER_MS = 60_000


class Plain:
    """How servers and sentinels talk, and clients with them."""

    client = {}

    def options(self, port):
        """redis-server's."""
        return {"port": port}


class Tls(Plain):
    def __init__(self, pair, ca):
        self.pair = pair
        self.ca = ca
        self.client = {
            "ssl": True,
            "ssl_ca_certs": str(ca.file),
            "ssl_check_hostname": False,
        }

    def options(self, port):
        return {
            "port": 0,
            "tls-port": port,
            "tls-cert-file": self.pair.certificate,
            "tls-key-file": self.pair.key,
            "tls-ca-cert-file": self.ca.file,
            "tls-auth-clients": "no",
            "tls-replication": "yes",
        }


class Server(RedisServer):
    """A master or its replica, at a host of this name."""

    def __init__(self, folder, way, host, *options):
        self.way = way
        super().__init__(folder, host=host)
        self.options = [
            word
            for key, value in way.options(self.port).items()
            for word in (f"--{key}", str(value))
        ]
        self.options += ["--repl-diskless-sync-delay", "0", *options]

    def client(self, **options):
        return super().client(**self.way.client, **options)


class Sentinel:
    def __init__(self, folder, master, lines=(), password=None, host=None):
        self.port = free_port()
        self.way = master.way
        self.host = host or master.host
        self.password = password
        self.file = folder / f"sentinel-{self.port}.conf"
        lines = [
            *(f"{key} {value}" for key, value in self._options().items()),
            f"dir {folder}",
            *lines,
            f"sentinel monitor {NAME} {master.host} {master.port} 2",
            f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}",
            f"sentinel failover-timeout {NAME} 10000",
        ]
        if password:
            lines += [f"requirepass {password}"]
            lines += [f"sentinel sentinel-pass {password}"]
        self.file.write_text("\n".join(lines) + "\n")
        self.process = None

    def _options(self):
        return {**self.way.options(self.port), "bind": self.host}

    @property
    def address(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, str(self.file), "--sentinel"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        return self

    def client(self):
        return redis.Redis(
            host=self.host,
            port=self.port,
            password=self.password,
            **self.way.client,
        )

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

    def look_closely(self, silent_ms=1000):
        """From now on the master is gone when it is silent for so long."""
        self.client().sentinel_set(
            NAME, "down-after-milliseconds", silent_ms
        )

    def fail_over(self):
        """False: its picture of the replica is too old, or none yet."""
        try:
            command = f"SENTINEL FAILOVER {NAME}"
            return bool(self.client().execute_command(command))
        except redis.ResponseError:
            return False

    def announced(self):
        """Where the master is: a host, as it is spelt, and a port."""
        command = f"SENTINEL GET-MASTER-ADDR-BY-NAME {NAME}"
        host, port = self.client().execute_command(command)
        return host.decode(), int(port)

    def master_port(self):
        return self.announced()[1]

    def finish(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(seconds(10))


class Sentinels:
    """Three of them, a master and one replica, all at one host.

    lines are for the file of each sentinel, options redis-server's.
    """

    def __init__(
        self,
        folder,
        password=None,
        host="127.0.0.1",
        way=None,
        lines=(),
        options=(),
    ):
        self.servers = []
        self.all = []
        for name in ("one", "two"):
            (folder / name).mkdir()
            mine = list(options)
            if self.servers:
                mine += ["--replicaof", f"{host} {self.master.port}"]
            self.servers.append(
                Server(folder / name, way or Plain(), host, *mine).start()
            )
        for _ in range(3):
            self.all.append(
                Sentinel(folder, self.master, lines, password).start()
            )

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

    def look_closely(self, *silent_ms):
        for sentinel in self.all:
            sentinel.look_closely(*silent_ms)

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
