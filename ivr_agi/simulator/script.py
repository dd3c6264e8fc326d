"""Reads a caller's script: the YAML file that says what a scripted caller does.

A script is a list of steps, performed in order::

    - wait_for: prompt_start        # or prompt_end
      nth: 2                        # the second one of the call; without it, see WaitForPrompt
      timeout_s: 10                 # then the caller gives up and hangs up
    - wait_s: 1.2
    - at_s: 12.0                    # seconds since the call began
    - say: sales.wav                # beside the script; 8 kHz 16 bit mono
    - press: "2"                    # one key or several
    - mute: true                    # no packets from the phone any more; false: again
    - hangup

After its last step the caller stays on the line in silence, until the other side hangs up.
The only I/O is reading the script and the recordings it names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import yaml

from ivr_agi.audio.wav import read_wav
from ivr_agi.errors import ConfigError
from ivr_agi.simulator.caller import (
    CallerPause,
    CallerStep,
    EndCall,
    Mute,
    PlayVoice,
    Press,
    WaitForPrompt,
    WaitUntil,
    YamlStep,
)
from ivr_agi.textfile import read_text_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("load_caller_script",)


class _SayFile(YamlStep, frozen=True):
    say: str


_STEP_TYPES: dict[str, type[YamlStep]] = {
    "wait_for": WaitForPrompt,
    "wait_s": CallerPause,
    "at_s": WaitUntil,
    "say": _SayFile,
    "press": Press,
    "mute": Mute,
}


def load_caller_script(path: Path) -> list[CallerStep]:
    """Read a caller's script and the recordings it names.

    Raises:
        ConfigError: With the line: the file is missing or is not YAML, a step is unknown or has a
            wrong or unknown key, or a recording cannot be read.
    """
    text = read_text_file(path, "the script")
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        items = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        reason = getattr(exc, "problem", None) or getattr(exc, "reason", "")
        raise ConfigError(f"no YAML: {reason}", path=str(path), line=line) from exc
    if not isinstance(node, yaml.SequenceNode):
        raise ConfigError("expected a list of steps", path=str(path))
    return [
        _step(item, path, child.start_mark.line + 1)
        for item, child in zip(items, node.value, strict=True)
    ]


def _step(item: Any, path: Path, line: int) -> CallerStep:
    if item == "hangup":
        return EndCall()
    verbs = _STEP_TYPES.keys() & item.keys() if isinstance(item, dict) else ()
    if len(verbs) != 1:
        raise ConfigError(
            f"expected one of {', '.join(_STEP_TYPES)} with a value, or hangup without",
            path=str(path),
            line=line,
        )
    try:
        step: Any = msgspec.convert(item, _STEP_TYPES[next(iter(verbs))])
    except msgspec.ValidationError as exc:
        raise ConfigError(str(exc), path=str(path), line=line) from exc
    if isinstance(step, _SayFile):
        try:
            return PlayVoice(step.say, read_wav(path.parent / step.say))
        except ConfigError as exc:
            reason = f"{step.say}: {exc.reason}"
            raise ConfigError(reason, path=str(path), line=line) from exc
    result: CallerStep = step
    return result
