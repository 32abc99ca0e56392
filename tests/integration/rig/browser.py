"""A tab of a browser, whichever that is."""

from .waiting import eventually


class Gone(Exception):
    """The document in which a script ran went away under it."""


class Tab:
    """What a browser's own class gives it is navigate(), evaluate(), which
    takes a script that gives JSON, go_back(), set_offline() and freeze()."""

    def open(self, url):
        """Another document than the one that is there, which is complete."""
        self.evaluate("window.isLeft = true")
        self.navigate(url)
        loaded = "!window.isLeft && document.readyState === 'complete'"
        self.wait(loaded, True, what=f"{url} is loaded")

    def wait(self, script, wanted, timeout=10, what=None):
        def is_so():
            try:
                return self.evaluate(script) == wanted
            except Gone:
                return False

        eventually(is_so, timeout, what or f"{script} gives {wanted!r}")
