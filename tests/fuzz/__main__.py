"""``python -m tests.fuzz --inputs 1000000``: all targets, or those that are named.

Each target runs in a process of its own. What is found is kept in ``findings/``, and the exit code
is 1. Without atheris, inputs are mutated at random.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.mutate import mutants
from tests.fuzz.targets import BY_NAME, TARGETS, Target, be_quiet

HERE = Path(__file__).parent


def seeds_of(name: str) -> list[bytes]:
    """What a target begins with."""
    folders = (HERE / "seeds" / name, HERE / "findings" / name)
    return [file.read_bytes() for folder in folders for file in sorted(folder.glob("*"))]


def main() -> int:
    """Run the targets, or, with ``--one``, be the process of one."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[*BY_NAME, []], help="(default: all)")
    parser.add_argument("--inputs", type=int, default=100_000, help="all together (%(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", choices=BY_NAME, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        return run_one(BY_NAME[args.one], args.inputs, args.seed)
    chosen = [BY_NAME[name] for name in args.targets] or list(TARGETS)
    total = sum(target.share for target in chosen)
    n_run = n_found = 0
    for target in chosen:
        n_inputs = round(args.inputs * target.share / total)
        n_done, is_clean, took_s = _in_a_process(target, n_inputs, args.seed)
        n_run += n_done
        n_found += not is_clean
        sys.stdout.write(
            f"{target.name:20} {n_done:9,} inputs {took_s:6.0f} s  "
            f"{'ok' if is_clean else 'FOUND SOMETHING, see findings/'}\n"
        )
        sys.stdout.flush()
    sys.stdout.write(f"{'all':20} {n_run:9,} inputs, findings: {n_found}\n")
    return int(n_found > 0)


def _in_a_process(target: Target, n_inputs: int, seed: int) -> tuple[int, bool, float]:
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz", "--one", target.name]
    command += ["--inputs", str(n_inputs), "--seed", str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stdout.write(done.stdout[-3000:] + done.stderr[-6000:])
    told = re.findall(r"^#(\d+)|Done (\d+) runs", done.stderr + done.stdout, re.MULTILINE)
    counts = [int(first or second) for first, second in told]
    return max(counts, default=0), not done.returncode, time.monotonic() - began


def run_one(target: Target, n_inputs: int, seed: int) -> int:
    """Fuzz one target in this process."""
    found = HERE / "findings" / target.name
    if importlib.util.find_spec("atheris") is not None:
        return _with_atheris(target, n_inputs, seed, found)
    be_quiet()
    for number, data in enumerate(
        mutants(seeds_of(target.name), n_inputs, target.max_bytes, seed), 1
    ):
        try:
            target.run(data)
        except BaseException:
            found.mkdir(parents=True, exist_ok=True)
            (found / f"mutant-{number}").write_bytes(data)
            raise
    sys.stdout.write(f"Done {n_inputs} runs\n")
    return 0


def _with_atheris(target: Target, n_inputs: int, seed: int, found: Path) -> int:
    import atheris

    atheris.instrument_all()
    be_quiet()
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds_of(target.name)):
            (Path(corpus) / str(number)).write_bytes(data)
        options = [f"-runs={n_inputs}", f"-seed={seed}", f"-max_len={target.max_bytes}"]
        options += [f"-artifact_prefix={found}/", "-timeout=20", "-rss_limit_mb=2000"]
        atheris.Setup(["fuzz", *options, corpus], target.run)
        atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
