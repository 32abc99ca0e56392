"""Fixtures: each makes things for one test and ends them behind it."""

import pytest

from rig.chromium import chromium, page  # noqa: F401, fixtures for all
from rig.client import Client
from rig.clusters import Cluster
from rig.gateway import BASE, Gateway, merged
from rig.raw import Raw
from rig.redisserver import RedisServer
from rig.waiting import TIME_FACTOR, heartbeat


def pytest_configure(config):
    for line in (
        "workers(*counts, long): numbers of workers, not the module's WORKERS",
        "waits: it takes seconds, most of them waiting",
        "long: `make test` leaves it out, `make test-long` runs it",
        "machine: `make try-deb` runs it, on a fresh Debian of its own",
        "fresh: `make try-demo` runs it, on a fresh Debian of its own",
        "outside: of pages, packages, examples, browsers: not under sanitizers",
    ):
        config.addinivalue_line("markers", line)


def pytest_itemcollected(item):
    """A browser is dear to start: one process has it and its tests. What it
    sends other clients of the tests send as well."""
    if "chromium" in item.fixturenames:
        item.add_marker(pytest.mark.xdist_group("chromium"))
        item.add_marker(pytest.mark.outside)


def pytest_collection_modifyitems(items):
    """Those that wait stand evenly among the first three fourths of the
    others: while some wait others compute, and none is left for the end."""
    waiting = [x for x in items if x.get_closest_marker("waits")]
    if not waiting:
        return
    others = [x for x in items if not x.get_closest_marker("waits")]
    step = len(others) * 3 // 4 // len(waiting)
    items.clear()
    for one in waiting:
        items += [one, *others[:step]]
        del others[:step]
    items += others


def pytest_generate_tests(metafunc):
    """A module's WORKERS: its tests run with each of these numbers. A test's
    own mark stands above that, and says with which of them it is long."""
    own = metafunc.definition.get_closest_marker("workers")
    counts = own.args if own else getattr(metafunc.module, "WORKERS", None)
    if counts and "workers" in metafunc.fixturenames:
        more = own.kwargs.get("long", ()) if own else ()
        long = [pytest.param(n, marks=pytest.mark.long) for n in more]
        counts = [*counts, *long]
        metafunc.parametrize("workers", counts, indirect=True)


@pytest.fixture
def workers(request):
    """How many a daemon has, unless the test says. One is not like the
    others: it runs on the main thread."""
    return getattr(request, "param", BASE["workers"])


@pytest.fixture
def gateway(tmp_path, workers):
    """Call it to start a daemon; sections given are laid over BASE.

    With server, a RedisServer or a URL, Redis is the backend.
    """
    started = []

    def start(server=None, preexec=None, env=None, wait=True, **sections):
        conf = merged(BASE, {"workers": workers})
        if server is not None:
            conf = merged(
                conf,
                {
                    "backend": "redis",
                    "embedded": None,
                    "redis": {
                        "url": getattr(server, "url", server),
                        "reconnect": {"min": "20ms", "max": "200ms"},
                        "heartbeat": heartbeat(500),
                    },
                },
            )
        folder = tmp_path / f"gateway-{len(started)}"
        folder.mkdir()
        daemon = Gateway(folder, merged(conf, sections), preexec, env)
        started.append(daemon)
        daemon.start(wait)
        return daemon

    yield start
    errors = []
    for daemon in started:
        try:
            daemon.finish()
        except Exception as error:
            errors.append(error)
        print(f"--- log of {daemon.conf_path}\n{daemon.log()}")
    if errors:
        raise errors[0]


@pytest.fixture
def redis_server(tmp_path):
    """A running redis-server of this test's own."""
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    server.start()
    yield server
    server.finish()


@pytest.fixture
def make_cluster(tmp_path):
    """Start clusters of redis-server, this test's own."""
    made = []

    def make(*args, **options):
        folder = tmp_path / f"cluster-{len(made)}"
        folder.mkdir()
        made.append(Cluster(folder, *args, **options))
        return made[-1].start()

    yield make
    for cluster in made:
        cluster.finish()


@pytest.fixture
def connect():
    """Connect real clients; those still open are closed behind the test."""
    clients = []

    def open_client(target, path="/ws/lobby", **options):
        url = target if isinstance(target, str) else target.ws_url(path)
        clients.append(Client.connect(url, **options))
        return clients[-1]

    def open_many(urls, **options):
        opened = Client.connect_all(urls, **options)
        clients.extend(opened)
        return opened

    open_client.many = open_many
    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def raw():
    """Open raw sockets: raw(gateway), or raw.upgraded(gateway, path)."""
    sockets = []

    def target_of(target):
        return target.address() if isinstance(target, Gateway) else target

    def open_raw(target, **options):
        sockets.append(Raw(target_of(target), **options))
        return sockets[-1]

    def upgraded(target, *args, **options):
        sockets.append(Raw.upgraded(target_of(target), *args, **options))
        return sockets[-1]

    open_raw.upgraded = upgraded
    yield open_raw
    for s in sockets:
        s.close()
