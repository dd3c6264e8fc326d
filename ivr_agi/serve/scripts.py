"""Loads scripts, and runs those for pyst2: ``main(agi)`` gets a ``SpeechAGI``.

``async main(call)`` is run by :mod:`ivr_agi.door.script`.
"""

from __future__ import annotations

import io
import re
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING, Any

from asterisk.agi import AGI
from msgspec import structs

from ivr_agi.agi.pyst import SpeechAGI, run_script
from ivr_agi.containment import is_of_users
from ivr_agi.dialogue.prompt.parts import Text
from ivr_agi.dialogue.turn.outcomes import Heard, HungUp, Pressed, SpeechDown
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.errors import CallerHungUp, ConfigError, SpeechUnavailable, describe_error
from ivr_agi.flow.run.options import Option
from ivr_agi.flow.run.results import FlowResult, Status
from ivr_agi.flow.tools.vocabularies import find_word_table
from ivr_agi.language.matching import match_words
from ivr_agi.settings import least_score
from ivr_agi.textfile import check_plain_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ivr_agi.dialogue.call import Dialogue
    from ivr_agi.settings import Settings

__all__ = ("load_script", "run_user_script")

_WHAT_TO_DO = "put what it does into def main(agi), and use this agi in place of AGI()"
_NAME = "ivr_agi_script"
_NO_AGI = f"the script makes an AGI() of its own, which is not connected to the call: {_WHAT_TO_DO}"


def _made_an_agi(exc: BaseException) -> bool:
    """Whether pyst2's own AGI() failed: it wants the main thread, for its signal handler."""
    frames = traceback.walk_tb(exc.__traceback__)
    return any(
        frame.f_code is AGI.__init__.__code__  # not that of a subclass with its own
        for frame, _ in frames
    )


def load_script(path: str) -> Callable[..., Any]:
    """Return the function ``main`` of a script file: ``main(agi)``, or ``async main(call)``.

    Raises:
        ConfigError: The file cannot be read, fails while it is loaded, or has no ``main``.
    """
    try:
        check_plain_file(path)
        with is_of_users():
            names = vars(_run_file(path))
    except OSError as exc:
        raise ConfigError(f"cannot read the script: {exc.strerror}", path=path) from exc
    except BaseException as exc:  # whatever a user's script does wrong, sys.exit() too
        if _made_an_agi(exc):
            raise ConfigError(_NO_AGI, path=path) from exc
        line = exc.lineno if isinstance(exc, SyntaxError) else None
        reason = f"the script fails when it is loaded: {describe_error(exc)}"
        raise ConfigError(reason, path=path, line=line) from exc
    main = names.get("main")
    if not callable(main):
        reason = f"the script has no function main(agi) or async main(call): {_WHAT_TO_DO}"
        raise ConfigError(reason, path=path)
    return main  # type: ignore[no-any-return]  # a user's function


def _run_file(path: str) -> ModuleType:
    """Run a script as a module of its own, as it is now.

    It is found in ``sys.modules``, where Python looks for the names in its annotations. (``runpy``
    has one place there, and one ``sys.argv[0]``, for all threads.)

    Raises:
        BaseException: Whatever the script raises.
    """
    with io.open_code(path) as file:
        code = compile(file.read(), path, "exec", dont_inherit=True)
    module = ModuleType(_NAME + re.sub(r"\W", "_", path))
    module.__file__ = path
    sys.modules[module.__name__] = module
    exec(code, vars(module))
    return module


async def run_user_script(
    script: Callable[[SpeechAGI], Any], settings: Settings, dialogue: Dialogue
) -> FlowResult:
    """Run a script on a call. If it returns text, that is ``IVR_RESULT``.

    Raises:
        CallerHungUp: The caller left, and the script did not handle it.
    """
    try:
        returned = await run_script(
            script, dialogue.line.channel, _ScriptDialogue(dialogue, settings)
        )
    except ValueError as exc:
        if _made_an_agi(exc):
            raise ConfigError(_NO_AGI) from exc
        raise
    result = returned if isinstance(returned, str) else ""
    return FlowResult(status=Status.COMPLETED, result=result)


class _ScriptDialogue:
    """Implements say() and ask() of a script."""

    def __init__(self, dialogue: Dialogue, settings: Settings) -> None:
        self._dialogue = dialogue
        self._settings = settings

    async def say(self, text: str) -> None:
        await self._dialogue.say(Text(text))

    async def ask(
        self, text: str, *, words: Sequence[str] = (), timeout_s: float = 5.0
    ) -> str | None:
        dialogue, choices = self._dialogue, [Option([word], None, word) for word in words]
        plan = structs.replace(
            TurnPlan.from_settings(dialogue.line.turn, dialogue.line.recognition),
            timeout_s=timeout_s,
            matches=(lambda heard: match_words(heard, choices) is not None) if words else None,
            choices=tuple(words),
        )
        outcome = await dialogue.turn(Text(text), plan, vocabulary_id=self._find_table(words))
        match outcome:
            case Heard(score=score) if score is not None and score < least_score(
                self._settings.recognition
            ):
                return None
            case Heard(text=heard):
                choice = match_words(heard, choices)
                return str(choice.value) if choice else (None if words else heard)
            case Pressed(keys=keys):
                return keys
            case HungUp():
                raise CallerHungUp
            case SpeechDown(reason=reason):
                raise SpeechUnavailable(reason)
        return None

    def _find_table(self, words: Sequence[str]) -> str | None:
        """Return the hot-word table that ``ivr-agi vocabulary sync --words`` made of the words."""
        if not words:
            return None
        url = self._settings.speech.url.rstrip("/")
        return find_word_table(self._settings.spool_dir, url, words)
