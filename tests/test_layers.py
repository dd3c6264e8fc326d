"""The direction of imports and the cores without I/O, read from the code (docs/design.md 4)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ivr_agi"

MAY_IMPORT = {
    "errors": set(),
    "settings": {"errors"},
    "log": {"errors"},
    "audio": {"errors"},
    "journal": {"errors"},
    "agi": {"errors", "audio"},
    "sis": {"errors"},
    "simulator": {"errors", "audio"},
    "speech_server": {"errors", "audio", "sis"},
    "dialogue": {"errors", "settings", "audio", "journal", "agi", "sis"},
    "flow": {"errors", "journal", "dialogue"},
    "serve": {"errors", "settings", "log", "audio", "journal", "agi", "sis", "dialogue", "flow"},
    "rehearsal": {
        *("errors", "settings", "audio", "journal", "agi", "sis", "dialogue", "flow", "serve"),
        *("simulator", "speech_server"),
    },
    "bench": {
        *("errors", "settings", "audio", "journal", "agi", "sis", "dialogue", "flow", "serve"),
        *("simulator", "speech_server", "rehearsal", "demo", "cli"),
    },
    "doctor": {"errors", "settings", "audio", "sis", "flow", "serve"},
    "demo": {"errors", "audio", "journal", "sis", "flow", "serve", "simulator"},
}
"""Rooms that a room may import; ``cli`` may import all."""

CORES = {
    "agi/protocol.py",
    "agi/dialog.py",
    "audio/frames.py",
    "audio/g711.py",
    "audio/health.py",
    "audio/levels.py",
    "audio/pauses.py",
    "audio/wideband.py",
    "bench/ladder.py",
    "bench/report.py",
    "bench/stamps.py",
    "demo/timeline.py",
    "doctor/findings.py",
    "doctor/pbx.py",
    "dialogue/commands.py",
    "dialogue/echo.py",
    "dialogue/onset.py",
    "dialogue/ear.py",
    "dialogue/judge.py",
    "dialogue/keys.py",
    "dialogue/message.py",
    "dialogue/plan.py",
    "dialogue/report.py",
    "dialogue/states.py",
    "dialogue/words.py",
    "dialogue/outcomes.py",
    "dialogue/pacing.py",
    "dialogue/parts.py",
    "dialogue/recorder.py",
    "dialogue/rendering.py",
    "dialogue/turn.py",
    "flow/alignment.py",
    "flow/fillers.py",
    "flow/matching.py",
    "flow/asking.py",
    "flow/cost.py",
    "flow/drawing.py",
    "flow/layout.py",
    "flow/svg.py",
    "flow/lint.py",
    "flow/call.py",
    "flow/engine.py",
    "flow/faults.py",
    "flow/hours.py",
    "flow/model.py",
    "flow/phrases.py",
    "flow/prompts.py",
    "flow/results.py",
    "flow/slot_specs.py",
    "flow/spec.py",
    "flow/step.py",
    "flow/turn_spec.py",
    "flow/templates.py",
    "flow/verbs/ask.py",
    "flow/verbs/confirm.py",
    "flow/verbs/dialplan.py",
    "flow/verbs/hours.py",
    "flow/verbs/logic.py",
    "flow/verbs/menu.py",
    "flow/verbs/record.py",
    "flow/verbs/say.py",
    "flow/verbs/subflow.py",
    "flow/numerals.py",
    "flow/pinyin.py",
    "flow/slots/base.py",
    "flow/slots/breaths.py",
    "flow/slots/dates.py",
    "flow/slots/digits.py",
    "flow/slots/free_text.py",
    "flow/slots/identity.py",
    "flow/slots/money.py",
    "flow/slots/numbers.py",
    "flow/slots/one_of.py",
    "flow/slots/phone.py",
    "flow/slots/plate.py",
    "flow/slots/times.py",
    "flow/slots/yes_no.py",
    "flow/sounds.py",
    "simulator/asterisk.py",
    "simulator/caller.py",
    "simulator/events.py",
    "simulator/hearing.py",
    "simulator/incoming.py",
    "simulator/line.py",
    "simulator/stdio.py",
    "sis/billing.py",
    "sis/chunks.py",
    "sis/events.py",
    "sis/formats.py",
    "sis/messages.py",
    "sis/modes.py",
    "sis/protocol.py",
    "sis/recognition.py",
    "sis/service.py",
    "sis/ssml.py",
    "sis/synthesis.py",
    "sis/texts.py",
    "sis/timings.py",
    "sis/wire.py",
    "speech_server/continuous.py",
    "speech_server/engines/edges.py",
    "speech_server/engines/endpointer.py",
    "speech_server/engines/markup.py",
    "speech_server/gate.py",
    "speech_server/listener.py",
    "speech_server/requests.py",
    "speech_server/script.py",
    "speech_server/sentence.py",
    "speech_server/sessions.py",
    "speech_server/short.py",
    "speech_server/spelling.py",
    "speech_server/states.py",
    "speech_server/subtitles.py",
    "speech_server/voiced.py",
}

IO_MODULES = {"asyncio", "os", "socket", "threading", "time", "subprocess", "logging.config"}

ALL_FILES = sorted(PACKAGE.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            yield node.module


def name(file: Path) -> str:
    """Path below the package."""
    return str(file.relative_to(PACKAGE))


@pytest.mark.parametrize("file", ALL_FILES, ids=name)
def test_imports_point_down(file: Path) -> None:
    """A room imports only the rooms below it."""
    room = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room in {"cli", "__init__", "__main__"}:
        return
    rooms = {module.split(".")[1] for module in imports(file) if module.startswith("ivr_agi.")} - {
        room
    }
    assert rooms <= MAY_IMPORT[room], f"{name(file)} imports {rooms - MAY_IMPORT[room]}"


@pytest.mark.parametrize("core", sorted(CORES))
def test_cores_do_no_io(core: str) -> None:
    """They are driven by bytes, events and `now`."""
    found = {module for module in imports(PACKAGE / core) if module in IO_MODULES}
    assert not found


@pytest.mark.parametrize("file", ALL_FILES, ids=name)
def test_files_stay_readable(file: Path) -> None:
    """Split at 500 lines; a function stops at 60."""
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            doc = ast.get_docstring(node, clean=False) or ""
            size = node.end_lineno - node.lineno + 1 - (doc.count("\n") + 1 if doc else 0)
            assert size <= 60, f"{node.name} has {size} lines"


@pytest.mark.parametrize("file", ALL_FILES, ids=name)
def test_every_module_has_a_test_file(file: Path) -> None:
    """tests/x/test_y.py for ivr_agi/x/y.py."""
    path = file.relative_to(PACKAGE)
    if path.name in {"__init__.py", "__main__.py"} or path.parts[0] == "cli":
        return  # tests/cli/test_cli.py
    if path in SHARED:
        path = SHARED[path]
    assert (PACKAGE.parent / "tests" / path.parent / f"test_{path.name}").exists()


SHARED = {
    Path("audio/frames.py"): Path("audio/levels.py"),
    Path("bench/asterisk/ami.py"): Path("real_asterisk/contract.py"),
    Path("bench/asterisk/caller.py"): Path("real_asterisk/contract.py"),
    Path("bench/asterisk/chroot.py"): Path("real_asterisk/contract.py"),
    Path("bench/asterisk/installation.py"): Path("real_asterisk/calls.py"),
    Path("bench/asterisk/instance.py"): Path("real_asterisk/contract.py"),
    Path("bench/baseline.py"): Path("bench/calls.py"),
    Path("bench/launch.py"): Path("bench/calls.py"),
    Path("bench/load.py"): Path("bench/sis.py"),
    Path("bench/picture.py"): Path("bench/calls.py"),
    Path("bench/processes.py"): Path("bench/sis.py"),
    Path("bench/sip_site.py"): Path("real_asterisk/load.py"),
    Path("bench/sounds.py"): Path("bench/turns.py"),
    Path("bench/soak.py"): Path("bench/calls.py"),
    Path("demo/picture.py"): Path("demo/demo.py"),
    Path("demo/run.py"): Path("demo/demo.py"),
    Path("dialogue/commands.py"): Path("dialogue/turn.py"),
    Path("dialogue/outcomes.py"): Path("dialogue/report.py"),
    Path("flow/call.py"): Path("flow/engine.py"),
    Path("flow/faults.py"): Path("flow/loader.py"),
    Path("flow/model.py"): Path("flow/loader.py"),
    Path("flow/phrases.py"): Path("flow/asking.py"),
    Path("flow/results.py"): Path("flow/engine.py"),
    Path("flow/slot_specs.py"): Path("flow/verbs/ask.py"),
    Path("flow/step.py"): Path("flow/asking.py"),
    Path("flow/verbs/hours.py"): Path("flow/hours.py"),
    Path("flow/verbs/menu.py"): Path("flow/asking.py"),
    Path("flow/verbs/say.py"): Path("flow/engine.py"),
    Path("rehearsal/caller.py"): Path("rehearsal/stage.py"),
    Path("rehearsal/listening.py"): Path("rehearsal/engines.py"),
    Path("rehearsal/paper.py"): Path("bench/flow.py"),
    Path("rehearsal/phone.py"): Path("rehearsal/stage.py"),
    Path("rehearsal/spec.py"): Path("rehearsal/conversations.py"),
    Path("serve/vocabularies.py"): Path("serve/services.py"),
    Path("simulator/events.py"): Path("simulator/line.py"),
}
"""Files that are tested with another one, and with which."""
