"""A kernel that is out of buffers for one send of the daemon's subscriber."""

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


class SendFault:
    def __init__(self, folder):
        library = folder / "sendfault.so"
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", library, SOURCE],
            check=True,
        )
        self.path = folder / "sendfault"
        options = os.environ.get("ASAN_OPTIONS", "")
        self.env = {
            "LD_PRELOAD": str(library),
            "ROOMCAST_TEST_FAULT": str(self.path),
            # AddressSanitizer wants to be the first library otherwise.
            "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0",
        }

    def inject(self):
        self.path.touch()

    def has_happened(self):
        return not self.path.exists()
