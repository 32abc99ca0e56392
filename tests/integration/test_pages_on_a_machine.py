"""docs/operations.md and docs/troubleshooting.md on a fresh Debian under systemd:
the commands that need systemd or its journal, and those beside them. What goes
from the package to an upgrade is in test_machine.py."""

import pytest

from rig.console import Console, sections
from rig.gateway import ROOT
from rig.machine import Machine, make_base, missing
from rig.waiting import eventually

pytestmark = [pytest.mark.machine, pytest.mark.xdist_group("machine")]

OPERATIONS = sections("docs/operations.md")
TROUBLES = sections("docs/troubleshooting.md")
NEEDED = ["redis-server", "redis-tools", "openssl", "curl", "procps"]
FILTERED = "| grep"


class There(Console):
    """A console of the machine."""

    def __init__(self, machine):
        super().__init__(None, {})
        self.machine = machine

    def run(self, command):
        done = self.machine.run(f"export FAKETTY=1\n{command}", check=False)
        done.stdout += done.stderr
        return done


@pytest.fixture(scope="module")
def system():
    """A fresh one, the package, and what the pages' commands are of."""
    if missing():
        pytest.skip("no machine, missing: " + " ".join(missing()))
    found = list((ROOT / "build" / "release" / "deb").glob("roomcast_0.*.deb"))
    if not found:
        pytest.skip("no package: `make deb` builds it")
    return make_base(NEEDED, found[0]), found[0]


def install(machine, package):
    machine.put(package, package.name)
    words = "apt-get install -y --no-install-recommends"
    machine.run(f"{words} ./{package.name} {' '.join(NEEDED)}")
    ready = "roomcastctl health --ready"
    eventually(
        lambda: machine.run(ready, check=False).stdout == "ready\n", 20, ready
    )


@pytest.fixture(scope="module")
def machine(system):
    """One for all: each test leaves it as it should be."""
    base, package = system
    made = Machine(base)
    try:
        install(made, package)
        yield made
        print(made.run("journalctl --no-pager -u roomcast", check=False).stdout)
    finally:
        made.end()


def test_the_first_steps_of_each_alert(machine):
    machine.run("redis-cli ACL SETUSER gateway on nopass +@all allchannels")
    for title, blocks in OPERATIONS.items():
        if not title.startswith("Roomcast"):
            continue
        for command in blocks[0][1].splitlines():
            done = There(machine).run(command)
            may_be_empty = FILTERED in command
            assert done.returncode == 0 or may_be_empty, (title, done.stdout)


def test_restarts_and_upgrades(machine):
    console = There(machine)
    for title in "Rolling restarts", "Upgrades":
        for language, body in OPERATIONS[title]:
            if language == "console":
                console.follow(body)


def test_secrets_are_for_the_gateway(machine):
    """Rotated as the page says, they are readable for it and for no other."""
    console = There(machine)
    for title in "Keys of tokens", "The admin token":
        (first, *_) = OPERATIONS[title][0][1].splitlines()
        assert console.run(first.removeprefix("$ ")).returncode == 0
    listed = machine.run("stat -c '%a %U %G' /etc/roomcast/*-*").stdout
    assert listed == "640 root roomcast\n" * 2
    reloads = console.run("systemctl reload roomcast")
    assert (reloads.returncode, reloads.stdout) == (0, "")


def test_redis_is_gone(machine):
    (title,) = [x for x in TROUBLES if x.startswith("2.")]
    machine.run("systemctl stop redis-server")
    There(machine).follow(TROUBLES[title][1][1])
    machine.run("systemctl start redis-server")
    There(machine).follow(TROUBLES[title][0][1])


def test_the_state_at_once(machine):
    machine.run("systemctl kill -s USR1 roomcast")
    state = "journalctl -u roomcast -o cat | grep 'main: state'"
    eventually(lambda: machine.run(state, check=False).stdout, 10, "its state")
