"""What /proc says of what may be gone in the middle of a look at it."""

from pathlib import Path


def words_of(path):
    """What stands there, without the line's end; None when there is nothing
    any more: the process or thread has ended, the file been closed."""
    try:
        return Path(path).read_text().rstrip("\n")
    except (FileNotFoundError, ProcessLookupError):
        return None
