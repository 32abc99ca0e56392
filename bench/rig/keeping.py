"""The gateway with a history, to clients with ids and without."""

from rig.servers import Roomcast, RoomcastRedis


class Keeping(Roomcast):
    """What is published is kept; clients ask for no ids. The ring is full
    within a moment, and turns over."""

    def configuration(self):
        conf = super().configuration()
        conf["history"] = {"memory": "16MiB"}
        conf["routes"] = [{**route, "resume": True}
                          for route in conf["routes"]]
        return conf


class WithIds(Keeping):
    """The same, and each client has ids."""

    @property
    def url(self):
        return super().url + "?since="

    def client_options(self):
        return ["--dialect", "since"]


class KeepingRedis(RoomcastRedis, Keeping):
    """With a history, behind a Redis."""
