"""Makes the environment with the vendor's packages: ``python -m tests.vendor.bootstrap``."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

__all__ = ("HOME", "PACKAGES", "PYTHON")

PACKAGES = ("huaweicloudsdksis>=3.1", "websocket-client>=1.7")
HOME = Path(
    os.environ.get("IVR_AGI_VENDOR_VENV") or Path.home() / ".cache" / "ivr-agi" / "vendor-venv"
)
PYTHON = HOME / "bin" / "python"


def main() -> None:
    """Make it, unless it is there."""
    if not PYTHON.exists():
        venv.create(HOME, with_pip=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    sys.exit(subprocess.run([*command, *PACKAGES], check=False).returncode)


if __name__ == "__main__":
    main()
