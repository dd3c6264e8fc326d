"""The caller of a rehearsal: hears a question and does one thing, after it or over it.

What is done when is a person's: first the question is heard, then, after a moment, comes the
answer; who talks over a prompt says how far into it. Asked something else before they have come to
it (speech is down and the question comes again, for keys), they do it then.
"""

from __future__ import annotations

import asyncio
import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ
from ivr_agi.rehearsal.service import SCORE
from ivr_agi.rehearsal.timed_sounds import speaking_s
from ivr_agi.simulator.caller import KEY_INTERVAL_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from ivr_agi.rehearsal.phone import RehearsedPhone
    from ivr_agi.rehearsal.service import PaperService

__all__ = ("RehearsedCaller", "CallerAction", "Deed")

_REACTION_S = 0.6
"""From the end of a question to the first sound of the answer."""
MIN_WORDS_S = 0.4
"""The shortest word, an "oh"."""
AFTER_NOISE_S = 1.5
"""After a cough the caller goes on so much later: the service has judged it by then."""


class Deed(enum.StrEnum):
    """What a caller may do."""

    SAY = "say"
    PLAY = "play"
    """Say, as audio."""
    NOISE = "noise"
    """Cough; the answer comes after it."""
    PRESS = "press"
    SILENCE = "silence"
    """Do nothing until the next question."""
    HANG_UP = "hang_up"


@dataclass(frozen=True)
class CallerAction:
    """One thing that a caller does."""

    deed: Deed
    what: str = ""
    """Words, or keys."""
    over_s: float | None = None
    """So long after the question's begin; None: when it is over."""
    lasts_s: float = 0.0
    """Of a noise."""
    score: float = SCORE
    """How sure the service is of the words, 0 to 1."""
    pcm: bytes = b""
    """With PLAY: s16le mono 8 kHz."""


class RehearsedCaller:
    """One caller, driven by what they hear.

    Args:
        next_action: Is asked when a question has begun.
        phone: Their telephone.
        service: Hears their words.
    """

    def __init__(
        self,
        next_action: Callable[[], CallerAction],
        phone: RehearsedPhone,
        service: PaperService,
    ) -> None:
        self._next_action = next_action
        self._phone = phone
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._action: CallerAction | None = None
        """What comes next, not begun."""
        self._timer: asyncio.TimerHandle | None = None
        """When it begins; or what is being done, is over."""
        self._is_busy = False
        self._awaits = False
        """A question is on, and nothing was planned for it yet."""
        self._began_at: float | None = None
        self._is_heard = False
        """The question is over, the answer is awaited."""

    # What they hear.

    def begin_question(self) -> None:
        """Something is about to be asked."""
        self._awaits = True
        self._began_at = None
        self._is_heard = False

    def hear_begin(self) -> None:
        """The question is heard from now on."""
        self._began_at = self._loop.time()
        self._go_on()

    def hear_end(self) -> None:
        """It was heard to its end."""
        if self._began_at is not None:
            self._is_heard = True
            self._go_on()

    def end_question(self) -> None:
        """It is answered, or was given up."""
        self._awaits = self._is_heard = False
        self._began_at = None
        if not self._is_busy:
            self._stop_timer()
        if self._action is not None and self._action.deed is Deed.SILENCE:
            self._action = None

    def leave(self) -> None:
        """The call is over: do nothing more."""
        self._stop_timer()

    # What they do.

    def _go_on(self) -> None:
        """Plan what comes next, where there is something to answer."""
        if self._is_busy or self._began_at is None:
            return
        if self._awaits:
            self._awaits = False
            if self._action is None:
                self._action = self._next_action()
        action = self._action
        if action is None or action.deed is Deed.SILENCE or self._timer is not None:
            return
        if action.over_s is not None:
            self._at(self._began_at + action.over_s, self._act)
        elif self._is_heard:
            self._at(self._loop.time() + _REACTION_S, self._act)

    def _act(self) -> None:
        action, self._action, self._timer = self._action, None, None
        assert action is not None  # the timer is set only with one
        match action.deed:
            case Deed.SAY:
                lasts_s = max(MIN_WORDS_S, speaking_s(action.what))
                self._service.speak(action.what, lasts_s, action.score)
                self._do_for(lasts_s)
            case Deed.PLAY:
                self._phone.speak(action.pcm)
                self._do_for(len(action.pcm) / SAMPLE_BYTES / SAMPLE_RATE_HZ)
            case Deed.NOISE:
                self._service.speak("", action.lasts_s)
                self._awaits = True  # it is no answer
                self._do_for(action.lasts_s + AFTER_NOISE_S)
            case Deed.PRESS:
                self._press(action.what)
            case Deed.HANG_UP:
                self._phone.hang_up()

    def _press(self, keys: str) -> None:
        self._is_busy, self._timer = True, None
        if not keys:
            self._is_busy = False
            self._go_on()
            return
        self._at(self._loop.time() + KEY_INTERVAL_S, lambda: self._press(keys[1:]))
        self._phone.press(keys[0])

    def _do_for(self, lasts_s: float) -> None:
        self._is_busy = True
        self._at(self._loop.time() + lasts_s, self._free)

    def _free(self) -> None:
        self._is_busy, self._timer = False, None
        self._go_on()

    def _at(self, when: float, act: Callable[[], None]) -> None:
        self._timer = self._loop.call_at(when, act)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
