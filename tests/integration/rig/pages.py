"""The snippets in the documents, which must work as they stand there."""

import re

from .gateway import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(page, language):
    """The fenced blocks of this language, in their order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [body for kind, body in BLOCK.findall(text) if kind == language]


def snippet(page, language, holding):
    """The one block of this language that holds this text."""
    (found,) = [x for x in snippets(page, language) if holding in x]
    return found


def filled(text, values):
    """text with each key of values, which must be there, replaced."""
    for key, value in values.items():
        assert key in text, f"{key!r} is not in\n{text}"
        text = text.replace(key, value)
    return text
