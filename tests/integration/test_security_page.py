"""docs/security.md: its commands, run as they stand there."""

import shutil

import pytest

from rig.console import Console, sections
from rig.once import once
from rig.tls import Authority

pytestmark = pytest.mark.outside

SECTIONS = sections("docs/security.md")


def make_site(folder):
    authority = Authority(folder)
    return {
        "authority": authority,
        "push": authority.sign("push", "DNS:push.example.com"),
        "other": authority.sign("other", "DNS:other.example.com"),
        "device": authority.sign("device", "DNS:d1.test", usage="clientAuth"),
    }


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Nobody writes to these files."""
    return once(tmp_path_factory, "site_of_security", make_site)


def commands(heading):
    (body,) = [x for kind, x in SECTIONS[heading] if kind == "console"]
    return body


@pytest.fixture
def console(tmp_path, gateway, site):
    """Starts a gateway; commands find it by the name that the page has."""
    shutil.copy(site["device"].certificate, tmp_path / "device.pem")
    shutil.copy(site["device"].key, tmp_path / "device.key")

    def start(**tls):
        tls = {**site["push"].section, **tls}
        daemon = gateway(listen=[{"address": "127.0.0.1:0", "tls": tls}])
        place = "%s:%d" % daemon.address()
        found = f"--cacert {site['authority'].file} --connect-to ::{place}"
        values = {
            "push.example.com:443": place,
            "https://push": f"{found} https://push",
        }
        return Console(tmp_path, values)

    return start


def test_what_who_asks_for_a_name_gets(console, site):
    there = console(certificates=[site["other"].section])
    there.follow(commands("Several names"))


def test_whether_a_certificate_is_taken(console, site):
    there = console(client_ca=str(site["authority"].file))
    block = commands("Certificates of clients")
    there.follow(block)
    without = block.replace("--cert device.pem --key device.key ", "")
    done = there.run(without[2:].partition("\n")[0])
    assert "alert certificate required" in done.stdout
