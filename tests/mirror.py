"""How much of each module its own tests run: ``python -m tests.mirror``, the end of ``make test``.

The tests of ``ivr_agi/x/y.py`` are in ``tests/x/test_y.py`` and ``tests/x/test_y_*.py``. What other
tests run of a module on their way does not count: they would not notice if it were wrong.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import coverage

from tests.house.code import ROOT, Module, modules

__all__ = ("EXCEPTIONS", "TESTED_WITH", "enough", "main", "mirror", "share")

LEAST_PERCENT = 85
"""Of a module's branches; one branch may be missing everywhere, however few there are."""

TESTED_WITH = {
    "bench/baseline.py": "bench/calls.py",
    "bench/chart.py": "bench/calls.py",
    "bench/installation.py": "bench/turn.py",
    "bench/signals.py": "bench/sis.py",
    "benchmarks/asterisk/ami.py": "real_asterisk/contract.py",
    "benchmarks/asterisk/caller.py": "real_asterisk/contract.py",
    "benchmarks/asterisk/chroot.py": "real_asterisk/contract.py",
    "benchmarks/asterisk/installation.py": "real_asterisk/calls.py",
    "benchmarks/asterisk/rtp.py": "real_asterisk/contract.py",
    "benchmarks/restart_sites.py": "benchmarks/restart.py",
    "benchmarks/asterisk/instance.py": "real_asterisk/contract.py",
    "benchmarks/postgresql.py": "benchmarks/store.py",
    "benchmarks/turn.py": "real_asterisk/barge_in.py",
    "cli/__init__.py": "cli/cli.py",
    "cli/backup.py": "cli/store_commands.py",
    "cli/bench/__init__.py": "cli/cli.py",
    "cli/bench/calls.py": "cli/cli.py",
    "cli/bench/common.py": "cli/cli.py",
    "cli/bench/sis.py": "cli/cli.py",
    "cli/bench/turn.py": "cli/cli.py",
    "cli/calls.py": "cli/store_commands.py",
    "cli/console.py": "cli/store_commands.py",
    "cli/demo.py": "demo/demo.py",
    "cli/doctor.py": "cli/cli.py",
    "cli/flow.py": "cli/cli.py",
    "cli/flow_talk.py": "cli/cli.py",
    "cli/forget.py": "cli/store_commands.py",
    "cli/ingest.py": "cli/store_commands.py",
    "cli/replay.py": "cli/store_commands.py",
    "cli/install.py": "cli/serve_commands.py",
    "cli/opened.py": "cli/store_commands.py",
    "cli/prompts.py": "cli/cli.py",
    "cli/purge.py": "cli/store_commands.py",
    "cli/report.py": "cli/store_commands.py",
    "cli/restore.py": "cli/store_commands.py",
    "cli/serve.py": "cli/serve_commands.py",
    "cli/show.py": "cli/store_commands.py",
    "cli/speech_server.py": "cli/cli.py",
    "cli/status.py": "cli/store_commands.py",
    "cli/support.py": "cli/store_commands.py",
    "cli/unmatched.py": "cli/store_commands.py",
    "cli/vocabulary.py": "cli/cli.py",
    "demo/picture.py": "demo/demo.py",
    "demo/run.py": "demo/demo.py",
    "dialogue/turn/commands.py": "dialogue/turn/machine.py",
    "dialogue/turn/inputs.py": "dialogue/turn/table.py",
    "flow/file/head.py": "flow/load/loader.py",
    "flow/file/model.py": "flow/load/loader.py",
    "flow/file/slots.py": "flow/steps/ask.py",
    "flow/file/step.py": "flow/run/asking.py",
    "flow/load/faults.py": "flow/load/loader.py",
    "flow/load/schema.py": "flow/load/loader.py",
    "flow/run/call.py": "flow/run/engine.py",
    "flow/run/options.py": "flow/run/asking.py",
    "flow/run/outside.py": "flow/run/engine.py",
    "flow/run/phrases.py": "flow/run/asking.py",
    "flow/run/results.py": "flow/run/engine.py",
    "flow/steps/hours.py": "flow/file/hours.py",
    "flow/steps/menu.py": "flow/run/asking.py",
    "flow/steps/say.py": "flow/run/engine.py",
    "journal/event.py": "journal/journal.py",
    "language/en/around.py": "language/grammar.py",
    "language/en/dates.py": "language/grammar.py",
    "language/en/durations.py": "language/slots/duration.py",
    "language/en/names.py": "language/slots/spoken_text.py",
    "language/en/numbers.py": "language/grammar.py",
    "language/en/plates.py": "language/slots/plate.py",
    "language/en/spelling.py": "language/slots/spelled.py",
    "language/en/yes_no.py": "language/grammar.py",
    "language/rules.py": "language/grammar.py",
    "language/zh/around.py": "language/grammar.py",
    "language/zh/dates.py": "language/grammar.py",
    "language/zh/durations.py": "language/slots/duration.py",
    "language/zh/names.py": "language/slots/spoken_text.py",
    "language/zh/numbers.py": "language/grammar.py",
    "language/zh/spelling.py": "language/slots/spelled.py",
    "language/zh/script.py": "language/tokens.py",
    "language/zh/yes_no.py": "language/grammar.py",
    "metrics/exposition.py": "metrics/counting.py",
    "rehearsal/caller.py": "rehearsal/stage.py",
    "rehearsal/phone.py": "rehearsal/stage.py",
    "rehearsal/spec.py": "rehearsal/conversations.py",
    "report/definitions.py": "report/numbers.py",
    "report/drawing.py": "report/page.py",
    "speech_server/session.py": "speech_server/modes.py",
    "store_settings.py": "settings.py",
    "store/audit.py": "store/forget.py",
    "store/bulk.py": "store/ingest.py",
    "store/erasing.py": "store/forget.py",
    "store/migrations/env.py": "store/database.py",
    "store/migrations/versions/0001_first.py": "store/database.py",
    "store/migrations/versions/0002_deliveries.py": "store/database.py",
    "store/places.py": "store/forget.py",
    "store/tables.py": "store/database.py",
    "store/writing.py": "store/ingest.py",
}
"""Files that are tested with another one, and with which; their own test file counts as well."""

_REAL_ASTERISK = "needs a real Asterisk: make test-asterisk"
_OWN_PROCESS = "runs in a process of its own, which its tests start"

EXCEPTIONS = {
    "benchmarks/asterisk/ami.py": _REAL_ASTERISK,
    "benchmarks/asterisk/caller.py": _REAL_ASTERISK,
    "benchmarks/asterisk/chroot.py": _REAL_ASTERISK,
    "benchmarks/asterisk/installation.py": _REAL_ASTERISK,
    "benchmarks/asterisk/instance.py": _REAL_ASTERISK,
    "benchmarks/asterisk/rtp.py": _REAL_ASTERISK,
    "benchmarks/restart_sites.py": _REAL_ASTERISK,
    "benchmarks/sip.py": _REAL_ASTERISK,
    "benchmarks/turn.py": _REAL_ASTERISK,
    "ivr_agi/bench/baseline.py": _OWN_PROCESS,
}
"""Modules of which less is run by their own tests, and why."""


def mirror(module: Module) -> list[str]:
    """The test files of a module that are there, below ``tests/``; where none is, what it needs.

    Nothing where it needs none.
    """
    path = module.file.removeprefix("ivr_agi/")
    if path.endswith(("__init__.py", "__main__.py")) and path not in TESTED_WITH:
        return []
    wanted = [_test_file(path), *([_test_file(TESTED_WITH[path])] if path in TESTED_WITH else [])]
    return [file for file in wanted if (ROOT / "tests" / file).exists()] or wanted[-1:]


def _test_file(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/test_{name}" if folder else f"test_{name}"


def share(data: coverage.Coverage, path: Path, own: Iterable[str]) -> tuple[int, int]:
    """How many of a module's branches its own tests run, and how many it has.

    Its lines, if it has no branches. What importing it runs is counted in: it has no test's name.

    Args:
        data: What all tests ran, with the test's name at each line (``--cov-context=test``).
        path: The module.
        own: Its test files, below ``tests/``.
    """
    if str(path) not in data.get_data().measured_files():
        return 0, 1
    names = (re.escape(f"tests/{file.removesuffix('.py')}") for file in own)
    contexts = ["^$", *(rf"^{name}(_\w+)?\.py::" for name in names)]
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        data.json_report([str(path)], outfile=file.name, contexts=contexts)
        totals = json.load(file)["totals"]
    if totals["num_branches"]:
        return totals["covered_branches"], totals["num_branches"]
    return totals["covered_lines"], totals["num_statements"]


def enough(run: int, all_of: int) -> bool:
    """Whether so many branches are enough: one may be missing everywhere."""
    return all_of - run <= max(1 if run else 0, all_of * (100 - LEAST_PERCENT) / 100)


def main() -> int:
    """Print the modules of which too little is run; 1 if there are any without a reason."""
    if importlib.util.find_spec("pocketsphinx") is None:  # Python 3.14: no wheel yet
        print("not all tests can be run without pocketsphinx: nothing is said of them")  # noqa: T201
        return 0
    data = coverage.Coverage(data_file=str(ROOT / ".coverage"))
    data.load()
    failed = 0
    for module in modules().values():
        own = mirror(module)
        if not own:
            continue
        run, all_of = share(data, module.path, own)
        if enough(run, all_of):
            continue
        reason = EXCEPTIONS.get(module.file)
        failed += reason is None
        print(f"{run:4} of {all_of:4} {module.file:45} {reason or '<- ' + ', '.join(own)}")  # noqa: T201
    print(f"{failed} modules have less than {LEAST_PERCENT} % run by their own tests")  # noqa: T201
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
