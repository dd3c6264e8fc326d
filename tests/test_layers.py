"""The rules of the house (docs/design.md 4); ``python -m tests.house`` prints what breaks them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.house.checks import CHECKS, House, new
from tests.house.code import ROOT


@pytest.fixture(scope="module")
def house() -> House:
    """All modules of the package and of the benchmarks."""
    return House()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_is_in_order(check: Callable[[House], Iterable[str]], house: House) -> None:
    """No rule is broken, except by what tests/house/known.txt still lists."""
    assert not new(check(house), check.__name__)


def test_every_module_has_a_test_file(house: House) -> None:
    """tests/x/test_y.py for ivr_agi/x/y.py and benchmarks/y.py; faces need none."""
    missing = []
    for module in house.modules.values():
        path = Path(module.file.removeprefix("ivr_agi/"))
        if path.name in {"__init__.py", "__main__.py"} or path.parts[0] == "cli":
            continue  # tests/cli/test_cli.py
        path = TESTED_WITH.get(path, path)
        if not (ROOT / "tests" / path.parent / f"test_{path.name}").exists():
            missing.append(module.file)
    assert not missing


TESTED_WITH: dict[Path, Path] = {
    Path("audio/frames.py"): Path("audio/levels.py"),
    Path("benchmarks/asterisk/ami.py"): Path("real_asterisk/contract.py"),
    Path("benchmarks/asterisk/caller.py"): Path("real_asterisk/contract.py"),
    Path("benchmarks/asterisk/chroot.py"): Path("real_asterisk/contract.py"),
    Path("benchmarks/asterisk/installation.py"): Path("real_asterisk/calls.py"),
    Path("benchmarks/asterisk/instance.py"): Path("real_asterisk/contract.py"),
    Path("bench/baseline.py"): Path("bench/calls.py"),
    Path("bench/chart.py"): Path("bench/calls.py"),
    Path("bench/installation.py"): Path("bench/turn.py"),
    Path("bench/processes.py"): Path("bench/sis.py"),
    Path("benchmarks/sip.py"): Path("real_asterisk/load.py"),
    Path("bench/signals.py"): Path("bench/sis.py"),
    Path("bench/sis_callers.py"): Path("bench/sis.py"),
    Path("benchmarks/onset.py"): Path("benchmarks/noise.py"),
    Path("benchmarks/turn.py"): Path("real_asterisk/barge_in.py"),
    Path("demo/picture.py"): Path("demo/demo.py"),
    Path("demo/run.py"): Path("demo/demo.py"),
    Path("dialogue/turn/commands.py"): Path("dialogue/turn/machine.py"),
    Path("dialogue/turn/inputs.py"): Path("dialogue/turn/table.py"),
    Path("dialogue/turn/outcomes.py"): Path("dialogue/turn/report.py"),
    Path("flow/run/call.py"): Path("flow/run/engine.py"),
    Path("flow/load/faults.py"): Path("flow/load/loader.py"),
    Path("flow/load/schema.py"): Path("flow/load/loader.py"),
    Path("flow/file/head.py"): Path("flow/load/loader.py"),
    Path("flow/file/model.py"): Path("flow/load/loader.py"),
    Path("flow/run/options.py"): Path("flow/run/asking.py"),
    Path("flow/run/phrases.py"): Path("flow/run/asking.py"),
    Path("flow/run/outside.py"): Path("flow/run/engine.py"),
    Path("flow/run/results.py"): Path("flow/run/engine.py"),
    Path("flow/file/slots.py"): Path("flow/steps/ask.py"),
    Path("flow/file/step.py"): Path("flow/run/asking.py"),
    Path("flow/steps/hours.py"): Path("flow/file/hours.py"),
    Path("flow/steps/menu.py"): Path("flow/run/asking.py"),
    Path("flow/steps/say.py"): Path("flow/run/engine.py"),
    Path("rehearsal/caller.py"): Path("rehearsal/stage.py"),
    Path("rehearsal/listening.py"): Path("rehearsal/engines.py"),
    Path("rehearsal/paper.py"): Path("benchmarks/flow.py"),
    Path("rehearsal/phone.py"): Path("rehearsal/stage.py"),
    Path("rehearsal/spec.py"): Path("rehearsal/conversations.py"),
    Path("serve/vocabularies.py"): Path("serve/wiring.py"),
    Path("simulator/events.py"): Path("simulator/line.py"),
}
"""Files that are tested with another one, and with which."""
