"""The apps of examples/: started as they are, in a copy of their folder."""

import http.cookiejar
import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

import yaml

from .client import Client
from .gateway import ROOT
from .node import install_packages, missing
from .once import once
from .ports import free_port
from .resuming import Frame
from .waiting import eventually, seconds

EXAMPLES = ROOT / "examples"
STREAM = "roomcast:stream"


def run(*command, cwd):
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds(180),
    )
    if done.returncode:
        missing(f"{command}: {done.stderr}")


def with_packages(folder):
    for name in "package.json", "package-lock.json":
        shutil.copy(EXAMPLES / "node" / name, folder)
    install_packages(folder)
    return str(folder / "node_modules")


def program(folder):
    run("go", "build", "-o", str(folder / "app"), ".", cwd=EXAMPLES / "go")
    return str(folder / "app")


def python_command(folder, factory):
    return once(factory, "example-python", with_fastapi)


def node_command(folder, factory):
    packages = once(factory, "example-node", with_packages)
    (folder / "node_modules").symlink_to(packages)
    return ["node", "app.js"]


def with_fastapi(folder):
    """Looked at once: to import it takes as long as all that a test does."""
    run("/usr/bin/python3", "-c", "import fastapi, uvicorn, jwt", cwd=folder)
    return ["/usr/bin/python3", "-B", "app.py"]


def go_command(folder, factory):
    return [once(factory, "example-go", program)]


def with_redis(folder):
    run("php", "-r", "new Redis();", cwd=folder)
    return "php"


def php_command(folder, factory):
    php = once(factory, "example-php", with_redis)
    sessions = ["-d", f"session.save_path={folder}"]
    return [php, *sessions, "-S", f"127.0.0.1:{PORT}", "app.php"]


PORT = "PORT"  # stands for the app's
COMMANDS = {
    "python": (python_command, "python3"),
    "node": (node_command, "npm"),
    "go": (go_command, "go"),
    "php": (php_command, "php"),
}


class App:
    """One app, with the gateway of its own gateway.yaml. The app is there
    first: one that signs tokens makes its secret."""

    def __init__(self, language, folder, factory):
        command, needed = COMMANDS[language]
        if not shutil.which(needed):
            missing(f"there is no {needed}")
        self.folder = folder / language
        shutil.copytree(
            EXAMPLES / language,
            self.folder,
            ignore=shutil.ignore_patterns("node_modules", "secret"),
        )
        shutil.copy(EXAMPLES / "page.html", folder)
        self.port, self.gateway_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.command = [
            word.replace(PORT, str(self.port))
            for word in command(self.folder, factory)
        ]
        self.process = None

    def start(self, redis_url, stream):
        env = {
            **os.environ,
            "PORT": str(self.port),
            "GATEWAY": f"ws://127.0.0.1:{self.gateway_port}/ws/lobby",
            "REDIS_URL": redis_url,
            "STREAM": STREAM if stream else "",
        }
        with open(self.folder / "log", "w") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self.answers, 30, "the app answers")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def sections(self):
        """What its gateway.yaml says, at the ports of this test."""
        conf = yaml.safe_load((self.folder / "gateway.yaml").read_text())
        (section,) = conf["auth"].values()
        if section["type"] == "http":
            assert section["url"] == "http://127.0.0.1:8000/auth"
            section["url"] = f"{self.url}/auth"
        else:
            section["secret_file"] = str(self.folder / "secret")
        (route,) = conf["routes"]
        route["origins"] = [self.url]
        listen = [{"address": f"127.0.0.1:{self.gateway_port}"}]
        names = "history", "auth", "routes"
        return {"listen": listen, **{name: conf[name] for name in names}}

    def finish(self):
        if self.process:
            self.process.kill()
            self.process.wait()


class User:
    """A browser without a page: it has cookies, a token and tabs."""

    def __init__(self, app, name):
        self.app = app
        self.jar = http.cookiejar.CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        self.opener = urllib.request.build_opener(cookies)
        self.token = None
        answer = self.post("/login", 200, name=name) if name else {}
        self.token = answer.get("token")

    def post(self, path, status, **body):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.app.url + path, data, headers)
        try:
            with self.opener.open(request, timeout=seconds(20)) as answer:
                assert answer.status == status
                return json.load(answer)
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            assert error.code == status, (error.code, text)
            return json.loads(text)

    def connect(self, room="lobby", since=""):
        url = f"ws://127.0.0.1:{self.app.gateway_port}/ws/{room}?since={since}"
        cookies = "; ".join(f"{x.name}={x.value}" for x in self.jar)
        return Client.connect(
            url,
            origin=self.app.url,
            subprotocols=["roomcast.jwt", self.token] if self.token else None,
            extra_headers={"Cookie": cookies} if cookies else {},
        )

    def tab(self, **where):
        return Tab(self.connect(**where))


class Tab:
    """What a page does: it knows its cursor and its own id."""

    def __init__(self, client):
        self.client = client
        self.cursor = ""
        assert self.frame().word in ("at", "gap")
        welcome = self.frame()
        assert welcome.word == "welcome"
        self.connection = json.loads(welcome.content)["connection"]

    def frame(self):
        frame = Frame(self.client.recv(15))
        self.cursor = frame.id or self.cursor
        return frame

    def message(self, has_id):
        frame = self.frame()
        assert frame.word is None and bool(frame.id) == has_id
        return json.loads(frame.content)

    def close(self):
        self.client.close()
