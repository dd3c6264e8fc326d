"""Loading a caller's script, strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ivr_agi.audio.wav import write_wav
from ivr_agi.errors import ConfigError
from ivr_agi.simulator.caller import (
    CallerPause,
    EndCall,
    Moment,
    Mute,
    PlayVoice,
    Press,
    WaitForPrompt,
    WaitUntil,
)
from ivr_agi.simulator.script import load_caller_script
from tests.simulator.tools import LOUD

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
# every step there is
- wait_for: prompt_start
- wait_for: prompt_end
  nth: 2
  timeout_s: 5
- wait_s: 1.2
- at_s: 12
- say: sales.wav
- press: "2#"
- mute: true
- hangup
"""


def test_every_step(tmp_path: Path) -> None:
    """Steps in order; recordings are found beside the script."""
    write_wav(tmp_path / "sales.wav", LOUD)
    (tmp_path / "caller.yaml").write_text(WHOLE)
    assert load_caller_script(tmp_path / "caller.yaml") == [
        WaitForPrompt(Moment.PROMPT_START),
        WaitForPrompt(Moment.PROMPT_END, nth=2, timeout_s=5.0),
        CallerPause(1.2),
        WaitUntil(12.0),
        PlayVoice("sales.wav", LOUD),
        Press("2#"),
        Mute(True),
        EndCall(),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("say: x.wav", "expected a list of steps"),
        ("", "expected a list of steps"),
        ("- wait_s: 1\n- shout: x", ":2: expected one of wait_for, .* or hangup without"),
        ("- wait_s: 1\n  press: '1'", ":1: expected one of"),
        ("- dance", ":1: expected one of"),
        ("- press: 2", ":1: Expected `str`, got `int`.*press"),
        ("- press: '2x'", ":1: .*press"),
        ("- wait_s: -1", ":1: .*>= 0"),
        ("- wait_for: prompt_middle", ":1: .*prompt_middle"),
        ("- wait_for: prompt_end\n  nth: 0", ":1: .*nth"),
        ("- wait_for: prompt_end\n  often: 1", ":1: .*often"),
        ("- wait_s: 1\n-\n  say: none.wav", ":3: none.wav: cannot read: No such file"),
        ("- wait_s: [1", ":1: no YAML"),
        ("- wait_s: 1\n  b: c: d", ":2: no YAML: mapping values"),
        ("- \x07", "no YAML: special characters"),
    ],
)
def test_errors(tmp_path: Path, text: str, message: str) -> None:
    """One line that says which file, which line, and what is wrong."""
    (tmp_path / "caller.yaml").write_text(text)
    with pytest.raises(ConfigError, match=f"caller.yaml.*{message}") as found:
        load_caller_script(tmp_path / "caller.yaml")
    assert "\n" not in str(found.value)


def test_missing_script(tmp_path: Path) -> None:
    """The path is in the error."""
    with pytest.raises(ConfigError, match=r"caller\.yaml: cannot read"):
        load_caller_script(tmp_path / "caller.yaml")


def test_script_of_another_encoding(tmp_path: Path) -> None:
    """UTF-8 is required."""
    (tmp_path / "caller.yaml").write_bytes(b"- say: \xff.wav")
    with pytest.raises(
        ConfigError, match=r"caller\.yaml:1: cannot read the script: it is not UTF-8"
    ):
        load_caller_script(tmp_path / "caller.yaml")
