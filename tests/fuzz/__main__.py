"""``python -m tests.fuzz --inputs 1000000``: all targets, or those that are named.

Each target runs in a process of its own (:mod:`tests.fuzz.one`). The exit code is 1 if something
was found; it is in ``findings/``.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time

from tests.fuzz.targets import BY_NAME, TARGETS


def main() -> int:
    """Run the targets, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help=f"{', '.join(BY_NAME)}; or all"
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="all together (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if wrong := set(args.targets) - set(BY_NAME):
        parser.error(f"there is no target {', '.join(sorted(wrong))}")
    chosen = [BY_NAME[name] for name in args.targets] or list(TARGETS)
    total = sum(target.share for target in chosen)
    n_run = n_found = 0
    for target in chosen:
        n_inputs = round(args.inputs * target.share / total)
        n_done, is_clean, took_s = _in_a_process(target.name, n_inputs, args.seed)
        n_run += n_done
        n_found += not is_clean
        sys.stdout.write(
            f"{target.name:20} {n_done:9,} inputs {took_s:6.0f} s  "
            f"{'ok' if is_clean else 'FOUND SOMETHING, see findings/'}\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{'all':20} {n_run:9,} inputs, findings: {n_found}\n")
    return int(n_found > 0)


def _in_a_process(name: str, n_inputs: int, seed: int) -> tuple[int, bool, float]:
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz.one", name, str(n_inputs), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        sys.stdout.write(done.stdout[-3000:] + done.stderr[-6000:])
    told = re.findall(r"^#(\d+)|Done (\d+) runs", done.stderr + done.stdout, re.MULTILINE)
    counts = [int(first or second) for first, second in told]
    return max(counts, default=0), not done.returncode, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
