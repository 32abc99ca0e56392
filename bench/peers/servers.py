"""The peers as servers: each starts what its folder sets up. All are one
process on one processor; Redis, where one is in the path, runs on the client's
and is not counted."""

import base64
import hashlib
import hmac
import json
import os

from peers import install
from rig.servers import OnRedis, Server, accepts

NGINX_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"


class Peer(Server):
    """Its clients may come over TLS; the publisher's way is always plain."""

    peer = None  # its folder
    post = None  # the path that its publisher POSTs to

    @property
    def publish_url(self):
        return f"http://127.0.0.1:{self.publish_port}{self.post}"

    def is_ready(self):
        return accepts(self.port) and accepts(self.publish_port)

    def path(self, name):
        """A file of its folder."""
        return os.path.join(install.folder_of(self.peer), name)

    def tls_files(self):
        """Certificate and key, or nothing without TLS."""
        if self.scheme != "wss":
            return []
        mine = self.surroundings.credentials
        return [mine.certificate("ES256"), mine.private_key("ES256")]

    def write(self, name, text):
        """A file that is gone with the server; its path."""
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def filled_in(self, name, words):
        """The same of the file in its folder, with these words replaced."""
        with open(os.path.join(install.HERE, self.peer, name),
                  encoding="utf-8") as file:
            text = file.read()
        for word, value in words.items():
            text = text.replace(word, str(value))
        return self.write(name, text)


class OfRedis(OnRedis, Peer):
    """Its messages come from a Redis."""

    publish_url = Server.publish_url
    is_ready = OnRedis.is_ready


def over_tls(kind):
    """The same server, whose clients come over TLS."""
    return type(kind.__name__ + "OverTls", (kind,), {"scheme": "wss"})


class UWebSockets(Peer):
    peer = "uwebsockets"
    post = "/publish/"

    def command(self):
        return [self.path("server"), str(self.port), str(self.publish_port),
                *self.tls_files()]


class Nchan(Peer):
    """nginx: its master only waits, so the worker is what is measured."""

    peer = "nchan"
    post = "/publish/"

    def workers(self):
        master = self.process.pid
        path = f"/proc/{master}/task/{master}/children"
        with open(path, encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]

    @property
    def pid(self):
        return self.workers()[0]

    def command(self):
        files = self.tls_files()
        path = self.filled_in("nginx.conf", {
            "MODULE": NGINX_MODULE, "PORT": self.port,
            "PUBLISH": self.publish_port, "FOLDER": self.folder.name,
            "OVER_TLS": "ssl" if files else "",
            "TLS_LINES": files and "ssl_certificate {}; "
                         "ssl_certificate_key {};".format(*files) or ""})
        return ["/usr/sbin/nginx", "-c", path, "-p", self.folder.name,
                "-e", "stderr"]

    def is_ready(self):
        return bool(self.workers()) and accepts(self.port)


class Centrifuge(Peer):
    peer = "centrifuge"
    post = "/publish/"

    def command(self):
        return [self.path("server"), str(self.port), str(self.publish_port)]

    def client_options(self):
        return ["--dialect", "centrifuge"]


class Centrifugo(Peer):
    peer = "centrifugo"
    post = "/api/publish"
    startup_s = 20

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/connection/websocket"

    def configuration(self):
        with open(os.path.join(install.HERE, self.peer, "config.json"),
                  encoding="utf-8") as file:
            conf = json.load(file)
        conf["http_server"].update(port=self.port,
                                   internal_port=str(self.publish_port))
        if files := self.tls_files():
            conf["http_server"].update(tls_external=True, tls={
                "enabled": True, "cert_pem": files[0], "key_pem": files[1]})
        return json.dumps(conf)

    def command(self):
        return [self.path("centrifugo"), "--config",
                self.write("config.json", self.configuration())]

    def client_options(self):
        return ["--dialect", "centrifugo", "--form", "centrifugo",
                "--room", "bench-%d"]


class Mercure(Peer):
    """Its clients read events: it has no WebSocket."""

    peer = "mercure"
    key = "a key of thirty-two bytes or more, for HS256 alone"

    @property
    def url(self):
        return (f"{self.scheme}://127.0.0.1:{self.port}/.well-known/mercure"
                "?topic=bench-%d")

    @property
    def post(self):
        return f"/.well-known/mercure?authorization={self.token()}"

    def token(self):
        """That lets the publisher publish to all topics."""
        def part(data):
            return base64.urlsafe_b64encode(data).rstrip(b"=")
        text = b".".join(part(json.dumps(of).encode()) for of in (
            {"alg": "HS256", "typ": "JWT"}, {"mercure": {"publish": ["*"]}}))
        signature = hmac.new(self.key.encode(), text, hashlib.sha256).digest()
        return (text + b"." + part(signature)).decode()

    def command(self):
        files = self.tls_files()
        path = self.filled_in("Caddyfile", {
            "PUBLISHER_KEY": f'"{self.key}"',
            "SCHEME": "https" if files else "http",
            "CLIENTS_PORT": self.port, "PUBLISHER_PORT": self.publish_port,
            "TLS_LINE": files and "tls {} {}".format(*files) or ""})
        return [install.mercure(), "run", "--config", path, "--adapter",
                "caddyfile"]

    def client_options(self):
        return ["--dialect", "events", "--form", "mercure",
                "--room", "bench-%d"]


class AnyCable(OfRedis):
    """Without its Rails: streams are public, and nothing is kept. Its port for
    publishers would be TLS where the clients' is, so they go by Redis."""

    peer = "anycable"

    def command(self):
        tls = [f"--ssl_{name}={file}" for name, file
               in zip(("cert", "key"), self.tls_files())]
        return [install.anycable(), "--host=127.0.0.1", f"--port={self.port}",
                "--path=/ws", "--public", "--broadcast_adapter=redis",
                f"--redis_url={self.publish_url}", "--log_level=error",
                "--ping_interval=30", "--disconnect_mode=never",
                "--ws_max_pending_size=16777216", "--ws_write_timeout=10",
                *tls]

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}/ws"

    def client_options(self):
        return ["--dialect", "anycable", "--form", "anycable",
                "--room", "bench-%d"]


class Ws(OfRedis):
    peer = "ws"

    def command(self):
        return ["env", "NODE_ENV=production", "node", self.path("server.js"),
                str(self.port), str(self.redis.port), *self.tls_files()]


class SocketIo(Ws):
    peer = "socketio"

    @property
    def url(self):
        return (f"ws://127.0.0.1:{self.port}/socket.io/"
                "?EIO=4&transport=websocket&room=bench-%d")

    def client_options(self):
        return ["--dialect", "socketio", "--form", "socketio",
                "--room", "bench-%d"]


class Jararaca(OfRedis):
    peer = "jararaca"

    def command(self):
        return ["env", f"REDIS_PORT={self.redis.port}",
                self.path("venv/bin/uvicorn"), "app:app",
                "--app-dir", self.path(""), "--port", str(self.port),
                "--workers", "1", "--loop", "uvloop", "--http", "httptools",
                "--ws", "websockets", "--ws-per-message-deflate", "false",
                "--backlog", "4096", "--no-access-log",
                "--log-level", "critical"]

    def client_options(self):
        return ["--form", "nul"]


class Websockets(OfRedis):
    peer = "websockets"

    def command(self):
        return [self.path("venv/bin/python"), self.path("server.py"),
                str(self.port), str(self.redis.port)]
