"""Prompts as files that Asterisk opens by name: recorded, cached, or still being synthesised.

Several parts are joined into one growing file, so that there is no gap between them. If the speech
service fails, an older version from the cache or a recording stands in.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import logging
import re
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.frames import SAMPLE_BYTES, SAMPLE_RATE_HZ, SILENCE_FRAME
from ivr_agi.dialogue.prompt.cache import Fill
from ivr_agi.dialogue.prompt.file import PromptFile, remove_files
from ivr_agi.dialogue.prompt.parts import LiveText, Recording, Text, parts_of
from ivr_agi.dialogue.prompt.patience import MARGIN_S, Patience
from ivr_agi.dialogue.prompt.synthesis import speak_live
from ivr_agi.errors import (
    ConfigError,
    IvrError,
    SpeechError,
    SpeechProtocolError,
    SpeechUnavailable,
)
from ivr_agi.sis.client.streaming import HeardText
from ivr_agi.sis.session.synthesis import FIRST_AUDIO_S
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ivr_agi.dialogue.prompt.cache import PromptCache
    from ivr_agi.dialogue.prompt.parts import Prompt
    from ivr_agi.dialogue.prompt.recordings import Recordings
    from ivr_agi.dialogue.prompt.synthesis import Synthesize, SynthesizeLive
    from ivr_agi.journal import Journal
    from ivr_agi.sis.wire.messages import SynthesisConfig

__all__ = ("PromptStore",)

_log = logging.getLogger("ivr_agi.dialogue")

_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
"""A language in a prompt. Anything else is a voice of the service."""

_Source = tuple[Text | Recording, bytes]
"""A part, and the samples of a recording."""

DOWN_S = 30.0
"""Seconds in which a service that did not answer is not asked for texts that have a stand-in."""

KEPT_JOINTS = 8
"""Joined files that are kept: the last one plays, and a recording of the call reads others."""


class PromptStore:
    """The prompts of one call.

    Args:
        cache: The files, shared by all calls of this process.
        synthesize: Speaks a text.
        config: The voice.
        service_kind: What else determines the sound: the host of the preferred service.
        current_kind: Returns the host that speaks now; default: always the preferred one.
        voices: The voice of each language, for parts that name one.
        recordings: Reads recordings; None leaves them to Asterisk.
        journal: Gets ``synthesis_started``, ``synthesis_first_audio``, ``synthesis_end`` and
            ``prompt_stand_in``.
        synthesize_live: Speaks a text as it comes; None: once all of it is there.
    """

    def __init__(
        self,
        cache: PromptCache,
        synthesize: Synthesize,
        config: SynthesisConfig,
        *,
        service_kind: str,
        current_kind: Callable[[], str] | None = None,
        voices: Mapping[str, str] | None = None,
        recordings: Recordings | None = None,
        journal: Journal,
        synthesize_live: SynthesizeLive | None = None,
    ) -> None:
        cache.ensure()
        self.silence = cache.silence
        """Name of the silent file, as STREAM FILE takes it."""
        self.config = config
        """The voice. It may change during the call."""
        self._cache = cache
        self._synthesize = synthesize
        self._speak_live = functools.partial(speak_live, synthesize, synthesize_live)
        self._service_kind = service_kind
        self._current_kind = current_kind or (lambda: service_kind)
        self._voices = voices or {}
        self._recordings = recordings
        self._journal = journal
        self.patience = Patience()
        """How long the caller waits for a prompt; whoever sees speech fail tells it."""
        self._fills: set[Fill] = set()
        self._joints: dict[PromptFile, asyncio.Task[None] | None] = {}
        """Files of several parts, the oldest first, and who fills them."""

    def voice_of(self, text: Text) -> SynthesisConfig:
        """Return the voice of a text."""
        if not text.voice:
            return self.config
        property_ = self._voices.get(text.voice) or self._voices.get(text.voice[:2])
        if property_ is None and _LANGUAGE.fullmatch(text.voice):
            return self.config  # there is no voice for this language
        return msgspec.structs.replace(self.config, property=property_ or text.voice)

    def find(self, text: Text) -> PromptFile | None:
        """Return the cached file of a text."""
        config = self.voice_of(text)
        paths = (self._cache.path(text.text, config, kind) for kind in self._kinds())
        return next(filter(None, map(self._cached, paths)), None)

    def open(self, text: Text) -> PromptFile:
        """Return the file of a text, and start its synthesis if it is not cached."""
        config = self.voice_of(text)
        paths = [self._cache.path(text.text, config, kind) for kind in self._kinds()]
        fill: Fill | None = None
        for path in () if text.is_private else paths:
            if (fill := self._cache.fills.get(path)) is not None:
                break
            if (cached := self._cached(path)) is not None:
                return cached
        if fill is None:
            fill = Fill(self._create(paths[-1].stem, is_private=text.is_private))
            fill.task = asyncio.get_running_loop().create_task(self._fill(fill, text, config))
            if not text.is_private:
                self._cache.share(paths[-1], fill)
        if fill not in self._fills:
            self._fills.add(fill)
            fill.n_users += 1
        return fill.file

    async def make(self, text: Text) -> None:
        """Synthesise a text into the cache, unless it is there. There is no stand-in.

        Raises:
            SpeechError: It cannot be synthesised.
            ConfigError: It cannot be written, or its SSML is wrong.
        """
        if self.find(text) is not None:
            return
        config = self.voice_of(text)
        fill = Fill(self._create(self._cache.path(text.text, config, self._service_kind).stem))
        self._fills.add(fill)
        fill.n_users = 1
        try:
            await fill.file.begin()
            await self._receive(fill.file, text, config)
            self._end(fill.file)
            path = self._cache.path(text.text, config, self._current_kind())
            await run_in(FILES, self._cache.keep, fill.file.path, path)
        except OSError as exc:
            raise self._cache.cannot_write(exc) from exc
        finally:
            if not fill.file.complete:
                fill.file.finish(SpeechUnavailable("the synthesis was given up"))
            await run_in(FILES, remove_files, [fill.file.path])

    async def open_all(self, prompt: Prompt) -> list[PromptFile | Recording]:
        """Return what to play, in order; usually one file.

        Texts and recordings that can be read are joined into one file. A recording that only
        Asterisk can read is played separately.

        Cancellation: safe; :meth:`close` removes what was made.
        """
        opened: list[PromptFile | Recording] = []
        together: list[_Source] = []
        for part in parts_of(prompt):
            if isinstance(part, Text):
                together.append((part, b""))
            elif pcm := await self._read(part.name):
                together.append((part, pcm))
            else:
                opened += [*await self._open_together(together), part]
                together = []
        return opened + await self._open_together(together)

    async def _read(self, recording: str) -> bytes | None:
        if self._recordings is None:
            return None
        return await run_in(FILES, self._recordings.read, recording)

    async def own_copy(self, recording: PromptFile) -> PromptFile:
        """Copy a recording into a file of 8 kHz, so that it can resume at any of its samples.

        Asterisk counts in samples of the file that it picks, which may be one of 16 kHz.
        """
        file = await self._open_joint([(Recording(recording.name), bytes(recording.pcm()))])
        return file if file.complete else recording  # the disk is full

    async def restore_silence(self) -> None:
        """Make the silent file again, if somebody has cleared it away in the call."""
        with contextlib.suppress(ConfigError):
            await run_in(FILES, self._cache.ensure)

    async def close(self) -> None:
        """Stop what no other call needs, and remove what is not complete."""
        tasks = [task for task in self._joints.values() if task is not None]
        for task in tasks:
            task.cancel()
        files = list(self._joints)
        for fill in self._fills:
            fill.n_users -= 1
            if fill.n_users:
                continue
            self._cache.unshare(fill)
            files.append(fill.file)
            if fill.task is not None:
                tasks.append(fill.task)
                if not fill.file.complete:  # else it is being named; the next call needs it
                    fill.task.cancel()
        self._joints.clear()
        self._fills.clear()
        try:
            await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            for file in files:
                if not file.complete and file.error is None:
                    file.finish(SpeechUnavailable("the prompt was given up"))
            if files:
                await run_in(FILES, remove_files, [file.path for file in files])

    def _cached(self, path: Path) -> PromptFile | None:
        n_samples = self._cache.find(path)
        return None if n_samples is None else PromptFile(path, n_samples=n_samples, complete=True)

    def _kinds(self) -> Iterable[str]:
        """The preferred host, then the one that speaks now; usually the same."""
        return dict.fromkeys((self._service_kind, self._current_kind()))

    def _create(self, stem: str, *, is_private: bool = False) -> PromptFile:
        path = self._cache.new_part("private" if is_private else stem)
        return PromptFile.create(path, mode=0o640 if is_private else 0o644)

    # One text.

    async def _fill(self, fill: Fill, text: Text, config: SynthesisConfig) -> None:
        """Synthesise a text into its file, and put it into the cache."""
        file, loop = fill.file, asyncio.get_running_loop()
        begun_at = loop.time()
        try:
            async with asyncio.timeout(FIRST_AUDIO_S):
                await file.begin()
        except OSError as exc:  # TimeoutError, too: the disk hangs
            file.finish(self._cache.cannot_write(exc))
            return
        try:
            if loop.time() < self._cache.down_until and await self._stand_in(file, text, config):
                return
            await self._receive(file, text, config)
            self._cache.down_until = 0.0
            self.patience.worked()
        except SpeechError as exc:
            now = loop.time()
            since = begun_at if not file.n_samples else now - FIRST_AUDIO_S
            self.patience.prompt_failed(now, since)
            if isinstance(exc, SpeechUnavailable):
                self._cache.down_until = loop.time() + DOWN_S
            await self._give_up(file, text, config, exc)
        except ConfigError as exc:  # SSML that is wrong
            self._end(file, exc)
        except OSError as exc:
            self._end(file, self._cache.cannot_write(exc))
        except Exception as exc:  # noqa: BLE001  # the task's outermost frame; a prompt is awaited
            bug = f"a prompt cannot be synthesised: {type(exc).__name__}"
            _log.error("%s", bug, exc_info=None if text.is_private else exc)
            self._end(file, SpeechError(bug))
        else:
            self._end(file)
            if not text.is_private:
                await self._keep(fill, text, config)

    async def _receive(self, file: PromptFile, text: Text, config: SynthesisConfig) -> None:
        def note_trace(trace_id: str) -> None:
            file.trace_id = trace_id
            self._journal.record("synthesis_started", trace_id=trace_id)

        async with contextlib.AsyncExitStack() as stack:
            chunks = self._synthesize(text.text, config, on_trace=note_trace)
            if isinstance(text, LiveText):
                heard = await stack.enter_async_context(contextlib.aclosing(HeardText(text.pieces)))
                if not await heard.has(0):  # whoever writes it has its own time
                    await file.append(SILENCE_FRAME)
                    return
                chunks = await self._speak_live(heard, config, on_trace=note_trace)
            await stack.enter_async_context(contextlib.aclosing(chunks))
            limit_s = self.patience.limit_s(asyncio.get_running_loop().time())
            try:
                async with asyncio.timeout(limit_s + MARGIN_S):
                    first: bytes = await anext(chunks, b"")
            except TimeoutError:
                raise SpeechUnavailable(
                    f"no audio within {limit_s:.1f} s", has_waited=True
                ) from None
            if first:
                self._journal.record("synthesis_first_audio", trace_id=file.trace_id)
                await file.feed(first)
            async for chunk in chunks:
                await file.feed(chunk)
        await file.pad()
        if not file.n_samples:
            raise SpeechProtocolError("the synthesis ended NORMAL without any audio")

    def _end(self, file: PromptFile, error: IvrError | None = None) -> None:
        """Finish a file, and record it."""
        file.finish(error)
        if error is not None:
            trace_id = (error.trace_id if isinstance(error, SpeechError) else None) or file.trace_id
            self._journal.record(
                "synthesis_end", reason="ERROR", error=str(error), trace_id=trace_id
            )
        else:
            audio_ms = file.n_samples * 1000 // SAMPLE_RATE_HZ
            self._journal.record(
                "synthesis_end", reason="NORMAL", audio_ms=audio_ms, trace_id=file.trace_id
            )

    async def _keep(self, fill: Fill, text: Text, config: SynthesisConfig) -> None:
        # Under the host that spoke: the preferred voice is never replaced by that of a stand-in.
        path = self._cache.path(text.text, config, self._current_kind())
        if path not in self._cache.fills:
            self._cache.unshare(fill)
            self._cache.share(path, fill)
        try:
            await run_in(FILES, self._cache.keep, fill.file.path, path)
        except OSError as exc:
            self._journal.record("prompt_not_cached", error=str(exc.strerror))

    # When the service fails.

    async def _give_up(
        self, file: PromptFile, text: Text, config: SynthesisConfig, error: SpeechError
    ) -> None:
        try:
            if await self._stand_in(file, text, config, error):
                return
        except OSError as exc:
            self._end(file, self._cache.cannot_write(exc))
        else:
            self._end(file, error)

    async def _stand_in(
        self,
        file: PromptFile,
        text: Text,
        config: SynthesisConfig,
        error: SpeechError | None = None,
    ) -> bool:
        """Append an older version or a recording to the file; False if there is none.

        Audio that arrived before stays, because the caller may have heard it.
        """
        source, pcm = await run_in(FILES, self._find_stand_in, text, config)
        if not pcm:
            return False
        reason = str(error) if error is not None else None
        self._journal.record("prompt_stand_in", source=source, error=reason)
        await file.pad()
        await file.append(pcm)
        file.finish()
        return True

    def _find_stand_in(self, text: Text, config: SynthesisConfig) -> tuple[str, bytes]:
        for path in self._cache.versions(text.text, config):
            with contextlib.suppress(OSError):
                return "cache", path.read_bytes()
        pcm = self._recordings.read(text.fallback) if self._recordings and text.fallback else None
        return "recording", pcm or b""

    # Several parts.

    async def _open_together(self, together: list[_Source]) -> list[PromptFile | Recording]:
        match together:
            case []:
                return []
            case [(Text() as text, _)]:
                return [self.open(text)]
            case [(Recording() as recording, pcm)]:
                return [PromptFile.recorded(recording.name, pcm)]
        return [await self._open_joint(together)]

    async def _open_joint(self, together: list[_Source]) -> PromptFile:
        """Return the file of several parts. Parts that are available are in it already."""
        is_private = any(isinstance(part, Text) and part.is_private for part, _ in together)
        file = self._create("joined", is_private=is_private)
        self._joints[file] = None
        try:
            await file.begin()
            known = await run_in(FILES, self._read_known, together)
            if known:
                await file.append(b"".join(known))
        except OSError as exc:
            file.finish(self._cache.cannot_write(exc))
        else:
            waiting = together[len(known) :]
            if waiting:
                joining = self._join(file, waiting)
                self._joints[file] = asyncio.get_running_loop().create_task(joining)
            else:
                file.finish()
        await self._forget_joints()
        return file

    # In a thread: files are read.

    def _read_known(self, together: list[_Source]) -> list[bytes]:
        """Return the samples of the first parts that need no synthesis."""
        return list(itertools.takewhile(lambda pcm: pcm, map(self._known, together)))

    def _known(self, source: _Source) -> bytes:
        """Return the samples of a part that needs no synthesis, else an empty string."""
        part, pcm = source
        if isinstance(part, Text) and not part.is_private:
            file = self.find(part)
            with contextlib.suppress(OSError):
                return file.path.read_bytes() if file is not None else b""
            return b""  # removed just now
        return pcm

    # In the event loop.

    async def _forget_joints(self) -> None:
        """Remove the files of old prompts: a call may have hundreds."""
        over = list(self._joints.items())[:-KEPT_JOINTS]
        old = [file for file, task in over if task is None or task.done()]
        for file in old:
            del self._joints[file]
        if old:
            await run_in(FILES, remove_files, [file.path for file in old])

    async def _join(self, joint: PromptFile, sources: list[_Source]) -> None:
        """Copy parts into one file as they arrive. A part starts when the one before has audio."""
        files: list[PromptFile | bytes] = []
        waiting = [part if isinstance(part, Text) else pcm for part, pcm in sources]

        def begin_next() -> None:
            while waiting:
                source = waiting.pop(0)
                files.append(self.open(source) if isinstance(source, Text) else source)
                if isinstance(source, Text):
                    return

        try:
            begin_next()
            while files:
                file = files.pop(0)
                if isinstance(file, bytes):
                    await joint.append(file)
                else:
                    await file.wait_for(1)
                    begin_next()
                    await _copy(file, joint)
        except IvrError as exc:
            joint.finish(exc)
        except OSError as exc:
            joint.finish(self._cache.cannot_write(exc))
        except Exception as exc:  # noqa: BLE001  # the task's outermost frame; a prompt is awaited
            _log.exception("parts of a prompt cannot be put together")
            joint.finish(SpeechError(f"parts cannot be put together: {type(exc).__name__}"))
        else:
            joint.finish()


async def _copy(source: PromptFile, target: PromptFile) -> None:
    """Append one file to another while it grows.

    A growing file is in memory too, and is not read back from the disk.
    """
    if source.complete:
        await target.append(await run_in(FILES, source.path.read_bytes))
        return
    samples, n_bytes = source.pcm(), 0
    is_last = False
    while not is_last:
        await source.wait_for(n_bytes // SAMPLE_BYTES + 1)
        is_last = source.complete
        new = bytes(samples[n_bytes:])
        n_bytes += len(new)
        await target.append(new)
