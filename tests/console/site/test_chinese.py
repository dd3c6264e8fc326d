"""Every text of the templates has a Chinese one, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from ivr_agi.console.site import guard
from ivr_agi.console.site.chinese import CHINESE
from ivr_agi.console.site.rendering import THEMES
from ivr_agi.store import live

SITE = Path(guard.__file__).parent


def texts() -> set[str]:
    """What the templates say, and what the code says on pages."""
    found: set[str] = set()
    for file in (SITE / "templates").glob("*.j2"):
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r"""\bt\((?:"([^"]+)"|'[^']+')[,)]""", text)) - {""}
        found |= {
            one.replace("\\'", "'") for one in re.findall(r"""\bt\('((?:[^'\\]|\\.)+)'[,)]""", text)
        }
        found |= set(re.findall(r'\b(?:way|fact)\("(?:/[a-z]*", ")?([^"]+)"', text))
    for file in SITE.glob("*.py"):
        found |= set(re.findall(r'_told\(\s*request, \d+, "([^"]+)"', file.read_text()))
    return found | set(guard._WORDS.values()) | set(live._WAITS.values())


def test_each_has_a_chinese_one() -> None:
    """Values in braces stay."""
    assert {text for text in texts() if text not in CHINESE} == set()
    for theme in THEMES:
        assert f"Colours: {theme}" in CHINESE
        assert f"Colours: change to {theme}" in CHINESE
    for english, chinese in CHINESE.items():
        assert re.findall(r"{\w+}", english) == re.findall(r"{\w+}", chinese)
