"""What the settings say of the speech service, as the client takes it. The secret is read here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.errors import ConfigError
from ivr_agi.sis.client import Secret, Service
from ivr_agi.sis.messages import SynthesisConfig

if TYPE_CHECKING:
    from ivr_agi.settings import SpeechSettings, SynthesisSettings

__all__ = ("make_service", "make_synthesis_config", "read_token")


def make_service(speech: SpeechSettings) -> Service:
    """Return where the service is and how to speak to it.

    Raises:
        ConfigError: The URL or the token file is wrong.
    """
    token = read_token(speech)
    try:
        return Service(
            url=speech.url,
            project_id=speech.project_id,
            token=token,
            connect_timeout_s=speech.connect_timeout_s,
            answer_timeout_s=speech.answer_timeout_s,
        )
    except ConfigError as exc:
        raise ConfigError(exc.reason, key=f"speech.{exc.key}") from exc


def make_synthesis_config(synthesis: SynthesisSettings) -> SynthesisConfig:
    """Return the voice, as 8 kHz PCM."""
    return SynthesisConfig(
        audio_format="pcm",
        sample_rate=8000,
        property=synthesis.property,
        speed=synthesis.speed,
        pitch=synthesis.pitch,
        volume=synthesis.volume,
    )


def read_token(speech: SpeechSettings) -> Secret | None:
    """Return the token from the file or the environment variable that the settings name.

    Raises:
        ConfigError: The file cannot be read, or others than its owner may read it.
    """
    if not speech.token_file:
        token = os.environ.get(speech.token_env, "")
        return Secret(token) if token else None
    file = Path(speech.token_file)
    try:
        mode = file.stat().st_mode & 0o777
        if mode & 0o077:
            reason = f"others may read it: mode 0600 expected, {mode:04o} found"
            raise ConfigError(reason, path=str(file), key="speech.token_file")
        return Secret(file.read_text(encoding="utf-8").strip())
    except OSError as exc:
        reason = f"cannot read the token: {exc.strerror}"
        raise ConfigError(reason, path=str(file), key="speech.token_file") from exc
