"""The settings file: every key, every mistake with its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.settings import CONFIG_ENV, DEFAULT_PATH, Settings, load_settings

SAMPLE = Path(__file__).parents[1] / "config" / "ivr-agi.toml"


def write(tmp_path: Path, text: str) -> Path:
    """Write a settings file."""
    file = tmp_path / "ivr-agi.toml"
    file.write_text(text, encoding="utf-8")
    return file


def uncomment(text: str) -> str:
    """Turn the sample's commented settings into real ones."""
    lines = [line.removeprefix("# ") for line in text.splitlines()]
    return "\n".join(line for line in lines if re.match(r"\[|\w+ = ", line))


def test_the_sample_shows_every_setting_with_its_default() -> None:
    """The sample, with every comment sign removed, is the defaults and complete."""
    text = SAMPLE.read_text(encoding="utf-8")
    shown = tomllib.loads(uncomment(text))
    defaults = msgspec.to_builtins(Settings(), enc_hook=str)
    del defaults["base"], defaults["file"]
    assert shown == defaults


def test_the_sample_as_it_is_changes_nothing() -> None:
    """An administrator may install it unchanged."""
    settings = load_settings(SAMPLE)
    assert settings.file == str(SAMPLE)
    assert msgspec.structs.replace(settings, base=Settings().base, file="") == Settings()


def test_without_a_file_the_defaults_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is needed."""
    monkeypatch.delenv(CONFIG_ENV, raising=False)
    if not DEFAULT_PATH.exists():
        assert load_settings() == Settings()


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is used where no path is given."""
    file = write(tmp_path, '[speech]\nproject_id = "p"')
    monkeypatch.setenv(CONFIG_ENV, str(file))
    assert load_settings().speech.project_id == "p"


def test_relative_paths_begin_at_the_file(tmp_path: Path) -> None:
    """A folder of settings, flows and spool can be moved as a whole."""
    settings = load_settings(write(tmp_path, '[paths]\nflows = "flows"\nspool = "/var/s"'))
    assert settings.flows_dir == tmp_path / "flows"
    assert settings.spool_dir == Path("/var/s")


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        ("[speech]\nurl = 3", "2:1", "speech.url: expected a text, got a whole number: put it in quotes"),
        ("[speech]\n\n  urll = 'x'", "3:3", "speech.urll: unknown key 'urll'; did you mean 'url'?"),
        ("[log]\ncolour = 1", "2:1", "log.colour: unknown key 'colour'; there are file, level"),
        ("[turn]\ntimeout_s = 0", "2:1", "turn.timeout_s: expected a number > 0.0"),
        ("[ spech ]\nurl = 'x'", "1:3", "spech: unknown key 'spech'; did you mean 'speech'?"),
        ("base = '/x'", "1:1", "base: unknown key 'base'; there are speech, recognition,"),
        ("file = '/x'", "1:1", "file: unknown key 'file'; there are speech, recognition,"),
        ("[log]\nlevel = 'inf'", "2:1", "log.level: invalid value 'inf'; did you mean 'info'? there are debug,"),
        ("turn = 3", "1:1", "turn: expected a section with keys ([name]), got a whole number"),
        ("log.level = 3", "1:1", "log.level: expected a text, got a whole number"),
        ("speech = {url = 3}", "1:1", "speech.url: expected a text"),
        ("[[speech.endpoints]]\nurl = 'x'\n[[speech.endpoints]]\nurl = 3", "4:1",
         "speech.endpoints.1.url: expected a text"),
        ("[[speech.endpoints]]\nauth = 'key'", "1:3", "speech.endpoints.0: the key 'url' is missing"),
        ("[languages.en]\nrecognition = 'x'\nvoice = 'y'\n[languages.'zh']\nrecognition = 'x'", "4:2",
         "languages.zh: the key 'voice' is missing"),
        ("[speech\n", "1:8", "no TOML: Expected ']' at the end of a table declaration"),
        ("[log]\nlevel = 'INFO'", "2:1", "log.level: invalid value 'INFO'; did you mean 'info'?"),
        ("[turn]\ntimeout_s = 2026-01-01", "2:1", "turn.timeout_s: expected a number, got a date"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, expected: str
) -> None:
    """File, line, column, key, and what was expected, in one line, as for flows."""
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_settings(file)
    assert str(caught.value).startswith(f"{file}:{place}: {expected}")
    assert "\n" not in str(caught.value)
    assert "`" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_number_that_python_does_not_read(tmp_path: Path) -> None:
    """It is one line, too."""
    file = write(tmp_path, f"[turn]\ntimeout_s = {'9' * 5000}")
    with pytest.raises(ConfigError, match="no TOML: a number is too long"):
        load_settings(file)


def test_nested_too_deeply(tmp_path: Path) -> None:
    """One line, not thousands."""
    with pytest.raises(ConfigError, match="ivr-agi.toml: no TOML: nested too deeply$"):
        load_settings(write(tmp_path, f"x = {'[' * 3000}"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A named file must exist."""
    with pytest.raises(ConfigError, match="cannot read the settings: No such file"):
        load_settings(tmp_path / "none.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are refused in words."""
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(file)
