"""One turn, a prompt with listening: the state machine, without I/O.

Driven by :mod:`.runner`, which tells it what happens (:meth:`Turn.receive`) and that time has
passed (:meth:`Turn.handle_timeout`), and carries out the commands that come back. The table is in
:mod:`.table`; rules: ``docs/design.md`` 5 (recognition, barge-in).

How no-input works: each session asks the service for ``timeout`` of silence. While the prompt
plays, EXCEEDED_SILENCE therefore comes every ``timeout`` and only renews the session. The first one
after the prompt's end comes at most ``timeout`` later; it renews the session with the time that is
left, so that the next one comes exactly at the no-input moment. A local deadline backs all of them.
While a voice is heard, the clock stands still.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING, assert_never

from ivr_agi.dialogue.turn.commands import (
    EndRecognition,
    Finish,
    Note,
    ResumePrompt,
    StartRecognition,
    StopPrompt,
)
from ivr_agi.dialogue.turn.inputs import (
    CallerLeft,
    EchoHeard,
    KeyPressed,
    OfSession,
    OnsetHeard,
    OwnQuietHeard,
    OwnVoiceHeard,
    PromptEnded,
    PromptFailed,
    PromptStarted,
    TurnInput,
)
from ivr_agi.dialogue.turn.judge import Judge, Meaning
from ivr_agi.dialogue.turn.keys import KeyCollector
from ivr_agi.dialogue.turn.outcomes import (
    Heard,
    HungUp,
    NoInput,
    Outcome,
    Pressed,
    SpeechDown,
    TooMuchSpeech,
    TurnLog,
)
from ivr_agi.dialogue.turn.table import (
    PROMPT_OWED,
    TURN_TRANSITIONS,
    TurnAction,
    TurnEvent,
    TurnState,
)
from ivr_agi.knobs import OverPrompt
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionFailed,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr_agi.dialogue.turn.commands import TurnCommand
    from ivr_agi.dialogue.turn.plan import TurnPlan

__all__ = ("ACTIONS", "Turn")

_log = logging.getLogger("ivr_agi.dialogue")

SILENCE_TOLERANCE_S = 0.2
"""EXCEEDED_SILENCE this early counts as on time: audio travels in chunks of up to that length."""

MIN_VAD_HEAD_S = 0.4
"""Shortest silence for which a session is renewed: two chunks, or it would end unheard."""

MIN_LEFT_S = 1.0
"""Least no-input time after a noise: it may have come at the moment of the answer."""

MAX_RENEWALS = 100
"""A service that ends every session at once is not asked for ever: 120 s in steps of 1.2 s."""


class Turn:
    """One turn.

    Args:
        plan: How the turn goes.
        now: Monotonic seconds.
        prompt_text: What the prompt says, if known: the caller's line may echo it.
    """

    def __init__(self, plan: TurnPlan, now: float, *, prompt_text: str = "") -> None:
        self.plan = plan
        self.state = TurnState.PROMPTING
        self.log = TurnLog(now)  # the runner adds the confirmed stop
        self._turn_due = now + plan.deadline_s
        self._due: float | None = None
        self._judge = Judge(plan, prompt_text, now)
        self._no_input_due: float | None = None
        self._no_input_s = plan.timeout_s  # what is left when the caller is awaited again
        self._speech_due = 0.0
        self._interim = ""
        self._complete = ""
        self._words: Transcribed | None = None
        self._keys = KeyCollector(plan.keys)
        self._early_keys = ""
        self._early_key = ""
        self._reason = ""
        self._renewals = 0
        self._recognising = False
        self._commands: list[TurnCommand] = []

    @property
    def awaits_onset(self) -> bool:
        """Whether :class:`.OnsetHeard` from our own detector is of use now."""
        return self.plan.own_onset and self.plan.listen and self.state is TurnState.PROMPTING

    @property
    def doubts_echo(self) -> bool:
        """A voice was taken for an echo: say :class:`.OwnVoiceHeard` once it is none."""
        return self._judge.is_echo and self.state is TurnState.OVERTALK

    @property
    def awaits_quiet(self) -> bool:
        """A voice will stop the prompt if it lasts: say :class:`.OwnQuietHeard` once it is over."""
        return self.state is TurnState.OVERTALK and self._due is not None

    def begin(self) -> list[TurnCommand]:
        """Return what to do at the start, besides playing the prompt."""
        keeps = self.plan.over_prompt is OverPrompt.KEEP
        if self.plan.listen and (self.plan.barge_in.by_speech or keeps):
            self._start(self.plan.timeout_s)
        return self._take()

    def receive(self, told: TurnInput, now: float) -> list[TurnCommand]:
        """Take in what happened at ``now`` (monotonic seconds); return what to do, in order."""
        if self.state is TurnState.OVER or not self._may_be_told(told):
            return []
        self.log.note(told, now)
        if isinstance(told, PromptStarted):
            self._judge.note_prompt(now, told.position_s)
        early_due = self._early_due()
        if early_due is not None and now >= early_due:  # the timer is late
            self._advance(TurnEvent.EARLY_DUE, now)
        event = self._refine(told, now)
        if event is not None:
            self._advance(event, now)
        if isinstance(told, PromptEnded):
            self._take_keys(now)
        return self._take()

    def next_deadline(self) -> float | None:
        """Return when to call :meth:`handle_timeout`, monotonic seconds; None when over."""
        if self.state is TurnState.OVER:
            return None
        dues = (self._due, self._early_due(), self._turn_due)
        return min(due for due in dues if due is not None)

    def handle_timeout(self, now: float) -> list[TurnCommand]:
        """Take in that time has passed; return what to do, in order."""
        early_due = self._early_due()
        if now >= self._turn_due:
            self._advance(TurnEvent.TURN_DUE, now)
        elif early_due is not None and now >= early_due:
            self._advance(TurnEvent.EARLY_DUE, now)
        elif self._due is not None and now >= self._due:
            self._due = None
            self._advance(TurnEvent.DUE, now)
        return self._take()

    def _may_be_told(self, told: TurnInput) -> bool:
        """Return whether it can be of this turn: a voice and words are only in its sessions."""
        if isinstance(told, OnsetHeard):
            return self.plan.listen
        return self._recognising or not isinstance(told, OfSession)

    # Which event of the table it is, by what else is known.

    def _refine(self, told: TurnInput, now: float) -> TurnEvent | None:
        match told:
            case VoiceStarted() | OwnVoiceHeard():
                return self._refine_voice(now, is_echo=False)
            case EchoHeard():
                return self._refine_voice(now, is_echo=True)
            case Transcribed():
                return self._refine_words(told, now)
            case PromptStarted():
                return TurnEvent.PROMPT_STARTED
            case PromptEnded():
                return TurnEvent.ECHO_ENDED if self.doubts_echo else TurnEvent.PROMPT_ENDED
            case KeyPressed(key=key):
                return self._refine_key(key, now)
            case OnsetHeard():
                return TurnEvent.ONSET if self._judge.hear_onset(now) else None
            case VoiceEnded():
                return TurnEvent.VOICE_ENDED
            case OwnQuietHeard():
                return TurnEvent.VOICE_ENDED if self.awaits_quiet else None
            case SilenceExceeded():
                due = self._no_input_due
                is_due = due is not None and now >= due - SILENCE_TOLERANCE_S
                return TurnEvent.SILENCE_DUE if is_due else TurnEvent.SILENCE_EARLY
            case AudioExceeded():
                return TurnEvent.AUDIO_EXCEEDED
            case RecognitionEnded():
                return self._refine_end(TurnEvent.ENDED_EMPTY)
            case RecognitionFailed(error=error) | PromptFailed(error=error):
                self._reason = str(error)
                return self._refine_end(TurnEvent.FAILED)
            case CallerLeft():
                return TurnEvent.HUNG_UP
        assert_never(told)

    def _refine_end(self, without_words: TurnEvent) -> TurnEvent:
        """Once the words have come, the end and the failure of a session are the same."""
        self._recognising = False
        return without_words if self._words is None else TurnEvent.ENDED

    def _refine_key(self, key: str, now: float) -> TurnEvent:
        """The first input wins: a key after words is none. Early keys are kept, or dropped."""
        if self._words is not None:
            return TurnEvent.KEY_LATE
        over_prompt = self.state in PROMPT_OWED and self.state is not TurnState.INTERRUPTED
        if over_prompt and not self._judge.keys_may_stop(now):
            self._early_key = key
            keeps = self.plan.over_prompt is OverPrompt.KEEP
            return TurnEvent.KEY_EARLY if keeps else TurnEvent.KEY_LATE
        return TurnEvent.KEY_LAST if self._keys.add(key) else TurnEvent.KEY_MORE

    def _refine_voice(self, now: float, *, is_echo: bool) -> TurnEvent:
        was_echo = self._judge.is_echo
        may_stop = self._judge.hear_voice(
            now,
            over_prompt=self.state in PROMPT_OWED,
            is_echo=is_echo,
            is_paused=self.state is TurnState.PAUSED,
        )
        if self._judge.is_echo and not was_echo:
            self._commands.append(Note("echo_ignored"))
        return TurnEvent.VOICE_STARTED if may_stop else TurnEvent.VOICE_PASSED

    def _refine_words(self, words: Transcribed, now: float) -> TurnEvent | None:
        if not words.text and self.state is TurnState.SETTLING:
            return None  # a voice without words: END follows
        over_prompt = self.state in PROMPT_OWED
        meaning = self._judge.judge_words(words.text, now, over_prompt=over_prompt)
        if not words.is_final:
            self._interim = words.text
            return TurnEvent.INTERIM if meaning is Meaning.INPUT else TurnEvent.INTERIM_VOID
        if meaning is Meaning.NOTHING or self._early_keys:  # the first input wins
            return TurnEvent.WORDS_VOID if self._words is None else None
        self._words = words
        return TurnEvent.WORDS if meaning is Meaning.INPUT else TurnEvent.WORDS_EARLY

    def _early_due(self) -> float | None:
        """When an answer that came too early counts, if that is before the prompt's end."""
        by = self.plan.barge_in
        is_kept = self.state is TurnState.KEPT
        may_stop = by.by_speech if is_kept else by.by_keys and bool(self._early_keys)
        return self._judge.mandatory_until if may_stop else None

    def _advance(self, event: TurnEvent, now: float) -> None:
        state, action = TURN_TRANSITIONS[self.state][event]
        if state is not self.state:
            _log.debug("= %s -> %s (%s)", self.state, state, event)
            self.state = state
        ACTIONS[action](self, now)

    # What is done: one method per action of the table. First: while the prompt is owed.

    def _ignore(self, now: float) -> None:
        pass

    def _hold(self, now: float) -> None:
        self._commands.append(StopPrompt())
        self._await_words(now)

    def _await_words(self, now: float) -> None:
        self._due = now + self.plan.confirm_timeout_s

    def _pause(self, now: float) -> None:
        self._commands.append(StopPrompt())
        self._due = now + self.plan.onset_confirm_s

    def _unpause(self, now: float) -> None:
        self.log.false_onsets += 1
        self._resume(now)

    def _unpause_renew(self, now: float) -> None:
        self._unpause(now)
        self._renew(now)

    def _false_barge_in(self, now: float) -> None:
        self._count_false()
        self._resume(now)
        self._renew(now)

    def _doubt(self, now: float) -> None:  # the voice goes on without words
        self._count_false()
        self._judge.bar_voice()
        self._resume(now)

    def _talk_over(self, now: float) -> None:
        self._due = self._judge.may_stop_at()

    def _let_go(self, now: float) -> None:
        self._due = None

    def _interrupt(self, now: float) -> None:
        self._commands.append(StopPrompt())
        self._hear_on(now)

    def _interrupt_settle(self, now: float) -> None:
        self._commands.append(StopPrompt())
        self._confirm_settle(now)

    def _confirm_settle(self, now: float) -> None:
        self._count_true()
        self._settle(now)

    def _keep(self, now: float) -> None:
        self._commands += [Note("answer_kept"), EndRecognition(cancel=False)]
        self._due = None

    def _keep_key(self, now: float) -> None:
        self._early_keys += self._early_key

    def _take_keys(self, now: float) -> None:
        """Take in the keys that were pressed over the prompt, if they count now."""
        keys, self._early_keys = self._early_keys, ""
        for key in keys:
            if self.state is not TurnState.OVER:
                self._advance(self._refine_key(key, now), now)

    # Once the prompt is over, or stopped for good.

    def _wait(self, now: float) -> None:
        self._await_input(now)
        if self.plan.listen and not self._recognising:  # what was said over the prompt is dropped
            self._start(self._no_input_s, has_preroll=False)

    def _wait_anew(self, now: float) -> None:  # the session has heard the prompt's words
        self._await_input(now)
        self._judge.forget_echo()
        self._start(self._no_input_s, has_preroll=False)

    def _wait_on(self, now: float) -> None:
        self._commands.append(Note("noise_ignored"))
        self._await_input(now)
        self._renew(now)

    def _hear(self, now: float) -> None:
        due = now if self._no_input_due is None else self._no_input_due
        self._no_input_s = max(due - now, MIN_LEFT_S)
        self._hear_on(now)

    def _hear_on(self, now: float) -> None:
        self._no_input_due = None
        self._speech_due = now + self.plan.max_speech_s + self.plan.service_grace_s
        self._due = self._speech_due
        self._complete = ""
        self._hear_more(now)

    def _hear_more(self, now: float) -> None:
        """Expect the end soon if the words already mean a choice and no longer change."""
        plan, words = self.plan, self._interim
        if words == self._complete or not plan.complete_timeout_s or plan.matches is None:
            return
        self._complete, self._due = words, self._speech_due
        if plan.matches(words):
            self._due = min(self._due, now + plan.complete_timeout_s)

    def _settle(self, now: float) -> None:
        self._due = now + self.plan.service_grace_s
        self._commands.append(EndRecognition(cancel=False))

    def _renew(self, now: float) -> None:
        self._renewals += 1
        if self._renewals > MAX_RENEWALS:
            self._reason = f"the service ended {MAX_RENEWALS} sessions of one turn early"
            self._advance(TurnEvent.FAILED, now)
            return
        left_s = self.plan.timeout_s if self._no_input_due is None else self._no_input_due - now
        self._start(max(left_s, MIN_VAD_HEAD_S))

    def _collect(self, now: float) -> None:
        self._due = now + self.plan.inter_digit_s
        self._give_up_recognition()
        self._commands.append(StopPrompt())

    # The ends.

    def _heard(self, now: float) -> None:
        self._finish(Heard(text="") if self._words is None else Heard.of(self._words), now)

    def _pressed(self, now: float) -> None:
        self._finish(Pressed(keys=self._keys.keys, is_complete=self._keys.is_complete), now)

    def _no_input(self, now: float) -> None:
        self._finish(NoInput(), now)

    def _too_much_speech(self, now: float) -> None:
        self._finish(TooMuchSpeech(), now)

    def _confirm_too_much(self, now: float) -> None:
        self._count_true()
        self._too_much_speech(now)

    def _hung_up(self, now: float) -> None:
        self._finish(HungUp(), now)

    def _speech_down(self, now: float) -> None:
        if self._words is not None:  # only END is missing
            self._heard(now)
        else:
            self._finish(SpeechDown(reason=self._reason or "no answer to END in time"), now)

    def _count_false(self) -> None:
        self.log.false_barge_ins += 1
        self._commands.append(Note("false_barge_in"))

    def _count_true(self) -> None:
        self.log.true_barge_ins = 1
        self._commands.append(Note("barge_in"))

    def _resume(self, now: float) -> None:
        self._due = None
        self._judge.cool_down(now)
        self.log.note_resume()
        self._commands.append(ResumePrompt())

    def _await_input(self, now: float) -> None:
        self._no_input_due = now + self._no_input_s
        grace_s = self.plan.service_grace_s if self.plan.listen else 0
        self._due = self._no_input_due + grace_s

    def _start(self, silence_s: float, *, has_preroll: bool = True) -> None:
        self._recognising = True
        self._interim = ""
        self._commands.append(StartRecognition(silence_s=silence_s, has_preroll=has_preroll))

    def _give_up_recognition(self) -> None:
        if self._recognising:
            self._commands.append(EndRecognition(cancel=True))
            self._recognising = False

    def _finish(self, outcome: Outcome, now: float) -> None:
        self._give_up_recognition()
        self._commands.append(Finish(dataclasses.replace(outcome, report=self.log.report(now))))

    def _take(self) -> list[TurnCommand]:
        commands, self._commands = self._commands, []
        return commands


ACTIONS: Mapping[TurnAction, Callable[[Turn, float], None]] = {
    TurnAction.IGNORE: Turn._ignore,
    TurnAction.HOLD: Turn._hold,
    TurnAction.AWAIT_WORDS: Turn._await_words,
    TurnAction.PAUSE: Turn._pause,
    TurnAction.UNPAUSE: Turn._unpause,
    TurnAction.UNPAUSE_RENEW: Turn._unpause_renew,
    TurnAction.FALSE_BARGE_IN: Turn._false_barge_in,
    TurnAction.DOUBT: Turn._doubt,
    TurnAction.TALK_OVER: Turn._talk_over,
    TurnAction.LET_GO: Turn._let_go,
    TurnAction.INTERRUPT: Turn._interrupt,
    TurnAction.INTERRUPT_SETTLE: Turn._interrupt_settle,
    TurnAction.CONFIRM_SETTLE: Turn._confirm_settle,
    TurnAction.KEEP: Turn._keep,
    TurnAction.KEEP_KEY: Turn._keep_key,
    TurnAction.TAKE_KEYS: Turn._take_keys,
    TurnAction.WAIT: Turn._wait,
    TurnAction.WAIT_ANEW: Turn._wait_anew,
    TurnAction.WAIT_ON: Turn._wait_on,
    TurnAction.HEAR: Turn._hear,
    TurnAction.HEAR_ON: Turn._hear_on,
    TurnAction.HEAR_MORE: Turn._hear_more,
    TurnAction.SETTLE: Turn._settle,
    TurnAction.RENEW: Turn._renew,
    TurnAction.COLLECT: Turn._collect,
    TurnAction.HEARD: Turn._heard,
    TurnAction.PRESSED: Turn._pressed,
    TurnAction.NO_INPUT: Turn._no_input,
    TurnAction.TOO_MUCH_SPEECH: Turn._too_much_speech,
    TurnAction.CONFIRM_TOO_MUCH: Turn._confirm_too_much,
    TurnAction.HUNG_UP: Turn._hung_up,
    TurnAction.SPEECH_DOWN: Turn._speech_down,
}
