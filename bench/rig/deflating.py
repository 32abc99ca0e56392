"""The gateway with permessage-deflate."""

from rig.servers import Roomcast, merged


class Deflating(Roomcast):
    """All clients offer it."""

    def configuration(self):
        return merged(super().configuration(),
                      {"delivery": {"compression": {}}})

    def client_options(self):
        return ["--deflate"]
