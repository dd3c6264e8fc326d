"""The process of one target: ``python -m tests.fuzz.one TARGET INPUTS SEED``.

atheris sees only what is imported after it, so this comes first.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None

HERE = Path(__file__).parent


def main(name: str, n_inputs: int, seed: int) -> int:
    """Fuzz it; what is found is kept in ``findings/``."""
    if atheris is None:
        return _at_random(name, n_inputs, seed)
    with atheris.instrument_imports(include=["ivr_agi"]):
        from tests.fuzz.targets import BY_NAME, be_quiet, seeds_of
    be_quiet()
    target, found = BY_NAME[name], HERE / "findings" / name
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, data in enumerate(seeds_of(name)):
            (Path(corpus) / str(number)).write_bytes(data)
        options = [f"-runs={n_inputs}", f"-seed={seed}", f"-max_len={target.max_bytes}"]
        options += [f"-artifact_prefix={found}/", "-timeout=60", "-rss_limit_mb=2000"]
        atheris.Setup(["fuzz", *options, corpus], target.run)
        atheris.Fuzz()
    return 0


def _at_random(name: str, n_inputs: int, seed: int) -> int:
    from tests.fuzz.mutate import mutants
    from tests.fuzz.targets import BY_NAME, be_quiet, seeds_of

    be_quiet()
    target = BY_NAME[name]
    for number, data in enumerate(mutants(seeds_of(name), n_inputs, target.max_bytes, seed), 1):
        try:
            target.run(data)
        except BaseException:
            found = HERE / "findings" / name
            found.mkdir(parents=True, exist_ok=True)
            (found / f"mutant-{number}").write_bytes(data)
            raise
    sys.stdout.write(f"Done {n_inputs} runs\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
