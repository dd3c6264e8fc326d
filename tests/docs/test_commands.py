"""The commands in the documents do what they are there for, or are marked with the reason."""

from __future__ import annotations

import argparse
import asyncio
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ivr_agi.cli import main
from ivr_agi.cli.parser import parse_words
from ivr_agi.demo.run import local_speech_server
from ivr_agi.settings import CONFIG_ENV
from tests.cli.conftest import _nothing_is_left_set_up as _nothing_is_left_set_up
from tests.docs.blocks import PAGES, Block, blocks, commands_of
from tests.docs.commands import RULES, commands, rule_of, summary
from tests.house.code import ROOT
from tests.serve.test_installation import machine
from tools.make_reference import leaves, whole_parser

FOUND = sorted({command for _, command in commands()})
RUN = [each for each in FOUND if (rule := rule_of(each)) and not rule.reason]
SPOKEN = re.compile(r"ivr-agi (vocabulary|prompts build [^-])")
"""What needs a speech service."""
FORM = re.compile(r"ivr-agi (COMMAND|help|flow chek)")
"""What no parser takes, and is not meant to."""
PLACEHOLDERS = {"FILE": "flows/main_menu.yaml", "TESTS": "flows/tests/main_menu.yaml"}
SHARED_OPTIONS = ROOT / "ivr_agi/cli/bench/common.py"
INLINE = [
    (page, " ".join(text.split()))
    for page in PAGES
    if page.name not in {"changelog.md", "commands.md"}
    for text in re.findall(r"`(ivr-agi [a-z][^`]*)`", page.read_text(encoding="utf-8"))
]
"""Commands within sentences."""


def words_of(command: str) -> list[str]:
    """The arguments, with files in place of what stands for one; nothing goes into files."""
    words = shlex.split(command.partition(" > ")[0])[1:]
    return [PLACEHOLDERS.get(word, word) for word in words if word != "..."]


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and flows, as an administrator has them; it is the current one."""
    shutil.copytree(ROOT / "config/flows", tmp_path / "flows")
    shutil.copy(ROOT / "config/flows/main_menu.yaml", tmp_path / "flows/support.yaml")
    written = [block.text for block in blocks(ROOT / "docs/tutorial.md") if block.kind == "flow"]
    for name, text in zip(("hello.yaml", "hello.tests.yaml"), written, strict=True):
        (tmp_path / name).write_text(text)
    (tmp_path / "config").symlink_to(ROOT / "config")
    settings = tmp_path / "ivr-agi.toml"
    settings.write_text(
        f'[paths]\nflows = "flows"\nspool = "spool"\n[serve]\nsocket = "{tmp_path}/socket"\n'
        '[journal]\nfile = "journal.jsonl"\n[store]\nurl = "store.sqlite3"\n'
        'caller_key_file = "caller.key"\n'
    )
    (tmp_path / "journal.jsonl").touch()
    machine(tmp_path / "root")
    monkeypatch.setenv(CONFIG_ENV, str(settings))
    monkeypatch.setattr("builtins.input", _hang_up)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _hang_up(_: str) -> str:
    raise EOFError


def check(command: str, folder: Path) -> None:
    """Run it; it ends as its rule says."""
    rule = rule_of(command)
    assert rule
    if rule.after:
        main(shlex.split(rule.after))
    try:
        code = main([*words_of(command), *shlex.split(rule.adds.replace("TMP", str(folder)))])
    except SystemExit as exc:
        code = int(exc.code or 0)
    assert code == rule.exit_code


@pytest.mark.parametrize("command", [each for each in RUN if not SPOKEN.match(each)])
def test_a_command_runs(command: str, at_home: Path) -> None:
    """As it stands, in a folder with settings and flows."""
    check(command, at_home)


@pytest.mark.engine
async def test_commands_with_speech(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other at the same local server, as an administrator has them."""
    spoken = [each for each in RUN if SPOKEN.match(each)]
    assert spoken
    async with local_speech_server() as url:
        settings = at_home / "ivr-agi.toml"
        text = await asyncio.to_thread(settings.read_text)
        await asyncio.to_thread(settings.write_text, f'{text}[speech]\nurl = "{url}"\n')
        for command in spoken:
            await asyncio.to_thread(check, command, at_home)
    assert capsys.readouterr().out


def test_every_command_is_run_or_marked() -> None:
    """Each has a rule, each rule a command, and what runs it elsewhere is there."""
    assert [each for each in FOUND if rule_of(each) is None] == []
    assert [r.pattern for r in RULES if r not in {rule_of(each) for each in FOUND}] == []
    places = {place for rule in RULES for place in rule.elsewhere.split()}
    assert sorted(place for place in places if not (ROOT / place).exists()) == []
    print("\n".join(summary()))  # noqa: T201  # shown with -s; make docs prints it, too


def test_commands_that_are_not_run_can_be_parsed() -> None:
    """No option and no command that there is not."""
    parser = whole_parser()
    wrong = []
    for command in FOUND:
        if re.match(r"(\S+/)?ivr-agi ", command) and not FORM.match(command):
            try:
                parse_words(parser, words_of(command))
            except SystemExit:
                wrong.append(command)
    assert wrong == []


@pytest.mark.parametrize("command", [each for each in FOUND if each.startswith("make ")])
def test_targets(command: str) -> None:
    """Make knows the target; dry, it runs nothing."""
    done = subprocess.run(
        ["make", "--dry-run", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", [each for each in FOUND if " benchmarks." in each])
def test_benchmarks(command: str) -> None:
    """The module is there, and has these options."""
    words = shlex.split(command)
    options = [word for word in words if word.startswith("--")]
    module = ROOT / f"{words[2].replace('.', '/')}.py"
    source = "".join(file.read_text(encoding="utf-8") for file in (module, SHARED_OPTIONS))
    assert [option for option in options if f'"{option}"' not in source] == []


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """What a help page lists."""
    return set(re.findall(r"--[a-z][\w-]*", parser.format_help()))


def test_commands_within_sentences() -> None:
    """They are commands, or the first words of some, and have the options that they name."""
    known = {" ".join(words): options_of(parser) for words, parser in leaves()}
    lost = []
    for page, text in INLINE:
        names = [name for name in known if f"{text} ".startswith(f"{name} ")]
        begun = [name for name in known if f"{name} ".startswith(f"{text} ")]
        options = set(re.findall(r"--[a-z][\w-]*", text)) - {"--help"}
        if not begun and not (names and options <= known[max(names, key=len)]):
            lost.append(f"{page.relative_to(ROOT)}: {text}")
    assert len(INLINE) > 50
    assert lost == []


def test_what_a_block_for_a_shell_says() -> None:
    """Comments, what is printed, and explanations beside a command are no part of it."""
    page = PAGES[0]
    text = "$ ivr-agi flow chek\nivr-agi flow: error: there is no 'chek'"
    assert list(commands_of(Block(page, 1, "", text))) == ["ivr-agi flow chek"]
    text = "A=1 make demo      # hear it\nmake test \\\n    CALLS=2     # of it\n  indented"
    assert list(commands_of(Block(page, 1, "", text))) == ["A=1 make demo", "make test CALLS=2"]
    text = "ivr-agi flow check FILE ...      errors and warnings"
    assert list(commands_of(Block(page, 1, "", text))) == ["ivr-agi flow check FILE ..."]
