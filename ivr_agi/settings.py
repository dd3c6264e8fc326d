"""The settings file ``ivr-agi.toml``: every setting, its type, range and default.

The only place that reads configuration. ``config/ivr-agi.toml`` shows every setting with a
comment; a test keeps the two together. Secrets are never in the file: it names an environment
variable or a file that holds them.
"""

from __future__ import annotations

import itertools
import operator
import os
import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from ivr_agi.catalogue import (
    check_model,
    check_voice,
    model_language,
    models_of,
    region_of,
    voices_of,
)
from ivr_agi.errors import ConfigError, gather
from ivr_agi.knobs import InstallationKnobs
from ivr_agi.mistakes import convert_all
from ivr_agi.store_settings import (
    ConsoleSettings,
    RetentionSettings,
    StoreSettings,
    TraceSettings,
)
from ivr_agi.textfile import read_text_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ivr_agi.wording import FieldPath

__all__ = (
    "AUTO_SCORE",
    "CONFIG_ENV",
    "CallSettings",
    "DEFAULT_PATH",
    "EndpointSettings",
    "JournalSettings",
    "LanguageSettings",
    "LogSettings",
    "PathSettings",
    "PromptSettings",
    "RecognitionSettings",
    "RecordingSettings",
    "ServeSettings",
    "Settings",
    "SettingsFile",
    "SpeechSettings",
    "SynthesisSettings",
    "TurnSettings",
    "least_score",
    "load_settings",
)

CONFIG_ENV = "IVR_AGI_CONFIG"
"""Environment variable that names the settings file."""

MAX_SOCKET_BYTES = 107
"""Longest path of a socket (``unix(7)``)."""
DEFAULT_PATH = Path("/etc/ivr-agi/ivr-agi.toml")
"""Read when neither ``--config`` nor the variable names another; may be absent."""

AUTO_SCORE = 0.5
"""``min_score`` of the local service: a match is as likely right as wrong."""

_Seconds = Annotated[float, Meta(gt=0, le=300)]
_YesNo = Literal["yes", "no"]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the sections: immutable, and an unknown key is an error."""


_Auth = Literal["none", "token", "password", "key", "agency"]


class EndpointSettings(_Section, frozen=True):
    """``[[speech.endpoints]]``: where to go when the endpoints before it do not work."""

    url: str
    """As ``speech.url``."""
    project_id: str = ""
    """Empty: that of ``[speech]``; another region has another."""
    auth: _Auth | Literal[""] = ""
    """Empty: that of ``[speech]``."""


class SpeechSettings(_Section, frozen=True):
    """``[speech]``: where the speech service is and how long we wait for it."""

    url: str = "ws://127.0.0.1:8765"
    """``wss://sis-ext.{region}.myhuaweicloud.com``, or the local speech server."""
    project_id: str = "local"
    """Project of the account; any word for the local server."""
    auth: _Auth = "token"
    """``key``: AK/SK; ``agency``: temporary keys of this machine; ``password``: a token that is
    fetched; ``token``: one that is given, for trying."""
    token_env: str = "IVR_AGI_TOKEN"
    """Environment variable that holds the X-Auth-Token; unset means none is sent."""
    token_file: str = ""
    """File (mode 0600) that holds it instead."""
    credentials_file: str = ""
    """TOML file (mode 0600) with what ``password`` or ``key`` need; empty: the environment."""
    iam_url: str = ""
    """Where tokens are fetched; empty: IAM of the endpoint's region."""
    agency_url: str = "http://169.254.169.254"
    """Where ``agency`` gets its keys: the metadata service of a machine in the vendor's cloud."""
    enterprise_project_id: str = ""
    """Whom the vendor bills; empty: the default."""
    connect_timeout_s: _Seconds = 3.0
    """TCP, TLS and upgrade together."""
    answer_timeout_s: _Seconds = 5.0
    """Wait for the answer to START and END, and for the next audio of a synthesis."""
    failover_s: _Seconds = 1.5
    """Both waits for an endpoint that is not the last."""
    ping_interval_s: _Seconds = 5.0
    """Between pings on a recognition socket; the vendor's default."""
    endpoints: list[EndpointSettings] = []
    """Where to go when ``url`` does not work, in this order."""


class RecognitionSettings(_Section, frozen=True):
    """``[recognition]``: what every recognition session asks for (sis-protocol.md 5)."""

    property: str = "english_16k_general"
    """Model, ``{language}_{8k or 16k}_{domain}``; audio is brought to its rate."""
    vad_tail_ms: Annotated[int, Meta(ge=200, le=3000)] = 500
    """Silence that ends a sentence, ms."""
    max_seconds: Annotated[int, Meta(ge=1, le=60)] = 30
    """Longest sentence, s."""
    digit_norm: _YesNo = "no"
    """Spoken numbers as digits."""
    add_punc: _YesNo = "no"
    """Punctuation in the text; a menu needs none."""
    word_times: _YesNo = "yes"
    """Ask for the time of each word (``need_word_info``): kept with what was heard."""
    min_score: Annotated[float, Meta(ge=0, le=1)] | Literal["auto"] = "auto"
    """Words below this score are a no-match, 0 to 1. ``auto``: 0.5, and 0 for the vendor, whose own
    words are not to rely on ``score``."""


def least_score(recognition: RecognitionSettings) -> float:
    """Return ``min_score`` as a number; scores that a service does not mean do not reach it."""
    return AUTO_SCORE if recognition.min_score == "auto" else recognition.min_score


class SynthesisSettings(_Section, frozen=True):
    """``[synthesis]``: the voice (sis-protocol.md 9)."""

    property: str = "english_cameal_common"
    """Voice, ``{language}_{speaker}_{domain}``."""
    voice_name: str = ""
    """A voice of the large model, or one of your own, instead: it speaks texts as they come."""
    speed: Annotated[int, Meta(ge=-500, le=500)] = 0
    """Speech rate, -500 to 500."""
    pitch: Annotated[int, Meta(ge=-500, le=500)] = 0
    """Pitch, -500 to 500."""
    volume: Annotated[int, Meta(ge=0, le=100)] = 50
    """Volume, 0 to 100."""


class LanguageSettings(_Section, frozen=True):
    """``[languages.zh]``: what a flow that changes to this language listens and speaks with."""

    recognition: str
    """Model, as ``recognition.property``."""
    voice: str
    """Voice, as ``synthesis.property``, or as ``synthesis.voice_name``."""


_LANGUAGES = {
    "en": LanguageSettings(recognition="english_16k_general", voice="english_cameal_common"),
    "zh": LanguageSettings(recognition="chinese_8k_general", voice="chinese_xiaoyan_common"),
}


class TurnSettings(InstallationKnobs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[turn]``: the knobs of one prompt with listening (:mod:`ivr_agi.knobs`), and chunks."""

    prompt_chunk_ms: Annotated[int, Meta(ge=20, le=1000, multiple_of=20)] = 40
    """Audio per message to the service while a prompt plays, ms: short, for barge-in."""
    listen_chunk_ms: Annotated[int, Meta(ge=20, le=1000, multiple_of=20)] = 100
    """The same once the prompt is over, and on a quiet line until a voice begins (whose first frame
    goes out at once)."""


class CallSettings(_Section, frozen=True):
    """``[call]``: the call as a whole."""

    deadline_s: Annotated[float, Meta(gt=0, le=86400)] = 3600.0
    """No call is held longer than this; it is handed back with ``IVR_STATUS=FAILED``."""
    timezone: str = ""
    """Place of the calls (``Asia/Shanghai``), for "today"; empty: the machine's."""


class ServeSettings(_Section, frozen=True):
    """``[serve]``: the warm server (``docs/serve.md``)."""

    socket: str = "/run/ivr-agi/ivr-agi.sock"
    """Where the launcher finds it."""
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    """Processes that share the calls; one a core is enough."""
    max_calls: Annotated[int, Meta(ge=0, le=100000)] = 500
    """Calls at a time, all workers together; 0: no limit. What is more is refused."""
    max_new_calls: Annotated[float, Meta(ge=0, le=10000)] = 0.0
    """New calls a second; 0: no limit. What is more is refused."""
    max_sessions: Annotated[int, Meta(ge=0, le=100000)] = 0
    """Calls with speech at a time, as the service's account allows; 0: no limit."""
    over_sessions: Literal["keys", "refuse"] = "keys"
    """What is more goes on by keys, or is refused."""
    drain_s: Annotated[float, Meta(ge=0, le=86400)] = 60.0
    """How long running calls may go on when the server is stopped."""
    without_server: Literal["call", "refuse"] = "call"
    """The launcher runs a call itself, or refuses it, where no server answers."""
    launcher_wait_s: Annotated[float, Meta(ge=0.05, le=60)] = 4.0
    """How long the launcher waits for the answer of a server that listens."""


class PathSettings(_Section, frozen=True):
    """``[paths]``: relative ones are relative to the settings file."""

    flows: str = "/etc/ivr-agi/flows"
    """Folder of the flow files (``main_menu`` is ``main_menu.yaml`` in it)."""
    spool: str = "/var/spool/ivr-agi"
    """Prompt cache and state; Asterisk must be able to read it."""
    sounds: str = "/var/lib/asterisk/sounds"
    """Asterisk's sound files, for recordings that are parts of a prompt or stand in for one."""


class PromptSettings(_Section, frozen=True):
    """``[prompts]``: the cache of synthesised prompts."""

    cache_mb: Annotated[int, Meta(ge=1)] = 500
    """What the cache may take, MB; the least recently used prompts go first."""


class RecordingSettings(_Section, frozen=True):
    """``[recording]``: calls recorded in stereo, the caller left, the IVR right."""

    folder: str = ""
    """Where the files go; empty: nothing is recorded."""
    when: Literal["call", "step"] = "call"
    """The whole call, or only the steps that ask for it."""


class LogSettings(_Section, frozen=True):
    """``[log]``: standard error is Asterisk's console and gets warnings only."""

    file: str = ""
    """Log file; empty means none."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """Level of the file."""


class JournalSettings(_Section, frozen=True):
    """``[journal]``: what happened in each call, one JSON object a line."""

    file: str = ""
    """Journal file; empty means none."""
    rotate_mb: Annotated[int, Meta(ge=1, le=10_000)] = 64
    """A larger file is renamed, and another one begun, MB; one of a day, too."""


class SettingsFile(_Section, frozen=True):
    """The whole file."""

    speech: SpeechSettings = SpeechSettings()
    recognition: RecognitionSettings = RecognitionSettings()
    synthesis: SynthesisSettings = SynthesisSettings()
    languages: dict[str, LanguageSettings] = msgspec.field(default_factory=_LANGUAGES.copy)
    turn: TurnSettings = TurnSettings()
    call: CallSettings = CallSettings()
    serve: ServeSettings = ServeSettings()
    paths: PathSettings = PathSettings()
    prompts: PromptSettings = PromptSettings()
    recording: RecordingSettings = RecordingSettings()
    log: LogSettings = LogSettings()
    journal: JournalSettings = JournalSettings()
    store: StoreSettings = StoreSettings()
    retention: RetentionSettings = RetentionSettings()
    console: ConsoleSettings = ConsoleSettings()
    traces: TraceSettings = TraceSettings()


class Settings(SettingsFile, frozen=True):
    """The settings and their file."""

    base: Path = Path("/etc/ivr-agi")
    """Folder of the settings file."""
    file: str = ""
    """The settings file as the user named it; empty without one."""

    def path(self, value: str) -> Path:
        """Return ``value`` as a path, relative ones from the settings file's folder."""
        return self.base / value

    @property
    def flows_dir(self) -> Path:
        """Folder of the flow files."""
        return self.path(self.paths.flows)

    @property
    def spool_dir(self) -> Path:
        """Folder of the prompt cache and of state."""
        return self.path(self.paths.spool)


def load_settings(path: str | os.PathLike[str] | None = None) -> Settings:
    """Read the settings file and check every value.

    Args:
        path: The file; ``None`` takes the one that ``$IVR_AGI_CONFIG`` names, else
            ``/etc/ivr-agi/ivr-agi.toml``, else the defaults.

    Raises:
        ConfigError: The file is missing, is no TOML, or a key or value is wrong.
    """
    named = path or os.environ.get(CONFIG_ENV)
    file = Path(named) if named else DEFAULT_PATH
    if not named and not file.exists():
        return Settings()
    return _parse(read_text_file(file, "the settings"), file)


def _parse(text: str, file: Path) -> Settings:
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        place = re.search(r"\(at line (\d+), column (\d+)\)", str(exc))
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        reason = str(exc).split(" (at ")[0]
        raise ConfigError(f"no TOML: {reason}", path=str(file), line=line, column=column) from exc
    except RecursionError as exc:
        raise ConfigError("no TOML: nested too deeply", path=str(file)) from exc
    except ValueError as exc:  # Python reads no number of thousands of digits
        raise ConfigError("no TOML: a number is too long", path=str(file)) from exc
    if unfit := list(_text_faults(data)):
        raise gather([_mistake(reason, text, file, place) for place, reason in unfit])
    found = convert_all(data, SettingsFile, mapping=_MAPPING)
    if found.mistakes:
        raise gather([_mistake(reason, text, file, path) for reason, path in found.mistakes])
    timezone = found.value.call.timezone
    try:
        ZoneInfo(timezone or "UTC")
    except (KeyError, OSError, ValueError) as exc:  # ZoneInfoNotFoundError is a KeyError
        reason = f"there is no time zone {timezone!r}"
        raise _mistake(reason, text, file, ["call", "timezone"]) from exc
    fitted = _fit_region(found.value, data)
    if faults := [*_service_faults(fitted), *_socket_faults(fitted, file)]:
        raise gather([_mistake(reason, text, file, list(key)) for key, reason in faults])
    sections = msgspec.structs.asdict(fitted)
    return Settings(**sections, base=file.absolute().parent, file=str(file))


def _text_faults(value: Any, path: Sequence[str | int] = ()) -> Iterator[tuple[FieldPath, str]]:
    """Yield the key of each text that no name, path or URL can be, and why."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _text_faults(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _text_faults(item, (*path, number))
    elif isinstance(value, str) and _CONTROL.search(value):
        yield list(path), f"expected a text without control characters, got {value!r}"


def _socket_faults(found: SettingsFile, file: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield ``serve.socket`` if no socket can have that name."""
    size = len(os.fsencode(file.absolute().parent / found.serve.socket))
    if size > MAX_SOCKET_BYTES:
        reason = f"expected a path of at most {MAX_SOCKET_BYTES} bytes, got {size}"
        yield ("serve", "socket"), reason


def _mistake(reason: str, text: str, file: Path, path: FieldPath) -> ConfigError:
    line, column = _find_place(text, path)
    key = ".".join(str(part) for part in path)
    return ConfigError(reason, path=str(file), line=line, column=column, key=key)


def _fit_region(found: SettingsFile, data: dict[str, Any]) -> SettingsFile:
    """Replace models and voices that the file does not name by those that its region has."""
    region = region_of(found.speech.url)
    if not region:
        return found
    recognition, synthesis = found.recognition, found.synthesis
    if "property" not in data.get("recognition", {}):
        model = _fitting(recognition.property, models_of, check_model, found.speech.url)
        recognition = msgspec.structs.replace(recognition, property=model)
    if "property" not in data.get("synthesis", {}):
        voice = _fitting(synthesis.property, voices_of, check_voice, found.speech.url)
        synthesis = msgspec.structs.replace(synthesis, property=voice)
    languages = found.languages
    if "languages" not in data:
        fitted = {
            name: LanguageSettings(
                recognition=_fitting(each.recognition, models_of, check_model, found.speech.url),
                voice=_fitting(each.voice, voices_of, check_voice, found.speech.url),
            )
            for name, each in languages.items()
        }
        languages = {
            name: each
            for name, each in fitted.items()
            if not check_model(each.recognition, found.speech.url)
            and not check_voice(each.voice, found.speech.url)
        }
    return msgspec.structs.replace(
        found, recognition=recognition, synthesis=synthesis, languages=languages
    )


def _fitting(
    property_: str,
    offered: Callable[[str, str], list[str]],
    check: Callable[[str, str], str],
    url: str,
) -> str:
    """Return a default, or what the region has in its language instead."""
    if not check(property_, url):
        return property_
    return next(iter(offered(model_language(property_), region_of(url))), property_)


def _service_faults(found: SettingsFile) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the key of each model and voice that cannot work at ``speech.url``, and why."""
    url = found.speech.url
    checked: list[tuple[tuple[str, ...], Callable[[str, str], str], str]] = [
        (("recognition", "property"), check_model, found.recognition.property),
        *(
            [(("synthesis", "property"), check_voice, found.synthesis.property)]
            if not found.synthesis.voice_name
            else []
        ),
        *(
            ((("languages", name, "recognition"), check_model, each.recognition))
            for name, each in found.languages.items()
        ),
        *(
            ((("languages", name, "voice"), check_voice, each.voice))
            for name, each in found.languages.items()
            if each.voice != found.synthesis.voice_name
        ),
    ]
    for key, check, value in checked:
        if reason := check(value, url):
            yield key, reason


_MAPPING = "a section with keys ([name])"
"""What TOML calls a mapping."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = rf"{_NAME}(?:\s*\.\s*{_NAME})*"


def _find_place(text: str, place: FieldPath) -> tuple[int | None, int | None]:
    """Return line and column of a path, or of its parent: tomllib keeps no positions."""
    table: FieldPath = []
    numbers: Counter[str] = Counter()
    best = 0
    found: tuple[int | None, int | None] = None, None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(rf"\s*(\[\[?)\s*({_KEY})\s*\]", line):
            matched, name = header, header[2]
            table = _split_key(name)
            if header[1] == "[[":
                table = [*table, numbers[name]]
                numbers[name] += 1
            path = table
        elif key := re.match(rf"(\s*)({_KEY})\s*=", line):
            matched, path = key, table + _split_key(key[2])
        else:
            continue
        same = sum(1 for _ in itertools.takewhile(bool, map(operator.eq, path, place)))
        if same > best and same in (len(path), len(place)):
            best, found = same, (number, matched.start(2) + 1)
    return found


def _split_key(key: str) -> FieldPath:
    return [part.strip("\"'") for part in re.findall(_NAME, key)]
