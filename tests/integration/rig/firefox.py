"""A headless Firefox, driven through WebDriver BiDi. A test module that has the
fixture `page` from here has its tests run in Firefox; one process has them."""

import itertools
import json
import os
import shutil
import signal
import subprocess

import pytest

from .client import Client
from .node import missing
from .tab import Gone, Tab
from .waiting import eventually, seconds

PROGRAMS = ["firefox-esr", "firefox"]

# Pages of 127.0.0.1 are what it talks to, and nobody else.
PREFS = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Session:
    """The one connection of all tabs."""

    def __init__(self, url):
        self._numbers = itertools.count(1)
        self._client = Client.connect(url)
        wanted = {"alwaysMatch": {"acceptInsecureCerts": True}}
        self.call("session.new", capabilities=wanted)

    def call(self, method, **params):
        number = next(self._numbers)
        self._client.send(
            json.dumps({"id": number, "method": method, "params": params})
        )
        while True:
            answer = json.loads(self._client.recv(20))
            if answer.get("id") == number:
                if answer["type"] == "error":
                    raise Gone(method, answer["error"], answer["message"])
                return answer["result"]

    def close(self):
        self._client.close()


class Page(Tab):
    def __init__(self, session):
        self._session = session
        self._context = self.call("browsingContext.create", type="tab")[
            "context"
        ]

    def call(self, method, **params):
        return self._session.call(method, **params)

    def navigate(self, url):
        self.call(
            "browsingContext.navigate",
            context=self._context,
            url=url,
            wait="none",
        )

    def go_back(self):
        self.call(
            "browsingContext.traverseHistory", context=self._context, delta=-1
        )

    def evaluate(self, script):
        """A promise is waited for."""
        done = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify([await eval("
            f"{json.dumps(script)})]))()",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert done["type"] == "success", done
        return json.loads(done["result"]["value"])[0]

    def set_offline(self, is_offline):
        self.call(
            "emulation.setNetworkConditions",
            networkConditions={"type": "offline"} if is_offline else None,
            contexts=[self._context],
        )

    def freeze(self, is_frozen):
        """It freezes no page. One that hears nothing of it just goes on."""

    def close(self):
        self.call("browsingContext.close", context=self._context)


class Firefox:
    def __init__(self, program, folder):
        self.folder = folder
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFS.items()
        ]
        (folder / "user.js").write_text("".join(lines))
        self.process = subprocess.Popen(
            [
                *(program, "--headless", "--no-remote"),
                *("--remote-debugging-port", "0"),
                *("--profile", folder, "about:blank"),
            ],
            env={**os.environ, "HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        port = eventually(self._find_port, 30, "Firefox is up")
        self.session = Session(f"ws://127.0.0.1:{port}/session")

    def _find_port(self):
        assert self.process.poll() is None, "Firefox ended"
        try:
            text = (self.folder / "WebDriverBiDiServer.json").read_text()
            return json.loads(text)["ws_port"]
        except (FileNotFoundError, ValueError):
            return None

    def finish(self):
        """All of its processes end with the first one."""
        self.session.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(seconds(10))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture(scope="session")
def firefox(tmp_path_factory):
    """One browser for the whole run; CI must have it."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not program:
        missing("there is no firefox")
    browser = Firefox(program, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.finish()


@pytest.fixture
def page(firefox):
    tab = Page(firefox.session)
    yield tab
    tab.close()
