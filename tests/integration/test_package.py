"""What is handed out: the tarball, the SBOM, the packages' own files; the .deb is
built and judged, here without a system to install it into (make try-deb does)."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from rig.gateway import BINARY, ROOT
from rig.waiting import seconds

pytestmark = pytest.mark.outside

VERSION = re.search(r"^VERSION := (.+)$", (ROOT / "Makefile").read_text(), re.M)[1]
NAME = f"roomcast-{VERSION}"
DEBIAN = ROOT / "debian"


def run(*command, **options):
    return subprocess.run(
        [*map(str, command)],
        capture_output=True,
        text=True,
        **{"check": True, "timeout": seconds(60), **options},
    )


def copy_of_the_checkout(folder):
    """A clone with the scripts and the program that are tested here."""
    run("git", "clone", "-q", "--no-hardlinks", ROOT, folder)
    for name in "scripts", "debian", "Makefile", "install.mk":
        run("cp", "-r", ROOT / name, folder)
    (folder / "build").mkdir()
    shutil.copy(Path(BINARY).resolve(), folder / "build" / "roomcast")


@pytest.fixture
def checkout(tmp_path):
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout of git: nothing is packed")
    if "san" in BINARY:
        pytest.skip("linked with a sanitizer: that is no release")
    copy_of_the_checkout(tmp_path / "sources")
    return tmp_path / "sources"


def dist(checkout):
    run(checkout / "scripts" / "dist", "build")
    folder = checkout / "build" / "dist"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_commit_gives_the_same_bytes_again(checkout):
    first = dist(checkout)
    assert sorted(first) == [
        "SHA256SUMS", f"{NAME}.spdx.json", f"{NAME}.tar.gz"
    ]
    (checkout / "README.md").touch()
    assert dist(checkout) == first
    for line in first["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(first[name]).hexdigest() == digest


def test_the_tarball_knows_its_commit(checkout, tmp_path):
    dist(checkout)
    with tarfile.open(checkout / "build" / "dist" / f"{NAME}.tar.gz") as tar:
        tar.extractall(tmp_path)
    said = run(tmp_path / NAME / "scripts" / "commit").stdout
    head = run("git", "-C", ROOT, "rev-parse", "HEAD").stdout
    assert said == head[:12] + "\n"


@pytest.mark.skipif("san" in BINARY, reason="linked with a sanitizer as well")
def test_the_list_has_what_the_program_says_of_itself():
    made = json.loads(
        run(ROOT / "scripts" / "sbom", BINARY, VERSION,
            env={**os.environ, "SOURCE_DATE_EPOCH": "0"}).stdout
    )
    assert made["creationInfo"]["created"] == "1970-01-01T00:00:00Z"
    packages = {one["name"]: one for one in made["packages"]}
    said = re.search("^libraries: (.+)$", run(BINARY, "--version").stdout, re.M)
    libraries = [x.split(" ")[0] for x in said[1].split(", ")]
    # It says of this one whether it is used, and not of which version it is.
    if "libIPSec_MB" in run("readelf", "-d", BINARY).stdout:
        libraries.append("IPSec_MB")
    assert sorted(packages) == sorted(["roomcast", "glibc", *libraries])
    assert all(one["licenseDeclared"] for one in packages.values())
    linked = {x["relatedSpdxElement"] for x in made["relationships"]}
    assert linked == {one["SPDXID"] for one in packages.values()}


def test_all_packages_are_of_this_version():
    first = (DEBIAN / "changelog").read_text().split("\n")[0]
    assert first.startswith(f"roomcast ({VERSION}) ")
    spec = (ROOT / "contrib" / "rpm" / "roomcast.spec").read_text()
    assert re.search(r"^Version: +(.+)$", spec, re.M)[1] == VERSION


def test_the_license_is_the_license():
    """In debian/copyright line by line, without its name and copyright."""
    text = (DEBIAN / "copyright").read_text()
    said = " ".join(text.split("License: Expat\n ")[1].replace("\n .", "").split())
    wanted = (ROOT / "LICENSE").read_text().split("\n\n", 2)[2]
    assert said == " ".join(wanted.split())


def test_make_deb_says_what_is_missing(tmp_path):
    (tmp_path / "dirname").symlink_to(shutil.which("dirname"))
    done = run("/bin/sh", ROOT / "scripts" / "deb", "build", check=False,
               env={"PATH": str(tmp_path)})
    assert done.returncode == 3
    assert done.stderr.startswith(
        "no package was built, missing: dpkg-buildpackage dh lintian"
    )


def contents(package):
    """What a .deb installs: {path: mode and owner}."""
    lines = run("dpkg", "-c", package).stdout.splitlines()
    return {x.split()[5][1:]: x.split()[:2] for x in lines}


@pytest.mark.long
def test_the_package_is_built_and_lintian_likes_it(checkout, tmp_path):
    for part in "dpkg-buildpackage", "dh", "lintian":
        if not shutil.which(part):
            pytest.skip(f"{part} is missing: no package is built")
    run("git", "-C", checkout, "add", "scripts", "debian", "Makefile", "install.mk")
    run("git", "-C", checkout, "-c", "user.name=a", "-c", "user.email=a@b",
        "commit", "-qm", "as it is tested", "--allow-empty")
    dist(checkout)
    done = run(checkout / "scripts" / "deb", "build", check=False,
               timeout=seconds(1200), cwd=checkout,
               env={**os.environ, "DEB_BUILD_OPTIONS": "nocheck parallel=2"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    folder = checkout / "build" / "deb"
    [package] = folder.glob(f"roomcast_{VERSION}_*.deb")
    files = contents(package)
    assert all(owner == "root/root" for _, owner in files.values())
    assert files["/usr/bin/roomcast"][0] == "-rwxr-xr-x"
    for name in (
        "/etc/roomcast/roomcast.yaml",
        "/usr/lib/sysusers.d/roomcast.conf",
        "/usr/share/man/man8/roomcast.8.gz",
        "/usr/share/man/man5/roomcast.yaml.5.gz",
        "/usr/share/man/man1/roomcastctl.1.gz",
        "/usr/share/bash-completion/completions/roomcastctl",
        "/usr/share/zsh/vendor-completions/_roomcastctl",
        "/usr/share/doc/roomcast/docs/operations.md",
        "/usr/share/doc/roomcast/examples/publish.py",
    ):
        assert name in files
    run("dpkg-deb", "-R", package, tmp_path / "deb")
    # An upgrade must not stop what holds the sockets.
    assert not (tmp_path / "deb" / "DEBIAN" / "preinst").exists()
    conffiles = (tmp_path / "deb" / "DEBIAN" / "conffiles").read_text()
    assert conffiles == "/etc/roomcast/roomcast.yaml\n"
    done = run(tmp_path / "deb" / "usr" / "bin" / "roomcast", "--version")
    head = run("git", "-C", checkout, "rev-parse", "HEAD").stdout
    assert f"commit: {head[:12]}\n" in done.stdout


def test_rpmlint_has_no_errors():
    if not (shutil.which("rpmlint") and shutil.which("rpm")):
        pytest.skip("rpmlint is missing")
    done = run("rpmlint", ROOT / "contrib" / "rpm" / "roomcast.spec", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 specfiles checked; 0 errors, " in done.stdout
