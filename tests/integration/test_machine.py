"""docs/install.md, and how operations.md upgrades, followed to the letter on a fresh
Debian under systemd: from the package to a message, an upgrade under load, and back
to nothing.

`make try-deb` runs these. They need root, namespaces and minutes.
"""

import re
import shutil
import subprocess
import threading

import pytest
import redis

from rig.console import sections
from rig.following import Following
from rig.gateway import ROOT
from rig.machine import Machine, make_base, missing
from rig.pages import snippets
from rig.raw import Raw
from rig.waiting import eventually, seconds

pytestmark = [pytest.mark.machine, pytest.mark.xdist_group("machine")]

PAGE = "docs/install.md"
ADDRESS = ("127.0.0.1", 8080)
STREAM = "roomcast:stream"


def command(holding):
    """The one of the page that holds this."""
    [found] = [x for x in snippets(PAGE, "sh") if holding in x]
    return found


UPGRADES = sections("docs/operations.md")["Upgrades"]
CHECK, UPGRADE, GO_BACK = [body for kind, body in UPGRADES if kind == "sh"]
INSTALL = command("roomcast_0.1.0_amd64.deb")
assert UPGRADE == command("roomcast_0.1.1_amd64.deb")
FIRST, NEXT = (re.search(r"\./(\S+)", x)[1] for x in (INSTALL, UPGRADE))


def next_version(package, folder):
    """The same once more, as the next version."""
    subprocess.run(["dpkg-deb", "-R", package, folder / "tree"], check=True)
    control = folder / "tree" / "DEBIAN" / "control"
    text = control.read_text()
    changed = text.replace("\nVersion: 0.1.0\n", "\nVersion: 0.1.1\n")
    assert changed != text
    control.write_text(changed)
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-b", folder / "tree", folder / NEXT],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / NEXT


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """This version and the next, and the fresh system for them."""
    if missing():
        pytest.skip("no machine, missing: " + " ".join(missing()))
    built = ROOT / "build" / "release" / "deb"
    found = list(built.glob("roomcast_0.*.deb"))
    if not found:
        pytest.skip("no package: `make deb` builds it")
    [package] = found
    base = make_base(["redis-server", "redis-tools", "openssl"], package)
    return base, package, next_version(package, tmp_path_factory.mktemp("deb"))


@pytest.fixture
def machine(packages):
    base, first, later = packages
    made = Machine(base)
    made.put(first, FIRST)
    made.put(later, NEXT)
    yield made
    log = made.run("journalctl --no-pager -u roomcast -u roomcast.socket", check=False)
    print(log.stdout)
    made.end()


def show(machine, name, unit="roomcast.service"):
    return machine.run(f"systemctl show -P {name} {unit}").stdout.strip()


def status(machine):
    return show(machine, "StatusText")


def version(machine):
    return machine.run("dpkg-query -W -f '${Version}' roomcast").stdout


def test_the_units_are_well_under_a_real_systemd(machine):
    """It starts at the first try, without a Redis."""
    machine.run(INSTALL)
    assert show(machine, "ActiveState") == "active"
    eventually(lambda: "redis down" in status(machine), 10, "it says so")
    assert show(machine, "NRestarts") == "0"
    units = "roomcast.service roomcast.socket"
    assert machine.run(f"systemd-analyze verify {units}").stderr == ""
    said = machine.run("systemd-analyze security --no-pager roomcast").stdout
    score = re.search(r"exposure level for roomcast.service: ([0-9.]+)", said)
    assert float(score[1]) <= 2.0
    pid = show(machine, "MainPID")
    owner = machine.run(f"stat -c %U:%G /proc/{pid}").stdout
    assert owner == "roomcast:roomcast\n"
    warnings = machine.run("journalctl --no-pager -u roomcast -p warning").stdout
    assert "cannot connect" in warnings and " listening " not in warnings


def test_a_reload_says_what_is_wrong_and_disconnects_nobody(machine):
    machine.run(INSTALL)
    pid = show(machine, "MainPID")
    path = "/etc/roomcast/roomcast.yaml"
    machine.run(f"cp {path} good && echo nonsense: 1 >>{path}")
    done = machine.run(command("systemctl reload"), check=False)
    assert done.returncode != 0
    log = machine.run("journalctl --no-pager -u roomcast").stdout
    assert re.search(rf"{path}:\d+:1: nonsense: ", log)
    assert show(machine, "ActiveState") == "active"
    # A start ends there, and is not tried again.
    machine.run("systemctl restart roomcast", check=False)
    assert show(machine, "SubState") == "failed"
    assert show(machine, "ExecMainStatus") == "2"
    machine.run(f"cp good {path} && systemctl start roomcast")
    pid = show(machine, "MainPID")
    machine.run(f"sed -i 's/^  level: info /  level: debug /' {path}")
    machine.run(command("systemctl reload"))
    log = "journalctl --no-pager -u roomcast | grep 'reload: all files are in use'"
    eventually(lambda: machine.run(log, check=False).stdout, 10, "reloaded")
    assert show(machine, "MainPID") == pid
    machine.run(command("openssl rand"))
    machine.run("runuser -u roomcast -- cat /etc/roomcast/secret")
    other = "runuser -u nobody -- cat /etc/roomcast/secret"
    assert machine.run(other, check=False).returncode != 0


def configure_unit(machine, text):
    """As `systemctl edit roomcast` does."""
    folder = "/etc/systemd/system/roomcast.service.d"
    machine.run(
        f"mkdir -p {folder} && printf '[Service]\\n{text}\\n' >{folder}/x.conf"
        " && systemctl daemon-reload && systemctl restart roomcast"
    )


def test_killed_or_stuck_it_is_started_again(machine):
    machine.run(INSTALL)
    machine.run(command("enable --now roomcast.socket"))
    configure_unit(machine, "WatchdogSec=2s\\nTimeoutAbortSec=1s")

    def restarted(count):
        def again():
            is_up = show(machine, "SubState") == "running"
            return is_up and show(machine, "NRestarts") == count

        return again

    machine.run("systemctl kill -s KILL --kill-who=main roomcast")
    with machine.call(lambda: Raw.upgraded(ADDRESS)):  # it waits, held
        eventually(restarted("1"), 20, "killed, and there again")
    machine.run("systemctl kill -s STOP --kill-who=main roomcast")
    eventually(restarted("2"), 30, "stuck, and there again")
    log = machine.run("journalctl --no-pager -u roomcast").stdout
    assert "Watchdog timeout" in log


def test_from_the_package_to_a_message(machine):
    machine.run(INSTALL)
    machine.run(command("apt-get install -y redis-server"))
    eventually(lambda: "redis up" in status(machine), 20, "redis is up")
    listen, publish = command("roomcastctl listen"), command("redis-cli PUBLISH")
    heard = []
    listener = threading.Thread(
        target=lambda: heard.append(machine.run(listen).stdout)
    )
    listener.start()
    # Until the client's room is subscribed to there is nobody to hear it.
    eventually(lambda: machine.run(publish).stdout == "1\n", 20, "somebody hears")
    listener.join(seconds(20))
    assert [line for line in heard if line.endswith("hello\n")] == heard != []


class Numbers(threading.Thread):
    """Numbers into the stream, two hundred a second, until it is told to end."""

    def __init__(self):
        super().__init__(daemon=True)
        self.redis = redis.Redis(*("127.0.0.1", 6379))
        self.last = -1
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(0.005):
            self.redis.xadd(
                STREAM, {"roomcast:room:lobby": str(self.last + 1)}, maxlen=100000
            )
            self.last += 1


RESUMES = f"""
sed -i -e 's/^history: off/history: {{stream: {STREAM}}}/' \\
    -e '0,/resume: false/s//resume: true/' /etc/roomcast/roomcast.yaml
systemctl restart roomcast
"""


def followed(machine, upgrade):
    """What clients and their numbers were when upgrade() came in between."""
    clients, numbers = Following(ADDRESS, 200), Numbers()
    try:
        clients.wait_inside()
        numbers.start()
        eventually(lambda: numbers.last > 100, 20, "some are there")
        upgrade()
        clients.wait_inside()
        after = numbers.last + 100
        eventually(lambda: numbers.last > after, 20, "some more are there")
        numbers.is_over.set()
        numbers.join()
        clients.wait_number(numbers.last)
    finally:
        numbers.is_over.set()
        clients.finish()
    return clients


def test_an_upgrade_under_load_refuses_nobody_and_loses_nothing(machine):
    machine.run(INSTALL)
    machine.run(command("apt-get install -y redis-server"))
    machine.run(RESUMES)
    machine.run(command("enable --now roomcast.socket"))
    eventually(lambda: "redis up" in status(machine), 20, "redis is up")
    before = show(machine, "MainPID")
    held = show(machine, "InvocationID", "roomcast.socket")
    assert "the configuration is fine" in machine.run(CHECK).stdout
    clients = machine.call(
        lambda: followed(machine, lambda: machine.run(UPGRADE))
    )
    assert show(machine, "MainPID") not in (before, "0")
    assert show(machine, "InvocationID", "roomcast.socket") == held
    assert version(machine) == "0.1.1"
    assert clients.refused == []
    assert sum(one.gaps for one in clients.all) == 0
    for one in clients.all:
        first, last = one.numbers[0], one.numbers[-1]
        assert one.numbers == list(range(first, last + 1))
    assert len(clients.away) == 200
    away = sorted(clients.away)
    print(f"away: median {away[100]:.2f} s, at most {away[-1]:.2f} s")
    machine.run(GO_BACK)
    assert version(machine) == "0.1.0"
    assert show(machine, "ActiveState") == "active"


FILES = (
    "find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /tmp"
    " -o -path /dev -o -path /var/lib/dpkg -o -path /var/cache -o -path /var/log"
    " -o -path /root \\) -prune -o -print | sort"
)


def test_purged_it_leaves_nothing(machine):
    """What it needs was there before: that would stay until `apt autoremove`."""
    machine.run(INSTALL)
    machine.run("apt-get remove -y roomcast")
    assert machine.run("ls /etc/roomcast").stdout == "roomcast.yaml\n"
    machine.run(command("apt-get purge"))
    before = machine.run(FILES).stdout
    users = machine.run("cat /etc/passwd /etc/group").stdout
    assert "roomcast" not in before + users
    machine.run(INSTALL)
    machine.run(command("enable --now roomcast.socket"))
    machine.run(command("openssl rand") if shutil.which("openssl") else "true")
    machine.run(command("apt-get purge"))
    assert machine.run(FILES).stdout == before
    assert machine.run("cat /etc/passwd /etc/group").stdout == users
    left = machine.run("systemctl list-units --all 'roomcast*' --no-legend").stdout
    assert left == ""
