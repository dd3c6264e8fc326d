"""What the local speech engines hear in a caller's audio, in this process, in the audio's time.

The same cores as in the local speech server (voice detection, sentence session, recogniser),
without its sockets and processes: what a second of audio costs is computing, not waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ivr_agi.errors import MissingDependency
from ivr_agi.rehearsal.service import Listening
from ivr_agi.speech_server.engines.base import RecognitionRequest
from ivr_agi.speech_server.properties import recognition_model
from ivr_agi.speech_server.sentence import SentenceSession
from ivr_agi.speech_server.sessions import (
    BeginUtterance,
    CloseUtterance,
    FeedUtterance,
    FinishUtterance,
    SessionSetup,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import msgspec

    from ivr_agi.sis.messages import RecognitionConfig
    from ivr_agi.speech_server.engines.base import Utterance
    from ivr_agi.speech_server.sessions import Output

__all__ = ("Engines",)

Command = BeginUtterance | FeedUtterance | FinishUtterance | CloseUtterance
_COMMANDS = (BeginUtterance, FeedUtterance, FinishUtterance, CloseUtterance)


class Engines:
    """Voice detection and recogniser, loaded once.

    Raises:
        MissingDependency: They are not installed.
    """

    def __init__(self) -> None:
        try:
            from ivr_agi.speech_server.engines.pocketsphinx import PocketsphinxRecognizer
            from ivr_agi.speech_server.engines.silero import SileroVad
        except ModuleNotFoundError as exc:
            raise MissingDependency(exc.name or "a package", "local") from exc
        self.vad = SileroVad()
        self.recognizer = PocketsphinxRecognizer()
        self.recognizer.load()

    def listen(
        self, tables: Mapping[str, Sequence[str]], config: RecognitionConfig, trace_id: str
    ) -> Listening:
        """Open a session.

        Args:
            tables: Words that may be said, by the id of their hot-word table.
            config: What START asks for.
            trace_id: Of the session.
        """
        words = tables.get(config.vocabulary_id or "")
        return _EngineListening(self, None if words is None else tuple(words), config, trace_id)


class _EngineListening(Listening):
    """One session."""

    def __init__(
        self,
        engines: Engines,
        phrases: tuple[str, ...] | None,
        config: RecognitionConfig,
        trace_id: str,
    ) -> None:
        model = recognition_model(config.property)
        language = model.language if model else "en-us"
        self._utterance: Utterance | None = engines.recognizer.open(
            RecognitionRequest(language, phrases)
        )
        self._partial = ""
        self._session = SentenceSession(
            SessionSetup(
                config,
                trace_id=trace_id,
                window_samples=engines.vad.window_samples,
                probability=engines.vad.stream().probability,
                language=language,
                is_free=phrases is None,
            )
        )

    def hear(self, pcm: bytes) -> list[msgspec.Struct]:
        return self._carry_out(self._session.receive_audio(pcm))

    def end(self, *, cancel: bool) -> list[msgspec.Struct]:
        return self._carry_out(self._session.receive_end(cancel=cancel))

    def _carry_out(self, outputs: list[Output]) -> list[msgspec.Struct]:
        """Tell the recogniser what it is to do, and the session what that came to."""
        messages: list[msgspec.Struct] = []
        for output in outputs:
            if isinstance(output, _COMMANDS):
                messages += self._carry_out(self._command(output))
            else:
                messages.append(output)
        return messages

    def _command(self, command: Command) -> list[Output]:
        utterance = self._utterance
        if utterance is None:
            return []
        match command:
            case BeginUtterance(background=background):
                utterance.begin(background)
            case FeedUtterance(pcm=pcm):
                text = utterance.feed(pcm)
                if text and text != self._partial:
                    self._partial = text
                    return self._session.receive_partial(text)
            case FinishUtterance():
                return self._session.receive_final(utterance.finish())
            case CloseUtterance():
                self._utterance = None
                utterance.close()
        return []
