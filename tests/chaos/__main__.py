"""``python -m tests.chaos --seed 1 --calls 200``: exit code 0 if nothing was wrong."""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ivr_agi.log import set_up_logging
from tests.chaos.run import ChaosPlan, report, run_chaos

_MAY_MOUNT = "CHAOS_MAY_MOUNT"


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=[1], nargs="+", help="one run for each")
    parser.add_argument("--calls", type=int, default=200, help="of each run (%(default)s)")
    parser.add_argument("--at-once", type=int, default=40, help="calls at a time (%(default)s)")
    parser.add_argument("--keep", type=Path, help="folder for what a run leaves")
    args = parser.parse_args()
    _have_mounts_of_our_own()
    if not os.environ.get(_MAY_MOUNT):
        say("the disk cannot be filled or locked here: that needs the right to mount")
    set_up_logging(console="error")
    n_wrong = 0
    for seed in args.seed:
        folder = args.keep or Path(tempfile.mkdtemp(prefix="ivr-agi-chaos-"))
        folder.mkdir(parents=True, exist_ok=True)
        plan = ChaosPlan(seed, args.calls, args.at_once)
        began = time.monotonic()
        run = asyncio.run(run_chaos(folder, plan, say))
        lines, n_more = report(run, time.monotonic() - began)
        n_wrong += n_more
        say(f"\nseed {seed}: " + "\n".join(lines))
        say(f"what it left is in {folder}" if n_more or args.keep else "")
        if not n_more and not args.keep:
            subprocess.run(["rm", "-rf", str(folder)], check=False)
    return int(n_wrong > 0)


def _have_mounts_of_our_own() -> None:
    """Run in a mount namespace of our own, where that is allowed: nobody else sees its disks."""
    if _MAY_MOUNT in os.environ:
        return
    for namespace in (["--mount"], ["--user", "--map-root-user", "--mount"]):
        command = ["unshare", *namespace, "--propagation", "private"]
        probe = [*command, "mount", "-t", "tmpfs", "none", "/mnt"]
        try:
            allowed = not subprocess.run(probe, capture_output=True, check=False).returncode
        except FileNotFoundError:
            return
        if allowed:
            os.environ[_MAY_MOUNT] = "1"
            os.execvp("unshare", [*command, sys.executable, "-m", "tests.chaos", *sys.argv[1:]])


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
