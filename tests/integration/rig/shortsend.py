"""A kernel that takes of what the daemon sends as much as it likes."""

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


def short_sends(folder):
    """The environment that a daemon has it by."""
    library = folder / "shortsend.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, SOURCE],
        check=True,
    )
    options = os.environ.get("ASAN_OPTIONS", "")
    return {
        "LD_PRELOAD": str(library),
        # AddressSanitizer wants to be the first library otherwise.
        "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0",
    }
