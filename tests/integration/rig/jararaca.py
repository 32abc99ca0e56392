"""Jararaca itself, from PyPI, and the chat of jararaca/ that runs on it."""

import fcntl
import json
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
import yaml

from .gateway import ROOT, Gateway
from .pages import filled, snippet
from .ports import free_port
from .redisserver import RedisServer
from .reverseproxies import HAProxy, Nginx, Proxy, program
from .waiting import eventually, seconds

PAGE = "docs/migrating-from-jararaca.md"
HERE = Path(__file__).resolve().parent.parent / "jararaca"
REQUIREMENTS = HERE / "requirements.txt"
VENV = ROOT / "build" / "jararaca"
PYTHON = VENV / "bin" / "python"
ANN = [("Cookie", "session=anns-session")]  # user 42, of jararaca/accounts.py


def is_installed(stamp):
    """Whether it is there, as it is asked for now."""
    if not (PYTHON.exists() and stamp.exists()):
        return False
    probe = [PYTHON, "-c", "import jararaca, redis"]
    return (
        stamp.read_bytes() == REQUIREMENTS.read_bytes()
        and subprocess.run(probe, check=False).returncode == 0
    )


@pytest.fixture(scope="session")
def jararaca():
    """A python that has Jararaca: fetched in CI, or on request, and kept."""
    VENV.mkdir(parents=True, exist_ok=True)
    stamp = VENV / REQUIREMENTS.name
    with open(VENV / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed(stamp):
            return PYTHON
        if os.environ.get("CI") != "true":
            pytest.skip("CI=true makes this test fetch Jararaca from PyPI")
        subprocess.run(["/usr/bin/python3", "-m", "venv", VENV], check=True)
        subprocess.run(
            [PYTHON, "-m", "pip", "install", "-q", "-r", REQUIREMENTS],
            check=True,
            timeout=1200,  # a machine that does much else, a slow registry
        )
        stamp.write_bytes(REQUIREMENTS.read_bytes())
    return PYTHON


class Chat:
    """The app, a process, and its Redis. What the page adds to it is taken
    from there."""

    def __init__(self, python, folder):
        self.python = python
        self.folder = folder
        self.port = free_port()
        self.redis = RedisServer(folder)
        self.process = None

    def start(self):
        for name in "websocket_auth", "websocket_publisher":
            code = snippet(PAGE, "python", f"# {name}.py")
            (self.folder / f"{name}.py").write_text(code)
        self.redis.start()
        self.process = subprocess.Popen(
            [self.python, HERE / "serve.py", str(self.port)], env=self.env
        )
        eventually(self.hears, 30, "Jararaca has subscribed its channels")
        eventually(self.answers, 30, "the app answers")
        return self

    @property
    def env(self):
        return {
            **os.environ,
            "REDIS_URL": self.redis.url,
            "PYTHONPATH": str(self.folder),
        }

    def hears(self):
        assert self.process.poll() is None, "the app ended"
        return {
            "jararaca:websocket:send",
            "jararaca:websocket:broadcast",
        } <= self.redis.channels("jararaca:*")

    def answers(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def finish(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.redis.finish()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def url(self, path):
        return f"ws://{self.address}{path}"

    def works(self, **actions):
        """Its worker handles these messages, by the interceptor it has."""
        subprocess.run(
            [self.python, HERE / "worker.py", json.dumps(actions)],
            check=True,
            env=self.env,
            timeout=seconds(60),
        )


@pytest.fixture(scope="module")
def chat(jararaca, tmp_path_factory):
    app = Chat(jararaca, tmp_path_factory.mktemp("chat"))
    try:
        yield app.start()
    finally:
        app.finish()


def overlaid(text, more):
    """A configuration with more's sections in place of its own."""
    own = re.split(r"^(?=\w+:)", text, flags=re.M)
    names = set(yaml.safe_load(more))
    kept = [x for x in own if x.partition(":")[0] not in names]
    return "".join(kept) + more


@pytest.fixture
def drop_in(chat, tmp_path):
    """Start a gateway by conf/jararaca.yaml, which text changes."""
    started = []

    def start(changes=None, sections=""):
        text = filled(
            (ROOT / "conf" / "jararaca.yaml").read_text(),
            {
                "redis://127.0.0.1:6379": chat.redis.url,
                "127.0.0.1:8080": "127.0.0.1:0",
                "127.0.0.1:8000": chat.address,
                "127.0.0.1:9180": "127.0.0.1:0",
                **(changes or {}),
            },
        )
        text = overlaid(text, sections + "\nshutdown: {drain: 100ms}\n")
        folder = tmp_path / f"drop-in-{len(started)}"
        folder.mkdir()
        daemon = Gateway(folder, {})
        daemon.conf_path.write_text(text)
        started.append(daemon)
        daemon.start()
        daemon.wait_ready()
        return daemon

    yield start
    for daemon in started:
        daemon.finish()


class InFront(Proxy):
    """By the page's rule; share is what it sends to the gateway."""

    def __init__(self, folder, pair, gateway, chat, share):
        super().__init__(folder, pair, gateway)
        self.chat = chat
        self.share = share

    def rule(self, more):
        return filled(
            snippet(PAGE, self.name, "websocket-auth"),
            {
                "127.0.0.1:8080": self.upstream(self.gateway),
                "127.0.0.1:8000": self.chat.address,
                **more,
            },
        )


class NginxInFront(InFront, Nginx):
    all, none = "100%     roomcast;", ""

    def site(self, idle):
        return self.rule(
            {
                "10%      roomcast;": self.share,
                "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
                "/etc/nginx/app.example.com.pem": str(self.pair.certificate),
                "/etc/nginx/app.example.com.key": str(self.pair.key),
            }
        )


class HAProxyInFront(InFront, HAProxy):
    all, none = "lt 100", "lt 0"

    def site(self, idle):
        return self.rule(
            {
                "lt 10": self.share,
                "bind :443": f"bind 127.0.0.1:{self.port}",
                "/etc/haproxy/app.example.com.pem": self.both(),
            }
        )


IN_FRONT = {"nginx": NginxInFront, "haproxy": HAProxyInFront}


@pytest.fixture
def in_front(chat, certificates, tmp_path):
    """Start a proxy that sends all WebSockets to a gateway, or none."""
    started = []

    def start(name, gateway, share="all"):
        kind = IN_FRONT[name]
        program(name)
        folder = tmp_path / f"{name}-{share}"
        folder.mkdir()
        proxy = kind(
            folder, certificates.first, gateway, chat, getattr(kind, share)
        )
        started.append(proxy)
        return proxy.start()

    yield start
    for proxy in started:
        proxy.finish()
