"""A headless Firefox, driven through WebDriver BiDi. A test module that has the
fixture `page` from here has its tests run in Firefox; one process has them."""

import json

import pytest

from .browser import Browser, Calls, Gone, Tab, program_of

PROGRAMS = ["firefox-esr", "firefox"]
MARKS = [
    pytest.mark.long,
    pytest.mark.outside,
    pytest.mark.xdist_group("firefox"),
]

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
        self._calls = Calls(url)
        wanted = {"alwaysMatch": {"acceptInsecureCerts": True}}
        self.call("session.new", capabilities=wanted)

    def call(self, method, **params):
        answer = self._calls.call(method, params)
        if answer["type"] == "error":
            raise Gone(method, answer["error"], answer["message"])
        return answer["result"]

    def close(self):
        self._calls.close()


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


class Firefox(Browser):
    def __init__(self, program, folder):
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in PREFS.items()
        ]
        (folder / "user.js").write_text("".join(lines))
        options = [
            *("--headless", "--no-remote"),
            *("--remote-debugging-port", "0"),
            *("--profile", folder),
        ]
        super().__init__(program, options, folder)
        self.session = Session(f"ws://127.0.0.1:{self.port}/session")

    def find_port(self):
        try:
            text = (self.folder / "WebDriverBiDiServer.json").read_text()
            return json.loads(text)["ws_port"]
        except (FileNotFoundError, ValueError):
            return None

    def finish(self):
        self.session.close()
        super().finish()


@pytest.fixture(scope="session")
def firefox(tmp_path_factory):
    """One browser for the whole run."""
    browser = Firefox(program_of(PROGRAMS), tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.finish()


@pytest.fixture
def page(firefox):
    tab = Page(firefox.session)
    yield tab
    tab.close()
