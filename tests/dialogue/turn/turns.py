"""Turns in the hands of tests: in any state, with the commands that they give."""

from __future__ import annotations

from dataclasses import replace

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
    OnsetHeard,
    OwnQuietHeard,
    OwnVoiceHeard,
    PromptEnded,
    PromptFailed,
    PromptStarted,
    TurnInput,
)
from ivr_agi.dialogue.turn.keys import KeyRules
from ivr_agi.dialogue.turn.machine import Turn
from ivr_agi.dialogue.turn.outcomes import Heard
from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.dialogue.turn.table import TurnState
from ivr_agi.errors import SpeechUnavailable
from ivr_agi.knobs import BargeIn, OverPrompt
from ivr_agi.sis.wire.events import (
    AudioExceeded,
    RecognitionEnded,
    RecognitionFailed,
    SilenceExceeded,
    Transcribed,
    VoiceEnded,
    VoiceStarted,
)
from ivr_agi.sis.wire.messages import EndReason

S = TurnState
KEYS = KeyRules(min_keys=2, max_keys=4, terminator="#")
PLAN = TurnPlan(
    timeout_s=5.0,
    max_speech_s=10.0,
    service_grace_s=2.0,
    deadline_s=100.0,
    confirm_timeout_s=2.0,
    cool_down_s=1.0,
    guard_ms=200,
    own_onset=True,
    onset_confirm_s=0.6,
)
WORDS = Heard(text="sales", score=0.9, trace_id="t")


def interim(text: str) -> Transcribed:
    """Words that the service may still take back."""
    return replace(final(text), is_final=False, score=None)


def final(text: str) -> Transcribed:
    """Words."""
    return Transcribed(
        session=1, trace_id="t", text=text, is_final=True, score=0.9, start_ms=0, end_ms=400
    )


class H:
    """What happens, one of each; words are "sales", the key is 7."""

    PROMPT_STARTED = PromptStarted()
    PROMPT_ENDED = PromptEnded()
    PROMPT_FAILED = PromptFailed(SpeechUnavailable("gone"))
    KEY = KeyPressed("7")
    ONSET = OnsetHeard()
    ECHO = EchoHeard("t")
    OWN_VOICE = OwnVoiceHeard()
    OWN_QUIET = OwnQuietHeard()
    VOICE_STARTED = VoiceStarted(session=1, trace_id="t")
    VOICE_ENDED = VoiceEnded(session=1, trace_id="t")
    SILENCE_EXCEEDED = SilenceExceeded(session=1, trace_id="t")
    AUDIO_EXCEEDED = AudioExceeded(session=1, trace_id="t")
    INTERIM = interim("sales")
    WORDS = final("sales")
    SESSION_ENDED = RecognitionEnded(session=1, trace_id="t", reason=EndReason.NORMAL)
    SPEECH_FAILED = RecognitionFailed(session=1, error=SpeechUnavailable("gone"))
    HUNG_UP = CallerLeft()


INPUTS: dict[str, TurnInput] = {name: told for name, told in vars(H).items() if name.isupper()}
"""All of them, by name."""

CANCEL, SETTLE = EndRecognition(cancel=True), EndRecognition(cancel=False)
STOP, RESUME = StopPrompt(), ResumePrompt()
RENEW = StartRecognition(silence_s=5.0)
FALSE, TRUE, ECHO, KEPT = (
    Note("false_barge_in"),
    Note("barge_in"),
    Note("echo_ignored"),
    Note("answer_kept"),
)
NOISE = Note("noise_ignored")


def begun(plan: TurnPlan = PLAN, prompt: str = "welcome to the bank") -> Turn:
    """A turn that began at 0 s, its prompt with it."""
    turn = Turn(plan, 0.0, prompt_text=prompt)
    turn.begin()
    turn.receive(H.PROMPT_STARTED, 0.0)
    return turn


def turn_in(state: TurnState) -> Turn:
    """Bring a turn into a state at 10 s or a little later."""
    plan = PLAN
    if state is S.KEPT:
        plan = TurnPlan(barge_in=BargeIn.KEYS, over_prompt=OverPrompt.KEEP, deadline_s=100.0)
    elif state is S.KEYING:
        plan = TurnPlan(keys=KEYS, deadline_s=100.0)
    turn = begun(plan)
    if state is S.PAUSED:
        turn.receive(H.ONSET, 10.0)
    elif state is S.OVERTALK:
        turn.receive(H.ECHO, 10.0)
    elif state is S.KEPT:
        turn.receive(H.WORDS, 10.0)
    elif state is S.WAITING:
        turn.receive(H.PROMPT_ENDED, 10.0)
    elif state is S.KEYING:
        turn.receive(KeyPressed("1"), 10.0)
    elif state is not S.PROMPTING:
        turn.receive(H.VOICE_STARTED, 10.0)
    if state is S.DOUBTED:
        turn.receive(H.VOICE_ENDED, 11.0)
    elif state is S.INTERRUPTED:
        turn.receive(H.INTERIM, 10.5)
    elif state in {S.HEARING, S.SETTLING}:
        turn.receive(H.PROMPT_ENDED, 10.2)
        turn.receive(H.INTERIM, 10.5)
        if state is S.SETTLING:
            turn.receive(H.VOICE_ENDED, 11.0)
    elif state is S.OVER:
        turn.receive(KeyPressed("1"), 10.5)
    assert turn.state is state
    return turn


def over(outcome: object, *, active: bool = True) -> list[object]:
    """Commands of a turn that ends, with a session that is active or not."""
    return [*([CANCEL] if active else []), Finish(outcome)]  # type: ignore[arg-type]
