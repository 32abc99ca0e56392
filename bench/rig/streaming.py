"""The gateway, to clients of event streams."""

from rig.servers import Roomcast


class Events(Roomcast):
    """All clients ask for server-sent events; the route has both."""

    def configuration(self):
        conf = super().configuration()
        conf["routes"][0]["transports"] = ["websocket", "sse"]
        return conf

    def client_options(self):
        return ["--dialect", "events"]
