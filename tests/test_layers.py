"""The direction of imports and the cores without I/O, read from the code (docs/design.md 4)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ivr_agi"

MAY_IMPORT = {
    "errors": set(),
    "secret": set(),
    "settings": {"errors"},
    "log": {"errors"},
    "audio": {"errors"},
    "journal": {"errors"},
    "agi": {"errors", "audio"},
    "sis": {"errors", "secret"},
    "simulator": {"errors", "audio"},
    "speech_server": {"errors", "secret", "audio", "sis"},
    "wording": {"errors"},
    "language": {"errors"},
    "dialogue": {"errors", "settings", "audio", "journal", "language", "agi", "sis"},
    "flow": {"errors", "wording", "journal", "language", "dialogue"},
    "serve": {
        "errors",
        "secret",
        "settings",
        "log",
        "audio",
        "journal",
        "agi",
        "sis",
        "language",
        "dialogue",
        "flow",
    },
    "rehearsal": {
        *(
            "errors",
            "settings",
            "audio",
            "journal",
            "agi",
            "sis",
            "language",
            "dialogue",
            "flow",
            "serve",
        ),
        *("simulator", "speech_server"),
    },
    "bench": {
        *(
            "errors",
            "settings",
            "audio",
            "journal",
            "agi",
            "sis",
            "language",
            "dialogue",
            "flow",
            "serve",
        ),
        *("simulator", "speech_server", "rehearsal", "demo", "cli"),
    },
    "doctor": {"errors", "settings", "audio", "sis", "flow", "serve"},
    "demo": {"errors", "audio", "journal", "sis", "flow", "serve", "simulator"},
}
"""Rooms that a room may import; ``cli`` may import all."""

CORES = {
    "secret.py",
    "agi/text.py",
    "agi/connection.py",
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
    "dialogue/turn/commands.py",
    "dialogue/hearing/echo.py",
    "dialogue/hearing/onset.py",
    "dialogue/hearing/ear.py",
    "dialogue/turn/judge.py",
    "dialogue/turn/keys.py",
    "dialogue/record/message.py",
    "dialogue/turn/plan.py",
    "dialogue/turn/report.py",
    "dialogue/turn/table.py",
    "language/words.py",
    "dialogue/turn/outcomes.py",
    "dialogue/listen/pacing.py",
    "dialogue/prompt/parts.py",
    "dialogue/record/recorder.py",
    "language/saying.py",
    "dialogue/turn/machine.py",
    "language/alignment.py",
    "language/fillers.py",
    "language/matching.py",
    "flow/run/asking.py",
    "flow/tools/cost.py",
    "flow/tools/drawing.py",
    "flow/tools/layout.py",
    "flow/tools/svg.py",
    "flow/tools/lint.py",
    "flow/run/call.py",
    "flow/run/engine.py",
    "flow/file/faults.py",
    "flow/file/hours.py",
    "flow/file/model.py",
    "flow/run/phrases.py",
    "flow/run/prompts.py",
    "flow/run/results.py",
    "flow/file/slots.py",
    "flow/file/spec.py",
    "flow/file/step.py",
    "flow/file/turn.py",
    "flow/run/templates.py",
    "flow/steps/ask.py",
    "flow/steps/confirm.py",
    "flow/steps/dialplan.py",
    "flow/steps/hours.py",
    "flow/steps/logic.py",
    "flow/steps/menu.py",
    "flow/steps/record.py",
    "flow/steps/say.py",
    "flow/steps/subflow.py",
    "language/numerals.py",
    "language/pinyin.py",
    "language/slots/base.py",
    "language/slots/breaths.py",
    "language/slots/dates.py",
    "language/slots/digits.py",
    "language/slots/free_text.py",
    "language/slots/identity.py",
    "language/slots/money.py",
    "language/slots/numbers.py",
    "language/slots/one_of.py",
    "language/slots/phone.py",
    "language/slots/plate.py",
    "language/slots/times.py",
    "language/slots/yes_no.py",
    "language/phonetics.py",
    "simulator/asterisk.py",
    "simulator/caller.py",
    "simulator/events.py",
    "simulator/hearing.py",
    "simulator/incoming.py",
    "simulator/line.py",
    "simulator/stdio.py",
    "sis/wire/billing.py",
    "sis/client/chunks.py",
    "sis/wire/events.py",
    "sis/wire/formats.py",
    "sis/wire/messages.py",
    "sis/session/modes.py",
    "sis/session/socket_protocol.py",
    "sis/session/recognition.py",
    "sis/access/endpoint.py",
    "sis/wire/ssml.py",
    "sis/session/synthesis.py",
    "sis/wire/texts.py",
    "sis/wire/words.py",
    "sis/client/framing.py",
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
    Path("benchmarks/asterisk/ami.py"): Path("real_asterisk/contract.py"),
    Path("benchmarks/asterisk/caller.py"): Path("real_asterisk/contract.py"),
    Path("benchmarks/asterisk/chroot.py"): Path("real_asterisk/contract.py"),
    Path("benchmarks/asterisk/installation.py"): Path("real_asterisk/calls.py"),
    Path("benchmarks/asterisk/instance.py"): Path("real_asterisk/contract.py"),
    Path("bench/baseline.py"): Path("bench/calls.py"),
    Path("benchmarks/launch.py"): Path("bench/calls.py"),
    Path("bench/load.py"): Path("bench/sis.py"),
    Path("bench/picture.py"): Path("bench/calls.py"),
    Path("bench/processes.py"): Path("bench/sis.py"),
    Path("benchmarks/sip_site.py"): Path("real_asterisk/load.py"),
    Path("bench/sounds.py"): Path("bench/turns.py"),
    Path("benchmarks/soak.py"): Path("bench/calls.py"),
    Path("demo/picture.py"): Path("demo/demo.py"),
    Path("demo/run.py"): Path("demo/demo.py"),
    Path("dialogue/turn/commands.py"): Path("dialogue/turn/machine.py"),
    Path("dialogue/turn/outcomes.py"): Path("dialogue/turn/report.py"),
    Path("flow/run/call.py"): Path("flow/run/engine.py"),
    Path("flow/file/faults.py"): Path("flow/file/loader.py"),
    Path("flow/file/model.py"): Path("flow/file/loader.py"),
    Path("flow/run/phrases.py"): Path("flow/run/asking.py"),
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
