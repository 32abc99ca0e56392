"""Commands that a page shows with what they print, run as they stand there."""

import os
import re
import subprocess
from pathlib import Path
from textwrap import dedent

from .gateway import BINARY, ROOT
from .waiting import eventually, seconds

BLOCK = re.compile(r"^ *```(\w+)\n(.*?)^ *```$", re.M | re.S)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)

# What differs from one run to the next; all else is as the page shows it.
VARIES = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z": "TIME",
    r'(id=|"id": ")[\w-]{22}\b': r"\1ID",
    r'("id": ")\d{13}-\d+(~\w+)?"': r'\1MESSAGE"',
    r"(?m)^retry: \d+$": "retry: N",
    r"\b[0-9a-f]{64}\b": "SUM",
    r"\d+\.\d+\.\d+\.\d+:\d+": "ADDRESS",
    r"port \d+": "port N",
    r'(_ms(=|": ))(\d+|null)': r"\1N",
    r'(\bbytes=|"worker": )\d+': r"\1N",
    r"(?m)^[\w-]{22}(?=  )": "ID",
    r"\b(\d+m\d\ds|[\d.]+ m?s)\b": "AGE",
    r"\b[1-9][\d.]* ?[KM]i?B\b": "MANY",
    r" {2,}": "  ",
    r'(expiry_seconds.*listener=")[^"]*(".*) [1-9]\d*': r"\1ADDRESS\2 WHEN",
    r'agent=("[^"]*"|\S+)': "agent=AGENT",
}


def sections(page):
    """By heading, the (language, body) of its fenced blocks, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    parts = re.split(r"^##+ ", text, flags=re.M)[1:]
    return {
        part.partition("\n")[0]: [
            (language, dedent(body)) for language, body in BLOCK.findall(part)
        ]
        for part in parts
    }


def common(text):
    """text without what varies."""
    for what, instead in VARIES.items():
        text = re.sub(what, instead, text)
    return text


def is_shown(shown, printed):
    """Whether this is what the page shows; `...` there is anything."""
    pattern = re.escape(common(shown.strip())).replace(r"\.\.\.", r"(.|\n)*")
    return re.fullmatch(pattern, common(printed.strip()))


class Console:
    """Runs commands in a folder. values: what stands for what the page
    names, the first that fits; log: a function that gives the gateway's."""

    def __init__(self, folder, values, log=None):
        self.folder = folder
        self.values = values
        self.log = log
        self.environment = {
            "PATH": f"{Path(BINARY).resolve().parent}:{os.environ['PATH']}",
            "FAKETTY": "1",  # redis-cli prints what it prints in a terminal
        }

    @property
    def journal(self):
        return self.folder / "journal"

    def filled(self, command):
        names = "|".join(map(re.escape, self.values))
        return re.sub(
            rf"({names})(?!\d)", lambda found: self.values[found[0]], command
        )

    def run(self, command):
        command = self.filled(command)
        if self.log:
            self.journal.write_text(self.log() + "\n")
        return subprocess.run(
            ["bash", "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds(20),
            cwd=self.folder,
            env={**os.environ, **self.environment},
        )

    def prints(self, command, shown):
        """Now, or in a moment: what is waited for may be under way."""
        last = []

        def is_as_shown():
            last[:] = [self.run(command).stdout]
            return is_shown(shown, last[0])

        try:
            eventually(is_as_shown, 10)
        except AssertionError:
            raise AssertionError(
                f"$ {command}\n{last[0]}--- and the page shows\n{shown}"
            ) from None

    def follow(self, block):
        """Each command of a block, which prints what stands below it."""
        for command, shown in COMMAND.findall(block):
            self.prints(command, shown)
