"""A private redis-server on a free port, which may be killed and restarted."""

import os
import subprocess

import redis

from .ports import free_port
from .waiting import eventually, seconds

# Another version, or a Valkey, in place of the one in PATH.
PROGRAM = os.environ.get("ROOMCAST_REDIS_SERVER", "redis-server")


class RedisServer:
    def __init__(self, folder, *options, host="127.0.0.1", preexec=None):
        self.folder = folder
        self.options = options
        self.host = host
        self.preexec = preexec
        self.port = free_port()
        self.unix_path = str(folder / "redis.sock")
        self.process = None

    @property
    def url(self):
        return f"redis://{self.host}:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            [
                PROGRAM,
                *("--port", str(self.port)),
                *("--bind", self.host),
                *("--unixsocket", self.unix_path),
                *("--save", ""),
                *("--appendonly", "no"),
                *("--dir", str(self.folder)),
                *self.options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=self.preexec,
        )
        eventually(self.answers, 10, "redis-server answers")
        return self

    def answers(self):
        assert self.process.poll() is None, "redis-server ended"
        try:
            return self.client().ping()
        except redis.AuthenticationError:
            return True
        except redis.ConnectionError:
            return False

    def client(self, **options):
        """By its unix socket where it has a network of its own."""
        if self.preexec:
            return redis.Redis(unix_socket_path=self.unix_path, **options)
        return redis.Redis(host=self.host, port=self.port, **options)

    def cli(self, *words):
        """What redis-cli prints."""
        return subprocess.run(
            ["redis-cli", "-p", str(self.port), *words],
            check=True,
            capture_output=True,
            timeout=seconds(10),
        ).stdout.decode()

    def channels(self, pattern="*"):
        """The channels that somebody is subscribed to, as a set of names."""
        return {c.decode() for c in self.client().pubsub_channels(pattern)}

    def wait_followed(self, replica):
        """Until that one has all that was written here so far. WAIT does not
        tell: it is about what its own connection has written."""
        state = self.client().info("replication")

        def has_followed():
            its = replica.client().info("replication")
            return its["slave_repl_offset"] >= state["master_repl_offset"]

        eventually(has_followed, 60, "the replica has followed")

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def finish(self):
        if self.process and self.process.poll() is None:
            self.kill()
