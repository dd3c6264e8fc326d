"""The settings file: every key, every mistake with its place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from ivr_agi.catalogue import check_model, check_voice
from ivr_agi.errors import ConfigError
from ivr_agi.settings import CONFIG_ENV, DEFAULT_PATH, Settings, least_score, load_settings

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
        ("[call]\n  timezone = 'Asia/Atlantis'", "2:3",
         "call.timezone: there is no time zone 'Asia/Atlantis'"),
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


def vendor(region: str, more: str = "") -> str:
    """A file for a region of the vendor's."""
    return f'[speech]\nurl = "wss://sis-ext.{region}.myhuaweicloud.com"\n{more}'


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        (
            vendor("cn-north-4", '[recognition]\nproperty = "english_8k_common"\n'),
            ":4:1: recognition.property",
            "it has english_16k_general",
        ),
        (
            vendor("ap-southeast-3", '[languages.zh]\nrecognition = "cantonese_16k_common"\n'
                   'voice = "english_dh_male"\n'),
            ":4:1: languages.zh.recognition",
            "is not in ap-southeast-3",
        ),
        (
            vendor("me-east-1", '[synthesis]\nproperty = "chinese_xiaoyan_common"\n'),
            ":4:1: synthesis.property",
            "has no voice for chinese",
        ),
        (vendor("cn-east-3"), "recognition.property", "it has no model for english"),
        ('[recognition]\nproperty = "english"\n', ":2:1: recognition.property", "8k or 16k"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_work(tmp_path: Path, text: str, place: str, reason: str) -> None:
    """It is an error of the file, with its place and what there is instead."""
    with pytest.raises(ConfigError) as caught:
        load_settings(write(tmp_path, text))
    assert place in str(caught.value)
    assert reason in str(caught.value)


def test_what_the_file_leaves_out_is_what_the_region_has(tmp_path: Path) -> None:
    """Defaults exist where they are used; languages without a voice there are none."""
    settings = load_settings(write(tmp_path, vendor("ap-southeast-3")))
    assert settings.recognition.property == "english_16k_general"
    assert settings.synthesis.property == "english_dh_male"
    assert {name: each.voice for name, each in settings.languages.items()} == {
        "en": "english_dh_male"
    }
    home = load_settings(write(tmp_path, vendor("cn-north-4")))
    assert home.languages == Settings().languages


def test_a_voice_of_the_large_model_is_no_property(tmp_path: Path) -> None:
    """It may be the account's own, which no list has."""
    more = '[synthesis]\nvoice_name = "my_voice"\n[recognition]\nproperty = "chinese_8k_general"\n'
    assert load_settings(write(tmp_path, vendor("cn-east-3", more))).synthesis.voice_name


@pytest.mark.parametrize(
    ("value", "least"), [('"auto"', 0.5), ("0.2", 0.2), ("0", 0.0), ("1", 1.0)]
)
def test_the_least_score(tmp_path: Path, value: str, least: float) -> None:
    """``auto``, or a number."""
    settings = load_settings(write(tmp_path, f"[recognition]\nmin_score = {value}\n"))
    assert least_score(settings.recognition) == least


def blocks(lines: list[str]) -> list[list[int]]:
    """What can be uncommented: each setting, tables with their settings, the indented examples."""
    found: list[list[int]] = []
    for number, line in enumerate(lines):
        is_example = re.match(r"#   (\[\[|\w+ = )", line) is not None
        is_setting = re.match(r"# (\[|\w+ = )", line) is not None
        if is_example and number and lines[number - 1].startswith("#   "):
            found[-1].append(number)
        elif is_setting and found and re.match(r"# \[", lines[found[-1][0]]) and line[2] != "[":
            found[-1].append(number)
        elif is_example or is_setting:
            found.append([number])
    return found


SAMPLE_LINES = SAMPLE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "block", blocks(SAMPLE_LINES), ids=lambda block: SAMPLE_LINES[block[0]].strip("# ")[:30]
)
def test_each_setting_can_be_uncommented_where_it_stands(block: list[int], tmp_path: Path) -> None:
    """Its place in the file is inside its section."""
    lines = [
        re.sub("^# +", "", line) if number in block else line
        for number, line in enumerate(SAMPLE_LINES)
    ]
    settings = load_settings(write(tmp_path, "\n".join(lines)))
    assert settings.file


@pytest.mark.parametrize(
    ("name", "region"),
    [("ivr-agi.sis-zh.toml", "cn-north-4"), ("ivr-agi.sis-en.toml", "ap-southeast-3")],
)
def test_the_files_for_the_cloud(name: str, region: str) -> None:
    """They load, and every language in them works in their region."""
    settings = load_settings(SAMPLE.parent / name)
    assert region in settings.speech.url
    assert settings.speech.auth == "key"
    assert settings.serve.max_sessions
    for each in settings.languages.values():
        assert not check_model(each.recognition, settings.speech.url)
        assert not check_voice(each.voice, settings.speech.url)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[paths]\nflows = "a\\u0000b"', "paths.flows"),
        ('[log]\nfile = "log\\u001b[2J"', "log.file"),
        ('[[speech.endpoints]]\nurl = "wss://a\\nb"', "speech.endpoints.0.url"),
    ],
)
def test_a_text_without_control_characters(tmp_path: Path, text: str, key: str) -> None:
    """No path, name or URL has them; the flows' folder was taken for an empty one."""
    file = tmp_path / "ivr-agi.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match="without control characters") as caught:
        load_settings(file)
    assert (caught.value.key, caught.value.line) == (key, 2)


def test_a_socket_has_a_short_path(tmp_path: Path) -> None:
    """Told when the settings are read, not with a traceback of the doctor."""
    file = tmp_path / "ivr-agi.toml"
    file.write_text(f'[serve]\nsocket = "{"s" * 300}"\n')
    with pytest.raises(ConfigError, match="at most 107 bytes") as caught:
        load_settings(file)
    assert caught.value.key == "serve.socket"
