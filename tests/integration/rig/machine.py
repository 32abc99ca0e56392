"""A fresh Debian with systemd as its first process, in namespaces of its own.

Its system is what debootstrap makes, once, in build/machine; what a test changes
is gone with the machine. It has no network but its own loopback: packages that it
may install were fetched before. A container engine is not needed, but root is.
"""

import ctypes
import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from .gateway import ROOT
from .waiting import eventually, seconds

BASE = ROOT / "build" / "machine"
PARTS = ("debootstrap", "unshare", "nsenter", "ip")
CLONE_NEWNET = 0x40000000
INCLUDED = "systemd,systemd-sysv,dbus,ca-certificates"

BOOT = """\
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/changes /mnt/work /mnt/root
mount -t overlay -o lowerdir="$1",upperdir=/mnt/changes,workdir=/mnt/work \\
    overlay /mnt/root
cd /mnt/root
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do
    touch dev/$name
    mount --bind /dev/$name dev/$name
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
ip link set lo up
mkdir host
pivot_root . host
exec chroot . /bin/sh -c '
    umount -l /host && rmdir /host
    exec env container=test /lib/systemd/systemd --log-target=journal'
"""

libc = ctypes.CDLL(None, use_errno=True)


def missing():
    """Of what a machine needs."""
    parts = [x for x in PARTS if not shutil.which(x)]
    return parts + ([] if os.geteuid() == 0 else ["root"])


def codename():
    return subprocess.run(
        ["sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def make_base(downloads, package=None):
    """Where the fresh system is: made when it is not there, with what apt needs
    to install these downloads, and the file of a package, by itself."""
    folder = BASE / codename()
    if not folder.exists():
        half = BASE / "half"
        shutil.rmtree(half, ignore_errors=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={INCLUDED}"]
            + [codename(), half],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=seconds(600),
        )
        half.rename(folder)
    wanted = " ".join(downloads)
    if package:
        shutil.copy(package, folder / "root" / "x.deb")
        wanted += " /root/x.deb"
    script = (
        "apt-get -q update && apt-get -q install -y --download-only"
        f" --no-install-recommends {wanted} && rm -f /root/x.deb"
    )
    done = subprocess.run(
        ["chroot", folder, "sh", "-c", script],
        capture_output=True,
        text=True,
        timeout=seconds(300),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def cgroup_root():
    """Where the cgroups of version 2 are mounted."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        fields = line.split(" ")
        if fields[2] == "cgroup2":
            return Path(fields[1])
    pytest.skip("no cgroups of version 2: no systemd")


class Machine:
    def __init__(self, base):
        self.cgroup = cgroup_root() / f"roomcast-test-{os.getpid()}"
        self.cgroup.mkdir()
        # cgroup namespaces begin where their first process is.
        enter = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
        spaces = ["mount", "pid", "uts", "ipc", "cgroup", "net"]
        self.process = subprocess.Popen(
            ["sh", "-c", enter, self.cgroup]
            + ["unshare", *(f"--{x}" for x in spaces), "--fork", "--kill-child"]
            + ["sh", "-c", BOOT, "boot", base],
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
        )
        self.pid = eventually(self._first, 20, "the first process is there")
        eventually(self._is_up, 60, "systemd says that all is up")

    def _first(self):
        """systemd, as soon as it is that."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        children = Path(path).read_text().split()
        if children:
            name = Path(f"/proc/{children[0]}/comm").read_text()
            return int(children[0]) if name == "systemd\n" else None
        return None

    def _is_up(self):
        said = self.run("systemctl is-system-running", check=False).stdout
        return said.strip() == "running"

    def words(self, script):
        """The command that runs a script as root types it there."""
        return [
            *("nsenter", "--target", str(self.pid), "--root", "--wdns=/root"),
            *("--mount", "--pid", "--uts", "--ipc", "--cgroup", "--net"),
            *("env", "-i", "HOME=/root", "DEBIAN_FRONTEND=noninteractive"),
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            *("sh", "-ec", script),
        ]

    def run(self, script, check=True, timeout=120):
        """Run it to its end."""
        done = subprocess.run(
            self.words(script),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds(timeout),
        )
        if check:
            assert done.returncode == 0, script + "\n" + done.stdout + done.stderr
        return done

    def put(self, path, name):
        """A file of ours, into the folder of root there."""
        shutil.copy(path, f"/proc/{self.pid}/root/root/{name}")

    def call(self, function):
        """What a function gives that runs in its network; so do the threads that
        it starts."""
        results = []

        def enter_and_call():
            fd = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
            failed = libc.setns(fd, CLONE_NEWNET)
            os.close(fd)
            results.append(OSError("setns") if failed else function())

        thread = threading.Thread(target=enter_and_call)
        thread.start()
        thread.join()
        [result] = results
        if isinstance(result, OSError):
            raise result
        return result

    def end(self):
        self.process.kill()
        self.process.wait()
        folders = [x for x in self.cgroup.rglob("*") if x.is_dir()]
        eventually(self._is_empty, 20, "its processes are gone")
        for folder in [*sorted(folders, reverse=True), self.cgroup]:
            folder.rmdir()

    def _is_empty(self):
        events = (self.cgroup / "cgroup.events").read_text()
        return "populated 0" in events
