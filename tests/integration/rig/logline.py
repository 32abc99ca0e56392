"""Lines of the daemon's log, in both formats."""

import json
import re
from typing import NamedTuple

LINE = re.compile(
    r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
    r"(debug|info|warn|error) ([a-z0-9_]+): (.*)$"
)
PAIR = re.compile(r' ([a-z0-9_]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?= |$)')


class LogLine(NamedTuple):
    level: str
    token: str
    event: str
    pairs: dict


def parse_text(line):
    """A line of log.format text; None for what is none."""
    match = LINE.match(line)
    if not match:
        return None
    level, token, rest = match.groups()
    first = PAIR.search(rest)
    event = rest[: first.start()] if first else rest
    pairs = {
        key: value.strip('"') if value.startswith('"') else value
        for key, value in PAIR.findall(rest[len(event) :])
    }
    return LogLine(level, token, event, pairs)


def parse_json(line):
    """A line of log.format json; raises ValueError for what is none."""
    fields = json.loads(line)
    del fields["time"]
    return LogLine(
        fields.pop("level"), fields.pop("component"), fields.pop("msg"), fields
    )


def parse(line):
    return parse_json(line) if line.startswith("{") else parse_text(line)
