"""docs/operations.md and docs/sizing.md: their commands, run as they stand
there. Those of systemd, dpkg and the journal need a machine that has them."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from rig.client import Client, Refused
from rig.console import Console, sections
from rig.gateway import BINARY, ROOT, write_conf
from rig.people import token
from rig.tls import certificates, listen, make_pair, secure, trusting
from rig.waiting import eventually

pytestmark = pytest.mark.outside

SECTIONS = sections("docs/operations.md")
ALERTS = [title for title in SECTIONS if title.startswith("Roomcast")]
NEEDS_SYSTEMD = re.compile(r"^(systemctl|journalctl --)")


class Machine:
    """A folder in place of /etc/roomcast, and a gateway that it is for."""

    def __init__(self, folder, gateway):
        self.etc = folder
        self.gateway = gateway

    def start(self, server=None, **sections):
        self.daemon = self.gateway(server, **sections)
        conf = self.daemon.conf_path
        values = {
            "/etc/roomcast/roomcast.yaml": str(conf),
            "/etc/roomcast/": f"{self.etc}/",
            "install -g roomcast": "install",
            "$(pidof roomcast)": str(self.daemon.pid),
            "127.0.0.1:9180": self.daemon.admin_url[len("http://") :],
        }
        self.console = Console(self.etc, values, self.daemon.log)
        self.console.environment["ROOMCAST_ADMIN"] = self.daemon.admin_url
        if server:
            values["redis-cli"] = f"redis-cli -p {server.port}"
        return self

    def put(self, name, text):
        path = self.etc / name
        path.write_text(text)
        path.chmod(0o640)
        return str(path)

    def configure(self, text):
        """As an operator edits the file: this part of it is another one."""
        part = yaml.safe_load(text.replace("/etc/roomcast/", f"{self.etc}/"))
        self.daemon.conf.update(part)
        write_conf(self.daemon.conf_path, self.daemon.conf)

    def follow(self, blocks):
        for language, body in blocks:
            if language == "yaml":
                self.configure(body)
            elif language == "console":
                self.follow_block(body)

    def follow_block(self, body):
        """What is shown names the page's folder, what is printed ours."""
        conf = str(self.daemon.conf_path)
        body = body.replace("\n/etc/roomcast/roomcast.yaml:", f"\n{conf}:")
        body = re.sub(r'"/etc/roomcast/([\w.-]+)"', rf'"{self.etc}/\1"', body)
        self.console.follow(body)


@pytest.fixture
def machine(tmp_path, gateway):
    folder = tmp_path / "etc"
    folder.mkdir()
    return Machine(folder, gateway)


# -- rotation


def enters(daemon, secret, monkeypatch):
    monkeypatch.setattr("rig.people.SECRET", secret.read_text().strip())
    try:
        Client.connect(daemon.ws_url(f"/ws/a?token={token('42')}")).close()
    except Refused:
        return False
    return True


def test_keys_of_tokens(machine, monkeypatch):
    old = Path(machine.put("token-2026", "1" * 64))
    new = machine.etc / "token-2027"
    login = {"type": "jwt", "algorithms": ["HS256"], "secret_file": str(old)}
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "auth": "login"}
    daemon = machine.start(auth={"login": login}, routes=[route]).daemon
    blocks = SECTIONS["Keys of tokens"]
    machine.follow(blocks[:3])  # both are listed
    assert enters(daemon, new, monkeypatch)
    assert enters(daemon, old, monkeypatch)
    machine.follow(blocks[3:])  # the old one is gone
    machine.put("token-2026", "1" * 64)
    eventually(lambda: not enters(daemon, old, monkeypatch))
    assert enters(daemon, new, monkeypatch)
    kept = machine.etc / "token-2027.pem"
    assert "BEGIN PUBLIC KEY" in kept.read_text()


@pytest.fixture
def with_tls(machine, certificates):
    """A gateway with a certificate, and a renewed one in a folder beside."""
    old = certificates.first
    shutil.copy(old.certificate, machine.etc / "fullchain.pem")
    shutil.copy(old.key, machine.etc / "key.pem")
    new = machine.etc / "new"
    new.mkdir()
    pair = make_pair(new, "renewed", days=400)
    pair.certificate.rename(new / "fullchain.pem")
    shutil.copy(pair.key, new / "key.pem")
    pair.key.rename(new / "privkey.pem")
    paths = {
        "certificate": f"{machine.etc}/fullchain.pem",
        "key": f"{machine.etc}/key.pem",
    }
    machine.start(listen=[{"address": "127.0.0.1:0", "tls": paths}])
    host, port = machine.daemon.address()
    machine.console.values["127.0.0.1:443"] = f"{host}:{port}"
    return machine


def expiry(daemon):
    return daemon.metric("roomcast_tls_certificate_expiry_seconds")


def test_certificates(with_tls):
    before = expiry(with_tls.daemon)
    with_tls.follow(SECTIONS["Certificates"])
    eventually(lambda: expiry(with_tls.daemon) > before + 200 * 86400)


def test_the_hook_of_certbot(with_tls):
    before = expiry(with_tls.daemon)
    (script,) = [x for kind, x in SECTIONS["Certificates"] if kind == "sh"]
    console = with_tls.console
    console.environment["RENEWED_LINEAGE"] = f"{with_tls.etc}/new"
    console.values["systemctl reload roomcast"] = "roomcastctl reload"
    assert console.run(script).returncode == 0
    eventually(lambda: expiry(with_tls.daemon) > before + 200 * 86400)


def test_ticket_keys(with_tls, secure, certificates):
    def resumes(session):
        with secure(with_tls.daemon, context, session=session) as s:
            return s.upgrade("/ws/a").socket.session_reused

    make, conf, turn, copy = SECTIONS["Ticket keys"]
    context = trusting(certificates.first)
    with_tls.follow([make])
    section = with_tls.daemon.conf["listen"][0]["tls"]
    file = yaml.safe_load(conf[1])["listen"][0]["tls"]["ticket_keys"]
    section["ticket_keys"] = file.replace("/etc/roomcast", str(with_tls.etc))
    with_tls.start(listen=[{"address": "127.0.0.1:0", "tls": section}])
    with secure(with_tls.daemon, context) as s:
        session = s.upgrade("/ws/a").socket.session
    with_tls.follow([turn])
    assert resumes(session)
    with_tls.follow([turn])
    assert not resumes(session)  # the third of three keys, by now
    assert "kubectl" in copy[1]


def test_the_password_of_redis(machine, redis_server):
    password = machine.put("redis-password", "first\n")
    user = redis_server.client()
    user.execute_command(
        *"ACL SETUSER gateway on >first +@all allchannels allkeys".split()
    )
    machine.start(
        redis_server,
        redis={"username": "gateway", "password_file": password},
    )
    machine.daemon.wait_ready()
    machine.follow(SECTIONS["Redis' password"])
    assert machine.daemon.metric("roomcast_backend_lost_total") == 0
    user.client_kill_filter(_type="pubsub")
    machine.daemon.wait_metric("roomcast_backend_connects_total", 2)


def test_the_token_of_admin(machine):
    path = machine.put("admin-token", "a" * 64)
    machine.start(admin={"token_file": path})
    machine.follow(SECTIONS["The admin token"])
    old = {"Authorization": "Bearer " + "a" * 64}
    assert machine.daemon.api("log", headers=old)[0] == 401


def test_the_password_of_the_embedded_port(machine):
    path = machine.put("publishers-password", "first\n")
    machine.start(embedded={"password_file": path})
    machine.console.values["-p 6390"] = f"-p {machine.daemon.publish_port}"
    machine.follow(SECTIONS["The embedded port's password"])


# -- restarts, the sum of a configuration, upgrades


def test_the_sum_of_a_configuration(machine):
    machine.start().follow(SECTIONS["Several instances"])


def test_wait_until_it_is_ready(machine, redis_server):
    machine.start(redis_server)
    machine.daemon.stop()
    machine.daemon.start()
    machine.console.values["systemctl restart roomcast"] = "true"
    place = machine.daemon.admin_url[len("http://") :]
    machine.console.values["127.0.0.1:9180"] = place
    machine.follow(SECTIONS["Rolling restarts"])


def test_which_version_runs(machine):
    machine.start().follow(SECTIONS["Upgrades"])


# -- alerts


@pytest.fixture
def watched(machine, redis_server, certificates):
    """With a stream, a hook, keys by URL, TLS and a user of Redis."""
    user = "ACL SETUSER gateway on nopass +@all allchannels allkeys"
    redis_server.client().execute_command(*user.split())
    hook = {"type": "http", "url": "http://127.0.0.1:1/"}
    keys = {"type": "jwt", "algorithms": ["RS256"]}
    keys["jwks_url"] = "https://127.0.0.1:1/"
    machine.start(
        redis_server,
        listen=listen(certificates.first),
        history={"stream": "roomcast:stream"},
        auth={"app": hook, "login": keys},
    )
    machine.daemon.wait_metric("roomcast_backend_up", 1)
    redis_server.client().publish("roomcast:send", "{")
    machine.daemon.wait_metric("roomcast_payloads_total", 1)
    return machine


def test_the_first_steps_of_each_alert(watched):
    """Each says something: about what is looked for in the journal, only
    when there is anything."""
    assert len(ALERTS) > 20
    for title in ALERTS:
        ((language, body),) = SECTIONS[title]
        assert language == "sh", title
        for command in body.splitlines():
            if NEEDS_SYSTEMD.match(command):
                continue
            journal = re.sub(r"^journalctl [^|]*", "cat journal ", command)
            done = watched.console.run(journal)
            # 1: not ready, for want of keys; or nothing in the journal.
            assert done.returncode in (0, 1), (command, done.stdout)
            assert done.stdout or journal != command, command


# -- the kernel


def test_the_settings_of_the_kernel_are_there():
    """All but one, which is there as soon as a firewall wants it."""
    page = (ROOT / "docs" / "sizing.md").read_text(encoding="utf-8")
    names = set(re.findall(r"\b(?:net|fs)\.[\w.-]*\w", page))
    assert len(names) > 8
    for name in names - {"net.netfilter.nf_conntrack_max"}:
        assert Path("/proc/sys", name.replace(".", "/")).exists(), name


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a network of its own")
def test_how_to_have_a_setting(tmp_path):
    """In a network of its own, which goes with the command."""
    ((_, body),) = [
        x for x in sections("docs/sizing.md")["The kernel"] if x[0] == "sh"
    ]
    console = Console(tmp_path, {"/etc/sysctl.d/": f"{tmp_path}/"})
    body += "cat /proc/sys/net/ipv4/ip_local_port_range\n"
    script = tmp_path / "script"
    script.write_text(body.replace("/etc/sysctl.d/", f"{tmp_path}/"))
    done = console.run(f"unshare -n sh {script}")
    assert done.stdout.split()[-2:] == ["1024", "65535"], done.stdout
