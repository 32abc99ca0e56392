"""A network, and a view of the files, that only the processes put there see.

A process holds the namespaces for as long as the test needs them. A daemon in
them is reached by unix sockets, which belong to no network.
"""

import ctypes
import os
import subprocess
import threading

import pytest

KINDS = {"net": 0x40000000, "mnt": 0x00020000}
HOSTS = "/etc/hosts"

libc = ctypes.CDLL(None, use_errno=True)


class Network:
    def __init__(self, folder, kinds=("net", "mnt")):
        self.kinds = kinds
        self.hosts = folder / "hosts"
        self.hosts.write_text("127.0.0.1 localhost\n")
        self.holder = subprocess.Popen(
            [
                "unshare",
                *(f"--{ {'net': 'net', 'mnt': 'mount'}[k] }" for k in kinds),
                *("sh", "-c", "echo && exec cat"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self.holder.stdout.readline() != b"\n":
            self.end()
            pytest.skip("namespaces cannot be made here")
        if "mnt" in kinds:  # else it were everybody's
            self.run("mount", "--bind", str(self.hosts), HOSTS)
        if "net" in kinds:
            self.run("ip", "link", "set", "lo", "up")

    def enter(self):
        """In the child, before it becomes what the test starts."""
        folder = os.getcwd()  # a view of the files begins at its root
        for kind in self.kinds:
            fd = os.open(f"/proc/{self.holder.pid}/ns/{kind}", os.O_RDONLY)
            if libc.setns(fd, KINDS[kind]) < 0:
                raise OSError(ctypes.get_errno(), "setns")
            os.close(fd)
        os.chdir(folder)

    def call(self, function):
        """What a function gives that runs in this network; what it opens stays
        there. A thread of its own goes in: it does not come out again."""
        results = []

        def enter_and_call():
            fd = os.open(f"/proc/{self.holder.pid}/ns/net", os.O_RDONLY)
            failed = libc.setns(fd, KINDS["net"])
            os.close(fd)
            assert not failed
            results.append(function())

        thread = threading.Thread(target=enter_and_call)
        thread.start()
        thread.join()
        return results[0]

    def run(self, *command):
        """What it prints; it must succeed."""
        return subprocess.run(
            command, check=True, capture_output=True, preexec_fn=self.enter
        ).stdout.decode()

    def name(self, name, *addresses):
        """From now on name leads to these, the first of them first."""
        lines = [f"{address} {name}\n" for address in addresses]
        self.hosts.write_text("127.0.0.1 localhost\n" + "".join(lines))
        found = self.run("getent", "ahostsv4", name).split()
        assert found[0] == addresses[0], found

    def end(self):
        self.holder.stdin.close()
        self.holder.wait(10)
        self.holder.stdout.close()


@pytest.fixture
def network(tmp_path):
    made = []

    def make(*kinds):
        made.append(Network(tmp_path, kinds))
        return made[-1]

    yield make
    for one in made:
        one.end()
