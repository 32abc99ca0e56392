"""The servers that are compared: the peers, and roomcast and the bare loop
beside them."""

import dataclasses
import typing

from peers import install, servers
from peers.servers import over_tls
from rig.admission import TlsEcdsa
from rig.servers import Bare, OnRedis, Roomcast, RoomcastRedis


@dataclasses.dataclass(frozen=True)
class Contender:
    title: str
    kind: type
    tls: type | None = None  # the same over TLS
    install: typing.Callable | None = None  # returns versions
    warms_up: bool = False

    @property
    def like(self):
        """Which roomcast gets its messages as this one does."""
        return "roomcast-redis" if issubclass(self.kind, OnRedis) \
            else "roomcast"


def peer(title, kind, how, speaks_tls=False, warms_up=True):
    """One that how(name of its folder) installs."""
    return Contender(title, kind, over_tls(kind) if speaks_tls else None,
                     lambda: how(kind.peer), warms_up)


CONTENDERS = {
    "bare": Contender("bare send loop", Bare),
    "roomcast": Contender("roomcast", Roomcast, TlsEcdsa),
    "roomcast-redis": Contender("roomcast on Redis", RoomcastRedis,
                                install=install.with_redis),
    "uwebsockets": peer("uWebSockets", servers.UWebSockets,
                        install.with_cargo, speaks_tls=True, warms_up=False),
    "nchan": peer("nchan", servers.Nchan, install.with_debian,
                  speaks_tls=True, warms_up=False),
    "centrifugo": peer("Centrifugo", servers.Centrifugo,
                       install.with_go_install, speaks_tls=True),
    "centrifuge": peer("Centrifuge", servers.Centrifuge, install.with_go),
    "anycable": peer("AnyCable", servers.AnyCable, install.with_anycable,
                     speaks_tls=True),
    "mercure": peer("Mercure", servers.Mercure, install.with_mercure,
                    speaks_tls=True),
    "ws": peer("Node.js ws", servers.Ws, install.with_npm, speaks_tls=True),
    "socketio": peer("Socket.IO", servers.SocketIo, install.with_npm),
    "websockets": peer("Python websockets", servers.Websockets,
                       install.with_pip),
    "jararaca": peer("Jararaca", servers.Jararaca, install.with_pip),
}
