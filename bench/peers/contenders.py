"""The servers that are compared: the peers, each as its folder sets it up, and
roomcast and the bare loop beside them. All are one process on one processor;
Redis, where one is in the path, runs on the client's and is not counted."""

import os

from peers import install
from rig.servers import Bare, OnRedis, Roomcast, RoomcastRedis, Server, accepts

NGINX_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"


class Nchan(Server):
    """nginx: its master only waits, so the worker is what is measured."""

    @property
    def pid(self):
        master = self.process.pid
        path = f"/proc/{master}/task/{master}/children"
        with open(path, encoding="ascii") as file:
            return int(file.read().split()[0])

    @property
    def publish_url(self):
        return f"http://127.0.0.1:{self.publish_port}/publish/"

    def command(self):
        source = os.path.join(install.HERE, "nchan", "nginx.conf")
        path = os.path.join(self.folder.name, "nginx.conf")
        with open(source, encoding="utf-8") as file:
            conf = file.read()
        for word, value in (("MODULE", NGINX_MODULE), ("PORT", self.port),
                            ("PUBLISH", self.publish_port),
                            ("FOLDER", self.folder.name)):
            conf = conf.replace(word, str(value))
        with open(path, "w", encoding="utf-8") as file:
            file.write(conf)
        return ["/usr/sbin/nginx", "-c", path, "-p", self.folder.name,
                "-e", "stderr"]

    def is_ready(self):
        return accepts(self.port)


class Ws(OnRedis):
    peer = "ws"

    def command(self):
        script = os.path.join(install.folder_of(self.peer), "server.js")
        return ["env", "NODE_ENV=production", "node", script, str(self.port),
                str(self.redis.port)]


class SocketIo(Ws):
    peer = "socketio"

    @property
    def url(self):
        return (f"ws://127.0.0.1:{self.port}/socket.io/"
                "?EIO=4&transport=websocket&room=bench-%d")

    def client_options(self):
        return ["--dialect", "socketio", "--form", "socketio",
                "--room", "bench-%d"]


class Centrifuge(Server):
    @property
    def publish_url(self):
        return f"http://127.0.0.1:{self.publish_port}/publish/"

    def command(self):
        return [os.path.join(install.folder_of("centrifuge"), "server"),
                str(self.port), str(self.publish_port)]

    def client_options(self):
        return ["--dialect", "centrifuge"]

    def is_ready(self):
        return accepts(self.port) and accepts(self.publish_port)


class Jararaca(OnRedis):
    def command(self):
        folder = install.folder_of("jararaca")
        return ["env", f"REDIS_PORT={self.redis.port}",
                os.path.join(folder, "venv", "bin", "uvicorn"), "app:app",
                "--app-dir", folder, "--port", str(self.port),
                "--workers", "1", "--loop", "uvloop", "--http", "httptools",
                "--ws", "websockets", "--ws-per-message-deflate", "false",
                "--backlog", "4096", "--no-access-log",
                "--log-level", "critical"]

    def client_options(self):
        return ["--form", "nul"]


class Websockets(OnRedis):
    def command(self):
        folder = install.folder_of("websockets")
        return [os.path.join(folder, "venv", "bin", "python"),
                os.path.join(folder, "server.py"), str(self.port),
                str(self.redis.port)]


# Name: what it is called, its class, what installs it.
CONTENDERS = {
    "bare": ("bare send loop", Bare, None),
    "roomcast": ("roomcast", Roomcast, None),
    "roomcast-redis": ("roomcast on Redis", RoomcastRedis,
                       install.with_redis),
    "nchan": ("nchan", Nchan, lambda: install.with_debian("nchan")),
    "centrifuge": ("Centrifuge", Centrifuge,
                   lambda: install.with_go("centrifuge")),
    "ws": ("Node.js ws", Ws, lambda: install.with_npm("ws")),
    "socketio": ("Socket.IO", SocketIo, lambda: install.with_npm("socketio")),
    "websockets": ("Python websockets", Websockets,
                   lambda: install.with_pip("websockets")),
    "jararaca": ("Jararaca", Jararaca, lambda: install.with_pip("jararaca")),
}
