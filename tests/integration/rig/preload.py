"""Libraries of C that stand in front of the daemon's: a clock, a kernel, an
allocator with a mind of its own."""

import os
import subprocess


def build_library(source, folder, *options):
    """Its path: the source's name, in the folder."""
    library = folder / f"{source.stem}.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", library]
        + [source, *options],
        check=True,
    )
    return library


def preloaded(library, **told):
    """The environment of a daemon that has it, and is told this."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return {
        "LD_PRELOAD": str(library),
        # AddressSanitizer wants to be the first library otherwise.
        "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0",
        **told,
    }
