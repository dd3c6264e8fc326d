"""What the settings say of the service; secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.serve.services import make_service, make_synthesis_config, read_token
from ivr_agi.settings import SpeechSettings, SynthesisSettings


def test_the_token_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name that the settings give; it is in no repr."""
    monkeypatch.setenv("MY_TOKEN", "s3cret")
    service = make_service(SpeechSettings(url="wss://example.com", token_env="MY_TOKEN"))
    assert service.token is not None
    assert service.token.reveal() == "s3cret"
    assert "s3cret" not in repr(service)


def test_without_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local server wants none."""
    monkeypatch.delenv("IVR_AGI_TOKEN", raising=False)
    assert make_service(SpeechSettings()).token is None


def test_the_token_is_in_a_file(tmp_path: Path) -> None:
    """Which only its owner may read."""
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    settings = SpeechSettings(token_file=str(file))
    file.chmod(0o644)
    with pytest.raises(ConfigError, match=r"token_file: others may read it: mode 0600 expected"):
        read_token(settings)
    file.chmod(0o600)
    token = read_token(settings)
    assert token is not None
    assert token.reveal() == "s3cret"
    file.unlink()
    with pytest.raises(ConfigError, match="cannot read the token: No such file"):
        read_token(settings)


def test_a_url_that_is_none() -> None:
    """Told as a mistake of configuration."""
    with pytest.raises(ConfigError, match=r"^speech\.url: must be ws://host:port"):
        make_service(SpeechSettings(url="http://x"))


def test_the_voice() -> None:
    """8 kHz PCM, whatever else is set."""
    config = make_synthesis_config(SynthesisSettings(speed=100, volume=70))
    assert (config.audio_format, config.sample_rate) == ("pcm", 8000)
    assert (config.speed, config.volume) == (100, 70)
