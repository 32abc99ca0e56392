"""Pages of which a part is made of results: it stands between two lines."""

import sys

END = "<!-- /figures -->"


def begin(maker):
    """The line before what the script `maker` writes."""
    return f"<!-- figures: made by bench/{maker} -->"


def read(path):
    """The file's text; empty when there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def with_part(path, maker, text):
    """The page with text as its part, made by `maker`."""
    before, first, rest = read(path).partition(begin(maker))
    _, last, after = rest.partition(END)
    if not first or not last:
        sys.exit(f"{maker}: {path} lacks the lines {begin(maker)} and {END}")
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
