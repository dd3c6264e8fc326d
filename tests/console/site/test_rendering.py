"""Pages of templates: escaped, in a language; files that pages load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr_agi.console.site import rendering
from ivr_agi.console.site.rendering import ASSETS, asset_bytes, translate
from tests.console.site.conftest import Site

SITE = Path(rendering.__file__).parent


def test_translations_have_their_values() -> None:
    """And what has no translation is English."""
    assert translate("en", "{n} failures", n=2) == "2 failures"
    assert translate("zh", "{n} failures", n=2) == "失败 2 次"
    assert translate("zh", "something else {n}") == "something else {n}"
    assert translate("en", "no_match") == "no match"


def test_every_file_is_known_and_loads_nothing_from_elsewhere() -> None:
    """No script, style or picture of another origin; none inline; no way round text."""
    assert {file.name for file in (SITE / "static").iterdir()} == set(ASSETS)
    for file in [*(SITE / "static").iterdir(), *(SITE / "templates").iterdir()]:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        assert "|safe" not in text.replace(" ", "")
        assert "autoescape" not in text
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "Function(",
        ):
            assert word not in text, file
        if file.suffix == ".j2":
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", text), file


@pytest.mark.asyncio
async def test_files_are_kept_by_their_version(site: Site) -> None:
    """What has another version is asked for again."""
    browser = site.browser()
    for name, kind in ASSETS.items():
        data, version = asset_bytes(name)
        async with browser.get(f"/assets/{name}?v={version}") as answer:
            assert await answer.read() == data
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
        async with browser.get(f"/assets/{name}?v=old") as answer:
            assert answer.headers["Cache-Control"] == "no-cache"
