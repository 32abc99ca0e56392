"""What the documents show must be accepted as it stands there."""

import json
import re
import subprocess
import sys
from textwrap import indent

import pytest

from rig.gateway import BINARY, ROOT
from rig.pages import filled, snippet, snippets
from rig.tls import certificates, openssl
from rig.waiting import seconds

pytestmark = pytest.mark.outside

PAGES = [
    "README.md",
    "docs/compression.md",
    "docs/delivery.md",
    "docs/presence.md",
    "docs/publishing.md",
    "docs/redis.md",
    "docs/restarts.md",
    "docs/security.md",
]
FOLDERS = "", "docs/", "bench/", "clients/", "clients/*/", "examples/", "examples/*/"
DOCS = [path for x in FOLDERS for path in ROOT.glob(f"{x}*.md")]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(#?)([^)\s]*)\)")
ROUTES = 'routes: [{path: "/ws/{room}", rooms: ["{room}"]}]\n'
FILES = re.compile(r"/etc/roomcast/([\w-]+(?:\.pem)?)")


def content(name, certificates):
    """Of a file that a page names: what the gateway expects of it."""
    pair = certificates.first if name.startswith("other-") else certificates.rsa
    if name in (
        *("fullchain.pem", "other-chain.pem"),
        *("redis.pem", "redis-ca.pem", "app-ca.pem", "clients-ca.pem"),
    ):
        return pair.certificate.read_bytes()
    if name in ("key.pem", "other-key.pem", "redis-key.pem"):
        return pair.key.read_bytes()
    if name.endswith(".pem"):
        return openssl("pkey", "-in", str(pair.key), "-pubout")
    return b"x" * 64


def headings(page):
    """As the anchors that a viewer makes of them."""
    text = page.read_text(encoding="utf-8").lower()
    return {
        re.sub(r"[^a-z0-9 -]", "", line).strip().replace(" ", "-")
        for line in re.findall(r"^#+ .*", text, re.MULTILINE)
    }


@pytest.mark.parametrize(
    "page, text",
    [
        pytest.param(page, text, id=f"{page}-{i}")
        for page in PAGES
        for i, text in enumerate(snippets(page, "yaml"))
    ],
)
def test_every_configuration_is_fine(tmp_path, certificates, page, text):
    """With the files that it names, and routes where it has none."""
    for name in FILES.findall(text):
        data = content(name, certificates)
        (tmp_path / name).write_bytes(data)
    text = text.replace("/etc/roomcast/", f"{tmp_path}/")
    path = tmp_path / "roomcast.yaml"
    path.write_text(text if "\nroutes:" in text else text + ROUTES)
    done = subprocess.run(
        [BINARY, "-c", path, "--check-config"],
        capture_output=True,
        text=True,
        timeout=seconds(10),
    )
    assert (done.returncode, done.stderr) == (0, "")


CLIENT = """
import asyncio, random, websockets

async def refetch():
    print("gap")

async def handle(payload):
    print(payload)
    if payload == "19":
        raise SystemExit

async def main(url):
{lines}
asyncio.run(main({url!r}))
"""


def test_the_client_in_python(gateway):
    """Sent away twice, it comes back to what it missed."""
    route = {"path": "/ws/{room}", "rooms": ["{room}"], "resume": True}
    daemon = gateway(history={}, routes=[route])
    lines = filled(
        snippet("docs/clients.md", "python", "?since={since}"),
        {"1 + 2 * random.random()": "0.05"},
    )
    code = CLIENT.format(lines=indent(lines, "    "), url=daemon.ws_url())
    client = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    daemon.wait_metric("roomcast_connections", 1)
    publisher = daemon.publisher()
    away = '{"command": "disconnect", "rooms": ["lobby"], "code": 4000}'
    for i in range(20):
        publisher.publish("roomcast:room:lobby", str(i))
        if i % 8 == 4:
            publisher.publish("roomcast:control", away)
    got, _ = client.communicate(timeout=seconds(20))
    assert got.split() == [str(i) for i in range(20)]


def test_every_payload_that_is_shown_is_fine(gateway):
    lines = "".join(snippets("docs/publishing.md", "json")).splitlines()
    assert len(lines) > 5
    daemon = gateway()
    publisher = daemon.publisher()
    for line in lines:
        word = "control" if "command" in line else "send"
        publisher.publish(f"roomcast:{word}", line)
    daemon.wait_metric("roomcast_payloads_total", len(lines))
    for name, value in daemon.metrics().items():
        if name.startswith("roomcast_payloads_dropped_total"):
            assert value == 0, name


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    """To files and headings of ours; the rest of the world may change."""
    for target, _, heading in LINK.findall(page.read_text(encoding="utf-8")):
        file = (page.parent / target) if target else page
        assert file.exists(), target
        if heading:
            assert heading in headings(file), f"{target}#{heading}"


def test_the_readme_leads_to_every_page():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert pages - {target for target, _, _ in LINK.findall(text)} == set()
