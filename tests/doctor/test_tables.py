"""Hot-word tables that are gone or stale are told by name."""

from __future__ import annotations

from pathlib import Path

from ivr_agi.doctor.findings import Severity
from ivr_agi.doctor.tables import check_tables
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.serve.vocabulary_sync import sync_vocabularies
from ivr_agi.settings import PathSettings, Settings
from tests.serve.test_vocabulary_sync import Shelf, service_at
from tests.sis.web import web

MENU = """
start: a
steps:
  a: {do: menu, prompt: x, choices: [{words: [%s], go: z}], no_input: {go: z}, no_match: {go: z}}
  z: {do: hangup}
"""


def installed(folder: Path, words: str) -> Settings:
    """A flow that listens for these words, and one that is wrong."""
    (folder / "flows").mkdir(exist_ok=True)
    (folder / "flows/menu.yaml").write_text(MENU % words)
    (folder / "flows/wrong.yaml").write_text("start: nowhere")
    return Settings(paths=PathSettings(flows="flows", spool="spool"), base=folder)


async def test_tables(tmp_path: Path) -> None:
    """There; of other words; gone; a service that does not answer."""
    shelf, settings = Shelf(), installed(tmp_path, "sales")
    flow = parse_flow(MENU % "sales")
    async with web(shelf) as served:
        endpoint = service_at(served)
        await sync_vocabularies(endpoint, "menu", flow, settings.spool_dir)
        (found,) = await check_tables(endpoint, settings)
        assert found.severity is Severity.GOOD
        installed(tmp_path, "support")
        (found,) = await check_tables(endpoint, settings)
        assert found.severity is Severity.WARNING
        assert found.text == "menu.a: its words have changed since its table was made"
        assert found.advice == "ivr-agi vocabulary sync menu"
        shelf.tables.clear()
        (found,) = await check_tables(endpoint, settings)
        assert "no longer has its table v1" in found.text
    (found,) = await check_tables(endpoint, settings)
    assert "cannot be compared" in found.text
