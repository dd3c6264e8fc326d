"""The blocks of code in the documents: where they are, and of what kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from tests.house.code import ROOT

__all__ = ("PAGES", "Block", "blocks", "commands_of")

PAGES = sorted(
    path
    for path in (
        *(ROOT / name for name in ("CONTRIBUTING.md", "README.md", "SECURITY.md")),
        ROOT / "dialplans/README.md",
        *(ROOT / "docs").rglob("*.md"),
    )
)
"""Everything that people read."""
PROGRAMS = {
    *("apt-get", "asterisk", "curl", "dpkg", "git", "iconv", "install", "ivr-agi", "ln", "make"),
    *("mv", "pip", "python", "python3", "restorecon", "rm", "sysctl", "systemctl"),
}
"""What a line for a shell begins with in our documents, with or without its folder."""
LANGUAGES = {"bash": "shell", "yaml": "flow", "toml": "settings"}
"""What the languages of fences stand for."""


@dataclass(frozen=True)
class Block:
    """One block of code."""

    page: Path
    line: int
    """Of the page, from 1."""
    language: str
    """As the fence says; empty without one."""
    text: str
    """Without its indent."""

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def kind(self) -> str:
        """``shell``, ``flow``, ``settings``, ``dialplan``, ``python`` or ``text``."""
        if self.language:
            return LANGUAGES.get(self.language, self.language)
        if any(map(_begins_command, self.text.splitlines())):
            return "shell"
        first = self.text.partition("\n")[0]
        if re.match(r"\[[\w.\[\]-]+\]$", first):
            return "settings"
        if re.match(r"(same|exten) => ", first):
            return "dialplan"
        return "flow" if re.match(r"[a-z_]+:( |$)", first) else "text"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced and the indented blocks of a page."""
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block") and token.map:
            yield Block(page, token.map[0] + 1, token.info.strip(), token.content.strip("\n"))


def commands_of(block: Block) -> Iterator[str]:
    """Yield the commands of a block for a shell, without comments, prompts and what they print."""
    lines = re.sub(r"\s*\\\n\s*", " ", block.text).splitlines()
    prompted = [line for line in lines if line.startswith("$ ")]
    for line in prompted or lines:
        if _begins_command(line):
            command = re.split(r"\s+#\s|\s{3,}(?![-'\"<>|/])", line.removeprefix("$ "))[0]
            yield " ".join(command.split())


def _begins_command(line: str) -> bool:
    words = line.removeprefix("$ ").split()
    while words and re.match(r"[A-Z][A-Z0-9_]*=", words[0]):
        words = words[1:]
    return bool(words) and words[0].rpartition("/")[2] in PROGRAMS and not line.startswith(" ")
