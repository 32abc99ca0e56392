"""Much at once: a reader that keeps up is never called slow."""

import threading
import time

import pytest

from rig.raw import TEXT
from rig.tls import certificates, secure, trusting

WORKERS = (1, 2)

SLOW = 'roomcast_closed_total{reason="slow_consumer",code="1013"}'
GRACE_S = 0.5
RUNS, READERS = 20, 3
BURSTS = [[600_000] * 3, [50_000] * 40, [1_000_000] * 2]


def start(gateway, certificates, **delivery):
    return gateway(
        listen=[
            {"address": "127.0.0.1:0"},
            {"address": "127.0.0.1:0", "tls": certificates.first.section},
        ],
        delivery=delivery,
        log={"level": "info"},
    )


@pytest.fixture(params=["plain", "tls"])
def readers(request, raw, secure, certificates):
    def connect(daemon):
        if request.param == "plain":
            return [raw.upgraded(daemon) for _ in range(READERS)]
        context = trusting(certificates.first)
        return [
            secure(daemon, context, index=1).upgrade() for _ in range(READERS)
        ]

    return connect


def in_threads(readers, work):
    """Run work(reader) for all at once; what one of them raises is raised."""
    raised = []

    def run(reader):
        try:
            work(reader)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(r,)) for r in readers]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def burst(daemon, readers, sizes):
    """Publish messages of these sizes at once, and see each reader get all."""

    def read(reader):
        for size in sizes:
            got = reader.read_frame()
            assert (got.opcode, len(got.payload)) == (TEXT, size), got[:1]

    reading = in_threads(readers, read)
    next(reading)
    pipe = daemon.publisher().pipeline(transaction=False)
    for size in sizes:
        pipe.publish("roomcast:room:lobby", b"x" * size)
    pipe.execute()
    next(reading, None)


@pytest.mark.workers(2, long=[1])
def test_bursts_of_two_megabytes_close_nobody(gateway, certificates, readers):
    daemon = start(gateway, certificates)
    readers = readers(daemon)
    for run in range(RUNS):
        burst(daemon, readers, BURSTS[run % len(BURSTS)])
    assert daemon.metric(SLOW) == 0
    daemon.wait_metric("roomcast_queued_bytes", 0)


def test_a_burst_over_the_queue_has_its_grace(gateway, certificates, readers):
    daemon = start(gateway, certificates, queue="1MiB")
    readers = readers(daemon)
    for run in range(6):
        begin = time.monotonic()
        try:
            burst(daemon, readers, BURSTS[run % 2])
        except (AssertionError, OSError):
            # Who did not get to read for that long was closed rightly.
            if daemon.metric(SLOW) == 0 or time.monotonic() - begin < GRACE_S:
                raise
            pytest.skip("the machine was too busy to read within the grace")
    assert daemon.metric(SLOW) == 0


def test_a_queue_that_holds_no_two_payloads_is_noted(gateway):
    text = r"delivery\.queue is below twice limits\.payload"
    gateway(delivery={"queue": "1MiB"}).wait_log(text)
    daemon = gateway()
    assert "delivery.queue" not in daemon.log()
