"""Pages of which a part is made of results: it stands between two lines."""

import sys

END = "<!-- /figures -->"


def begin(maker, part=None):
    """The line before what the script `maker` writes; a page that has several
    of it gives each part a name."""
    what = f"figures {part}" if part else "figures"
    return f"<!-- {what}: made by bench/{maker} -->"


def read(path):
    """The file's text; empty when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def with_part(path, maker, text, part=None, page=None):
    """The page with text as its part, made by `maker`; page: what it holds
    already, when that is not what is in the file."""
    line = begin(maker, part)
    before, first, rest = (page or read(path)).partition(line)
    _, last, after = rest.partition(END)
    if not first or not last:
        sys.exit(f"{maker}: {path} lacks the lines {line} and {END}")
    return f"{before}{first}\n\n{text}\n\n{last}{after}"


def update(wanted, is_check, remedy):
    """Write each (path, text) that is not current; with is_check only name
    it, and exit with 1 if there is any."""
    stale = [(path, text) for path, text in wanted if read(path) != text]
    for path, text in stale:
        if is_check:
            print(f"{path} is not current: {remedy}", file=sys.stderr)
            continue
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    if is_check and stale:
        sys.exit(1)
