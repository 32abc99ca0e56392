"""What is made once in a test run, in however many processes that runs."""

import fcntl
import os
import pickle
import shutil


def once(tmp_path_factory, name, make):
    """What make(folder) gives, of whichever process came first. The folder
    is there for all of them, and nobody writes to it afterwards."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # each process has a folder in it
    folder, made = root / name, root / f"{name}.made"
    with open(root / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            # One that could not make it may have left a part.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            made.write_bytes(pickle.dumps(make(folder)))
    return pickle.loads(made.read_bytes())
