"""Clients that come and go, and what the app is told of them by a stream."""

import json
import threading

from .client import Client

KEY = "app:events"
BOTH = ["connected", "disconnected"]
ALL = "roomcast_events_total"
LOST = "roomcast_events_lost_total"
WAITING = "roomcast_events_waiting_bytes"


class Churn:
    """Ten at a time, until the end of the block."""

    def __init__(self, daemon):
        self.url = daemon.ws_url()
        self.stops = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            while not self.stops.is_set():
                for client in Client.connect_all([self.url] * 10):
                    client.close()
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stops.set()
        self.thread.join()
        if self.error:
            raise self.error


def told(redis):
    """What each connection was told of as, in this order."""
    found = {}
    for _, fields in redis.xrange(KEY):
        event = json.loads(fields[b"event"])
        found.setdefault(event["connection"], []).append(event["event"])
    return list(found.values())


def assert_told(daemon, redis):
    """All but what is counted as lost is there, once and in order."""
    daemon.wait_metric("roomcast_connections", 0)
    daemon.wait_metric(WAITING, 0, timeout=30)
    metrics, found = daemon.metrics(), told(redis)
    whole = [events for events in found if events == BOTH]
    parts = [events for events in found if events != BOTH]
    assert all(events in (BOTH[:1], BOTH[1:]) for events in parts)
    assert len(parts) <= metrics[LOST]
    assert len(whole) * 2 + len(parts) == metrics.sum(ALL) - metrics[LOST]
