"""What the image holds, as docker/gather makes it: with nothing else there."""

import os
import shutil
import socket
import subprocess

import pytest

from rig.ctl import CTL
from rig.gateway import BINARY, ROOT
from rig.nameserver import Nameserver
from rig.network import network
from rig.waiting import seconds

CONF = "/etc/roomcast/roomcast.yaml"
CHROOT = shutil.which("chroot", path="/usr/sbin:/usr/bin:/sbin:/bin")
DAEMON = ("/usr/bin/roomcast", "-c", CONF)

pytestmark = [
    pytest.mark.outside,
    pytest.mark.skipif(os.geteuid() != 0, reason="chroot takes root"),
    pytest.mark.skipif(
        "asan" in BINARY or "tsan" in BINARY,
        reason="a sanitizer wants /proc",
    ),
]


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """With the two files that come from elsewhere."""
    folder = tmp_path_factory.mktemp("image") / "root"
    gather = ROOT / "docker" / "gather"
    subprocess.run([gather, folder, BINARY, CTL], check=True)
    (folder / CONF[1:]).parent.mkdir()
    shutil.copy(ROOT / "docker" / "roomcast.yaml", folder / CONF[1:])
    (folder / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
    return folder


def inside(image, *command):
    return [CHROOT, "--userspec=10001:10001", image, *command]


@pytest.mark.parametrize("program", ["roomcast", "roomcastctl"])
def test_the_programs_run(image, program):
    done = subprocess.run(
        inside(image, f"/usr/bin/{program}", "--version"),
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{program} ")


def test_all_has_a_licence_and_nothing_else_is_there(image):
    files = {x.relative_to(image) for x in image.rglob("*") if not x.is_dir()}
    libraries = {x for x in files if ".so" in x.name}
    assert {x.parts[0] for x in libraries} <= {"lib", "lib64", "usr"}
    assert "libevent-2.1.so.7" in {x.name for x in libraries}
    licences = {x for x in files if x.name == "copyright"}
    assert {"libc6", "ca-certificates"} <= {x.parent.name for x in licences}
    assert {str(x) for x in files - libraries - licences} == {
        CONF[1:],
        "etc/group",
        "etc/nsswitch.conf",
        "etc/passwd",
        "etc/resolv.conf",
        "etc/ssl/certs/ca-certificates.crt",
        "usr/bin/roomcast",
        "usr/bin/roomcastctl",
        "usr/lib/ssl/cert.pem",
    }
    trusted = image / "etc/ssl/certs/ca-certificates.crt"
    assert trusted.read_text().count("BEGIN CERTIFICATE") > 100
    link = os.readlink(image / "usr/lib/ssl/cert.pem")
    assert link == f"/{trusted.relative_to(image)}"


@pytest.mark.parametrize(
    "command, env",
    [
        (DAEMON, {"ROOMCAST_REDIS_URL": "redis://any.test:{port}"}),
        (("/usr/bin/roomcastctl", "listen", "ws://any.test:{port}/"), {}),
    ],
    ids=["daemon", "ctl"],
)
def test_names_are_asked_of_the_name_server(image, network, command, env):
    net = network("net", "mnt")
    names = Nameserver(net)
    with net.call(lambda: socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(seconds(20))
        port = server.getsockname()[1]
        process = subprocess.Popen(
            inside(image, *(x.format(port=port) for x in command)),
            env={name: x.format(port=port) for name, x in env.items()},
            preexec_fn=net.enter,
        )
        try:
            server.accept()[0].close()
        finally:
            process.kill()
            process.wait()
            names.end()
