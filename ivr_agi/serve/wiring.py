"""Builds what calls need of the speech service from the settings; reads secrets."""

from __future__ import annotations

import contextlib
import functools
import logging
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.audio.wideband import WIDEBAND_RATE_HZ, Downsampler
from ivr_agi.catalogue import region_of, vendor_voice
from ivr_agi.dialogue.prompt.cache import PromptCache
from ivr_agi.dialogue.prompt.markup import sayable
from ivr_agi.dialogue.prompt.recordings import Recordings
from ivr_agi.dialogue.prompt.store import PromptStore
from ivr_agi.errors import ConfigError, SpeechError
from ivr_agi.language.text import Language, language_of
from ivr_agi.secret import Secret
from ivr_agi.settings import EndpointSettings
from ivr_agi.sis.access.agency import AgencyKey
from ivr_agi.sis.access.endpoint import Endpoint, Identity
from ivr_agi.sis.access.failover import Endpoints
from ivr_agi.sis.access.health import Health
from ivr_agi.sis.access.iam import IamToken, Login
from ivr_agi.sis.access.identity import AgencyIdentity, KeyIdentity, PasswordIdentity
from ivr_agi.sis.access.shared_file import SharedFile
from ivr_agi.sis.access.signing import AccessKey
from ivr_agi.sis.client.streaming import HeardText, speak_by_sentence, stream_somewhere
from ivr_agi.sis.client.synthesizer import synthesize_somewhere
from ivr_agi.sis.wire.messages import SynthesisConfig
from ivr_agi.surroundings import environment
from ivr_agi.textfile import check_plain_file
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from ivr_agi.journal import Journal
    from ivr_agi.settings import Settings, SpeechSettings, SynthesisSettings

SLOWER_BY, SLOWEST = 200, -500
"""In the service's unit of speed: a fifth less, and its end."""

__all__ = (
    "Voices",
    "default_language",
    "find_music",
    "find_recognizer",
    "find_voice",
    "make_cache",
    "make_endpoints",
    "make_recordings",
    "make_slower",
    "make_speaker",
    "make_store",
    "make_synthesis_config",
    "read_credentials",
    "read_token",
)

_log = logging.getLogger("ivr_agi.serve")

_NEEDED = {"key": ("access_key", "secret_key"), "password": ("user", "password", "domain")}
_MUSIC: dict[Path, str] = {}
_SOUNDS = {".alaw", ".gsm", ".sln", ".sln16", ".ulaw", ".wav"}
_OPTIONAL = {"key": ("security_token",), "password": ()}


def make_endpoints(settings: Settings) -> list[Endpoint]:
    """Return the endpoints in order, each with its credentials and time limits.

    Raises:
        ConfigError: A URL, a secret or its file is wrong.
    """
    speech = settings.speech
    first = EndpointSettings(url=speech.url, project_id=speech.project_id, auth=speech.auth)
    places = [first, *speech.endpoints]
    return [
        _make_endpoint(settings, place, is_last=place is places[-1], number=number)
        for number, place in enumerate(places)
    ]


def make_synthesis_config(synthesis: SynthesisSettings) -> SynthesisConfig:
    """Return the parameters of synthesis, for 8 kHz PCM."""
    return SynthesisConfig(
        audio_format="pcm",
        sample_rate=8000,
        property=synthesis.voice_name or synthesis.property,
        speed=synthesis.speed,
        pitch=synthesis.pitch,
        volume=synthesis.volume,
    )


def make_slower(store: PromptStore) -> None:
    """Make a call's voice slower, from the next prompt on."""
    slower = max(SLOWEST, store.config.speed - SLOWER_BY)
    store.config = msgspec.structs.replace(store.config, speed=slower)


def find_voice(settings: Settings, own: str, language: str) -> str:
    """Return the service's voice for a text.

    Args:
        settings: The settings.
        own: What the text names: a language of the settings, a voice of the service, or "".
        language: The language of the call; "": the installation's.
    """
    known = settings.languages
    for name in (own, language):
        if "_" in name:
            return name
        if found := known.get(name) or known.get(name[:2]):
            return found.voice
    return settings.synthesis.property


def find_recognizer(settings: Settings, language: str) -> str:
    """Return the service's recogniser for a language of a call; "": the installation's."""
    found = settings.languages.get(language) or settings.languages.get(language[:2])
    return settings.recognition.property if found is None else found.recognition


def default_language(settings: Settings) -> str:
    """Return the language of a call whose flow names none."""
    return language_of(settings.recognition.property, default=Language.ENGLISH).value


def make_cache(settings: Settings) -> PromptCache:
    """Return the prompt cache; all calls of a process share it.

    Raises:
        ConfigError: Its folder is not writable.
    """
    limit_bytes = settings.prompts.cache_mb * 1_000_000
    return PromptCache(settings.spool_dir / "prompts", limit_bytes=limit_bytes)


def make_store(
    settings: Settings,
    endpoints: list[Endpoint],
    journal: Journal,
    *,
    cache: PromptCache | None = None,
    health: SharedFile[Health] | None = None,
    language: str = "",
) -> PromptStore:
    """Return the prompts of one call.

    Args:
        settings: The settings.
        endpoints: The endpoints for synthesis, in order.
        journal: The call's journal.
        cache: The process's cache; None: a new one.
        health: Health of the endpoints, shared by all calls.
        language: The channel's language, for recordings.

    Raises:
        ConfigError: The cache's folder is not writable.
    """
    rtts = Endpoints(endpoints, health, work="rtts")
    voices = Voices.of(settings, rtts, endpoints, health)
    return PromptStore(
        cache or make_cache(settings),
        functools.partial(_synthesize, voices),
        make_synthesis_config(settings.synthesis),
        service_kind=endpoints[0].host,
        current_kind=lambda: rtts.in_use.host,
        voices={name: language.voice for name, language in settings.languages.items()},
        recordings=make_recordings(settings, language),
        journal=journal,
        synthesize_live=functools.partial(_synthesize_live, voices),
    )


@dataclass(frozen=True)
class Voices:
    """Who speaks: the endpoints, and which voices take text while it is being written."""

    rtts: Endpoints
    streaming: Endpoints
    """The same, for streaming synthesis: not every region has it."""
    streaming_names: frozenset[str]
    stand_in: str
    """The voice that speaks where there is no streaming."""

    @classmethod
    def of(
        cls,
        settings: Settings,
        rtts: Endpoints,
        endpoints: list[Endpoint],
        health: SharedFile[Health] | None,
    ) -> Voices:
        """Return those of the settings."""
        named = {settings.synthesis.voice_name} - {""}
        streaming = Endpoints(endpoints, health, work="streaming")
        return cls(rtts, streaming, frozenset(named), settings.synthesis.property)

    def is_streaming(self, voice: str) -> bool:
        """Whether a voice takes text while it is being written."""
        return voice in self.streaming_names or vendor_voice(voice).is_streaming


def _synthesize(
    voices: Voices, text: str, config: SynthesisConfig, *, on_trace: Callable[[str], None]
) -> AsyncGenerator[bytes]:
    """Synthesise what the voice can say of a text, at the line's rate."""
    text = sayable(text, config.property)
    if voices.is_streaming(config.property):
        return _stream(voices, HeardText(_one(text)), config, on_trace)
    return _at_line_rate(
        config, lambda at_its: synthesize_somewhere(voices.rtts, text, at_its, on_trace=on_trace)
    )


def _synthesize_live(
    voices: Voices, text: HeardText, config: SynthesisConfig, *, on_trace: Callable[[str], None]
) -> AsyncGenerator[bytes]:
    """Synthesise a text as it comes: at once, or with a voice that cannot by sentence."""
    if voices.is_streaming(config.property):
        return _stream(voices, text, config, on_trace)
    return _at_line_rate(
        config, lambda at_its: speak_by_sentence(voices.rtts, text, at_its, on_trace=on_trace)
    )


def _at_line_rate(
    config: SynthesisConfig, speak: Callable[[SynthesisConfig], AsyncGenerator[bytes]]
) -> AsyncGenerator[bytes]:
    if config.sample_rate in vendor_voice(config.property).rates_hz:
        return speak(config)
    return _narrowed(speak(msgspec.structs.replace(config, sample_rate=WIDEBAND_RATE_HZ)))


async def _stream(
    voices: Voices,
    text: HeardText,
    config: SynthesisConfig,
    on_trace: Callable[[str], None],
) -> AsyncGenerator[bytes]:
    """Speak with a voice of the large model, or where that fails at once, with the stand-in."""
    has_begun = False
    try:
        chunks = stream_somewhere(voices.streaming, text, config, on_trace=on_trace)
        async with contextlib.aclosing(chunks):
            async for chunk in chunks:
                has_begun = True
                yield chunk
        return
    except SpeechError as error:
        if has_begun or voices.is_streaming(voices.stand_in):
            raise
        _log.warning("%s; %s speaks instead", error, voices.stand_in)
    spare = msgspec.structs.replace(config, property=voices.stand_in)
    chunks = speak_by_sentence(voices.rtts, text, spare, on_trace=on_trace)
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            yield chunk


async def _one(text: str) -> AsyncIterator[str]:
    yield text


def make_speaker(
    settings: Settings, endpoint: Endpoint
) -> Callable[[str, str], AsyncGenerator[bytes]]:
    """Return what speaks a text with a voice at one endpoint, as calls do."""
    config, at = make_synthesis_config(settings.synthesis), Endpoints([endpoint], work="rtts")
    voices = Voices.of(settings, at, [endpoint], None)

    def speak(text: str, voice: str) -> AsyncGenerator[bytes]:
        said = msgspec.structs.replace(config, property=voice)
        return _synthesize(voices, text, said, on_trace=lambda _: None)

    return speak


async def _narrowed(wide: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Bring the audio of a voice that has only 16 kHz to the line's rate, as it comes."""
    downsampler = Downsampler()
    async with contextlib.aclosing(wide):
        async for audio in wide:
            if narrow := downsampler.convert(audio):
                yield narrow


def make_recordings(settings: Settings, language: str = "") -> Recordings:
    """Return the reader of Asterisk's sounds in a channel's language."""
    return Recordings(settings.path(settings.paths.sounds), language)


async def find_music(settings: Settings) -> str:
    """Return the first file of Asterisk's music on hold as a recording; empty: there is none.

    Looked for once in a process.
    """
    folder = settings.path(settings.paths.sounds).parent / "moh"
    if folder not in _MUSIC:
        _MUSIC[folder] = await run_in(FILES, _find_first_sound, folder)
    return _MUSIC[folder]


def _find_first_sound(folder: Path) -> str:
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix in _SOUNDS)
    except OSError:
        return ""
    return str(files[0].with_suffix("")) if files else ""


def read_token(speech: SpeechSettings) -> Secret | None:
    """Return the token from the file or environment variable in the settings.

    Raises:
        ConfigError: The file cannot be read, or users other than its owner may read it.
    """
    if not speech.token_file:
        token = environment().get(speech.token_env, "")
        return Secret(token) if token else None
    return Secret(_read_private(speech.token_file, "speech.token_file").strip())


def read_credentials(speech: SpeechSettings, auth: str) -> dict[str, Secret]:
    """Return what ``auth`` (``key`` or ``password``) needs, from the file or the environment.

    Raises:
        ConfigError: The file cannot be read, is not TOML, or other users may read it; or a required
            value is missing.
    """
    names = (*_NEEDED[auth], *_OPTIONAL[auth])
    if speech.credentials_file:
        text = _read_private(speech.credentials_file, "speech.credentials_file")
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError:  # its message may quote a secret
            raise ConfigError("is not TOML", path=speech.credentials_file) from None
    else:
        found = {name: environment().get(f"IVR_AGI_{name.upper()}", "") for name in names}
    for name in _NEEDED[auth]:
        if not found.get(name):
            reason = f"auth = {auth!r} needs {name}: set IVR_AGI_{name.upper()} or credentials_file"
            raise ConfigError(reason, path=speech.credentials_file or None, key="speech.auth")
    return {name: Secret(str(found[name])) for name in names if found.get(name)}


def _make_endpoint(
    settings: Settings, place: EndpointSettings, *, is_last: bool, number: int
) -> Endpoint:
    speech = settings.speech
    auth = place.auth or speech.auth
    limit_s = float("inf") if is_last else speech.failover_s
    try:
        return Endpoint(
            url=place.url,
            project_id=place.project_id or speech.project_id,
            token=read_token(speech) if auth == "token" else None,
            connect_timeout_s=min(limit_s, speech.connect_timeout_s),
            answer_timeout_s=min(limit_s, speech.answer_timeout_s),
            identity=_make_identity(settings, place.url, auth),
            ping_interval_s=speech.ping_interval_s,
            # The vendor: "of little use at present, do not rely on it". A score that the settings
            # name holds for every service.
            has_scores=settings.recognition.min_score != "auto" or not region_of(place.url),
            enterprise_project_id=speech.enterprise_project_id,
        )
    except ConfigError as exc:
        key = exc.key
        if key is not None and not key.startswith("speech."):
            section = f"speech.endpoints[{number - 1}]" if number else "speech"
            key = f"{section}.{key}"
        raise ConfigError(exc.reason, path=exc.path or settings.file or None, key=key) from exc


def _make_identity(settings: Settings, url: str, auth: str) -> Identity | None:
    speech, spool = settings.speech, settings.spool_dir
    refusals = SharedFile(Health, spool / "speech-refusals.json")
    if auth == "agency":
        keys = SharedFile(AgencyKey, spool / "speech-keys.json")
        agency_url = speech.agency_url.rstrip("/")
        return AgencyIdentity(agency_url, keys, refusals, timeout_s=speech.answer_timeout_s)
    if auth not in _NEEDED:
        return None
    found = read_credentials(speech, auth)
    if auth == "key":
        key = AccessKey(
            found["access_key"].reveal(), found["secret_key"], found.get("security_token")
        )
        return KeyIdentity(key, refusals)
    region = re.match(r"wss?://sis-ext\.([a-z0-9-]+)\.", url)
    if region is None:
        reason = "tokens are fetched for the region in the endpoint's host, and this one has none"
        raise ConfigError(f"{reason}: {url}", key="speech.auth")
    login = Login(
        speech.iam_url.rstrip("/") or f"https://iam.{region[1]}.myhuaweicloud.com",
        found["user"].reveal(),
        found["password"],
        found["domain"].reveal(),
        region[1],
    )
    tokens = SharedFile(IamToken, spool / "speech-tokens.json")
    return PasswordIdentity(login, tokens, refusals, timeout_s=speech.answer_timeout_s)


def _read_private(path: str, key: str) -> str:
    try:
        status = Path(path).stat()
        mode = status.st_mode & 0o777
        if mode & 0o077:
            reason = f"others may read it: mode 0600 expected, {mode:04o} found"
            raise ConfigError(reason, path=path, key=key)
        check_plain_file(path)
        return _read_text(path, (status.st_ino, status.st_mtime_ns, status.st_size))
    except OSError as exc:
        what = key.rpartition(".")[2].removesuffix("_file")
        reason = f"cannot read the {what}: {exc.strerror}"
        raise ConfigError(reason, path=path, key=key) from exc
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", path=path, key=key) from None


@functools.lru_cache(maxsize=16)
def _read_text(path: str, _version: tuple[int, int, int]) -> str:
    """Read a file once, and again after a change: every call needs it."""
    return Path(path).read_text(encoding="utf-8")
