"""Session cores with a speech detector that does as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ivr_agi.sis.wire.messages import (
    EndResponse,
    ErrorResponse,
    EventResponse,
    RecognitionConfig,
    ResultResponse,
)
from ivr_agi.speech_server.engines.base import Hypothesis
from ivr_agi.speech_server.session import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    Session,
    SessionSetup,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.speech_server.session import Output

Kind = TypeVar("Kind", bound=Session)

WINDOW_MS = 32
WORDS = Hypothesis("sales", 0.87654321)


def make_session(
    kind: type[Kind],
    probabilities: Iterable[float] = (),
    *,
    language: str = "en-us",
    is_free: bool = False,
    **config: object,
) -> Kind:
    """A session whose windows have these probabilities, then silence for ever."""
    row = iter(probabilities)
    wanted = {"audio_format": "pcm8k16bit", "property": "english_8k_common", "vad_tail": 320}
    setup = SessionSetup(
        RecognitionConfig(**{**wanted, **config}),  # type: ignore[arg-type]  # checked by itself
        trace_id="t",
        window_samples=256,
        probability=lambda _pcm: next(row, 0.0),
        language=language,
        is_free=is_free,
    )
    return kind(setup)


def windows(count: int, first: int = 0) -> bytes:
    """PCM of so many windows, each filled with its own number."""
    return b"".join(number.to_bytes(2, "little") * 256 for number in range(first, first + count))


def names(outputs: Iterable[Output]) -> list[str]:
    """Each output in one word."""
    return [name(output) for output in outputs]


def name(output: Output) -> str:
    """One output in one word."""
    match output:
        case EventResponse(event=event):
            return event
        case ResultResponse(segments=[segment]):
            assert segment.result is not None
            return f"{'final' if segment.is_final else 'interim'} {segment.result.text}"
        case EndResponse(reason=reason):
            return f"END {reason}"
        case ErrorResponse(error_code=code):
            return code
        case BeginUtterance():
            return "begin"
        case FeedUtterance():
            return "feed"
        case FinishUtterance():
            return "finish"
        case CloseUtterance():
            return "close"
    raise AssertionError(output)
