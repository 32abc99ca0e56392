"""How messages come, and how a client is told that some may be missing."""

import dataclasses

ROOM = "roomcast:room:lobby"
STREAM = "roomcast:stream"


@dataclasses.dataclass(frozen=True)
class Way:
    title: str
    conf: dict  # of the gateway
    has_ids: bool
    is_stream: bool = False

    @property
    def path(self):
        return "/ws/lobby?since=" if self.has_ids else "/ws/lobby"

    def publish(self, server, text):
        """An error of Redis: nobody has taken it."""
        if self.is_stream:
            server.xadd(STREAM, {ROOM: text})
        else:
            server.publish(ROOM, text)

    def kept(self, server):
        """The numbers of the stream's messages that are in it."""
        return {int(fields[ROOM.encode()])
                for _, fields in server.xrange(STREAM)}


def _route(**more):
    return [{"path": "/ws/{room}", "rooms": ["{room}"], **more}]


WAYS = {
    "notify": Way("PUBLISH, `on_gap: notify`",
                  {"routes": _route(welcome=True),
                   "redis": {"on_gap": "notify"}}, False),
    "ids": Way("PUBLISH, ids",
               {"routes": _route(resume=True), "history": {"warmup": "0"}},
               True),
    "stream": Way("`history.stream`",
                  {"routes": _route(resume=True),
                   "history": {"stream": STREAM}}, True, True),
}
