"""A headless Chromium, driven through its DevTools protocol."""

import json
import urllib.request

import pytest

from .browser import Browser, Calls, Tab, program_of
from .waiting import seconds

PROGRAMS = ["chromium", "chromium-browser", "google-chrome"]


class Page(Tab):

    def __init__(self, browser, target):
        self._browser = browser
        self._target = target["id"]
        self._calls = Calls(target["webSocketDebuggerUrl"])

    def call(self, method, **params):
        answer = self._calls.call(method, params)
        assert "error" not in answer, answer
        return answer["result"]

    def navigate(self, url):
        self.call("Page.navigate", url=url)

    def go_back(self):
        self.evaluate("history.back()")

    def evaluate(self, script):
        result = self.call(
            "Runtime.evaluate",
            expression=script,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def set_offline(self, is_offline):
        self.call(
            "Network.emulateNetworkConditions",
            offline=is_offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def freeze(self, is_frozen):
        """Until the page has heard of it: the answer alone comes sooner."""
        state = "frozen" if is_frozen else "active"
        self.call("Page.setWebLifecycleState", state=state)
        self.wait("lifecycle", state)

    def close(self):
        """Or its scripts would go on and on."""
        self._calls.close()
        self._browser.ask(f"/json/close/{self._target}").close()


class Chromium(Browser):
    def __init__(self, program, folder):
        options = [
            "--headless=new",
            "--no-sandbox",  # root may not use it, in a container
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--no-proxy-server",
            "--ignore-certificate-errors",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
        ]
        super().__init__(program, options, folder)

    def find_port(self):
        try:
            text = (self.folder / "DevToolsActivePort").read_text()
        except FileNotFoundError:
            return None
        return int(text.split()[0]) if text.count("\n") else None

    def ask(self, path, method="GET"):
        """The answer of its port for debuggers; the caller closes it."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", method=method
        )
        return urllib.request.urlopen(request, timeout=seconds(20))

    def new_page(self):
        with self.ask("/json/new?about:blank", "PUT") as answer:
            return Page(self, json.load(answer))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """One browser for the whole run."""
    browser = Chromium(program_of(PROGRAMS), tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.finish()


@pytest.fixture
def page(chromium):
    tab = chromium.new_page()
    yield tab
    tab.close()
