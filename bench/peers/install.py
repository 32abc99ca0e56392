"""What the peers need, brought by packages into build/peers/NAME: a folder of
each with our own files of it and what its package manager adds."""

import glob
import hashlib
import json
import os
import re
import shutil
import subprocess

from rig.servers import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(ROOT, "build", "peers")
TIMEOUT_S = 900  # the Go programs are built of hundreds of packages
STAMP = "installed"


class Unavailable(Exception):
    """A peer that cannot be had on this machine, and why."""


def run(*command, **options):
    """A command's output; Unavailable with the end of it when it fails."""
    try:
        return subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=TIMEOUT_S, **options).stdout
    except FileNotFoundError as error:
        raise Unavailable(f"{error.filename} is not installed") from None
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{command[0]}: no end after {TIMEOUT_S} s") from None
    except subprocess.CalledProcessError as error:
        lines = error.stdout.strip().splitlines() or ["no reason given"]
        raise Unavailable(f"{command[0]}: {lines[-1]}") from None


def system_packages(*names):
    """The distribution's packages, installed where they are missing."""
    run(os.path.join(ROOT, "scripts", "deps"), "only", *names)


def system_versions(*names):
    return {name: run("dpkg-query", "-W", "-f", "${Version}", name)
            for name in names}


def folder_of(name):
    return os.path.join(BUILD, name)


def lay_out(name):
    """Our files of this peer, where its packages will be."""
    folder = folder_of(name)
    shutil.copytree(os.path.join(HERE, name), folder, dirs_exist_ok=True)
    return folder


def once(name, listing, install):
    """Run install, unless it was done for the same list of packages."""
    stamp = os.path.join(folder_of(name), STAMP)
    with open(os.path.join(folder_of(name), listing), "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    if os.path.exists(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == wanted:
                return
    install()
    with open(stamp, "w", encoding="ascii") as file:
        file.write(wanted)


def with_npm(name):
    """The packages of package.json; their versions."""
    folder = lay_out(name)
    if not (shutil.which("node") and shutil.which("npm")):
        system_packages("nodejs", "npm")
    once(name, "package.json", lambda: run(
        "npm", "install", "--prefix", folder, "--no-audit", "--no-fund"))
    with open(os.path.join(folder, "package.json"), encoding="utf-8") as file:
        wanted = json.load(file)["dependencies"]
    versions = {"Node.js": run("node", "--version").strip().lstrip("v")}
    for package in wanted:
        path = os.path.join(folder, "node_modules", package, "package.json")
        with open(path, encoding="utf-8") as file:
            versions[package] = json.load(file)["version"]
    return versions


def with_pip(name):
    """The packages of requirements.txt in an environment of their own; their
    versions."""
    folder = lay_out(name)
    python = os.path.join(folder, "venv", "bin", "python")

    def install():
        system_packages("python3-venv")
        run("/usr/bin/python3", "-m", "venv", os.path.join(folder, "venv"))
        run(python, "-m", "pip", "install", "-q", "-r",
            os.path.join(folder, "requirements.txt"))

    once(name, "requirements.txt", install)
    found = {p["name"]: p["version"] for p in json.loads(
        run(python, "-m", "pip", "--disable-pip-version-check", "list",
            "--format", "json"))}
    versions = {"Python": run(python, "-V").split()[1]}
    with open(os.path.join(folder, "requirements.txt"), encoding="utf-8") as f:
        wanted = [re.split(r"[\[=]", line)[0] for line in f]
    for package in (*wanted, "uvloop", "websockets"):
        if package in found:
            versions[package] = found[package]
    return versions


def go_command():
    return shutil.which("go") or next(
        iter(glob.glob("/usr/local/go/bin/go")), "go")


def with_go_install(name):
    """The program whose module package.txt names; its version."""
    folder = lay_out(name)
    go = go_command()
    with open(os.path.join(folder, "package.txt"), encoding="ascii") as file:
        package = file.read().strip()
    once(name, "package.txt", lambda: run(
        go, "install", package, env={**os.environ, "GOBIN": folder}))
    built = run(go, "version", os.path.join(folder, name))
    return {"Go": re.search(r": go(\S+)", built)[1],
            name: package.rpartition("@v")[2]}


def with_go(name):
    """The program of main.go; the versions of what it is made of."""
    folder = lay_out(name)
    go = go_command()
    run(go, "build", "-o", "server", ".", cwd=folder)
    built = run(go, "version", "-m", os.path.join(folder, "server"))
    versions = {"Go": re.search(r": go(\S+)", built)[1]}
    for package in re.findall(r"^require \S+?([^/\s]+) v", built_from(folder),
                              re.M):
        versions[package] = re.search(
            rf"/{re.escape(package)}\tv(\S+)", built)[1]
    return versions


def built_from(folder):
    with open(os.path.join(folder, "go.mod"), encoding="utf-8") as file:
        return file.read()


def with_cargo(name):
    """The crate of Cargo.toml holds sources in C and C++: its Makefile builds
    them and our server; their version."""
    folder = lay_out(name)
    if not shutil.which("cargo"):
        system_packages("cargo")
    system_packages("g++", "libssl-dev", "zlib1g-dev")
    once(name, "Cargo.toml", lambda: run("cargo", "vendor", "-q", cwd=folder))
    run("make", "-s", "-C", folder, "server")
    with open(os.path.join(folder, "Cargo.toml"), encoding="utf-8") as file:
        crate, version = re.search(r'^(\S+) = "=(.+)"$', file.read(),
                                   re.M).groups()
    return {f"crate {crate}": version}


def anycable():
    """The program: of the PATH, or that of its npm package."""
    return shutil.which("anycable-go") or os.path.join(
        folder_of("anycable"), "node_modules", "@anycable", "anycable-go",
        "bin", "anycable-go")


def with_anycable(name):
    """The program's version. Its npm package has none in it and downloads it,
    at its first start, from where it is released."""
    if not os.path.exists(anycable()):
        with_npm(name)
        start = os.path.join(os.path.dirname(anycable()), "index.mjs")
        try:  # with CI set, it would not
            run("env", "-u", "CI", "node", start, "-v")
        except Unavailable:
            raise Unavailable("its npm package could not download the "
                              "program, and none is on the PATH") from None
    return {"anycable-go": run(anycable(), "-v").split()[-1]}


def mercure():
    return shutil.which("mercure") or "mercure"


def with_mercure(_):
    """Only what is on the PATH: no package brings it; its version."""
    try:
        said = run(mercure(), "version")
    except Unavailable:
        raise Unavailable("no program `mercure` on the PATH; no package has "
                          "it") from None
    found = re.search(r"\bv?(\d\S*)", said)  # of Caddy's, behind it, is another
    return {"mercure": found[1] if found else "?"}


def with_debian(name):
    """nginx with the module of that name; their versions."""
    packages = ("nginx", f"libnginx-mod-{name}")
    system_packages(*packages)
    return system_versions(*packages)


def with_redis():
    """redis-server; its version."""
    system_packages("redis-server")
    return {"Redis": re.search(r"v=(\S+)", run("redis-server", "-v"))[1]}
