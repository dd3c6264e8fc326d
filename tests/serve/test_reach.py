"""What the flow or script of a call reaches."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.load.loader import parse_flow
from ivr_agi.flow.tools.vocabularies import word_list_name, write_vocabularies
from ivr_agi.serve.reach import make_outside, make_plan, make_traceparent, read_arguments
from ivr_agi.serve.resources import Resources
from ivr_agi.settings import EndpointSettings, PathSettings, Settings, SpeechSettings
from tests.serve.test_call import open_office

URL = "ws://127.0.0.1:9"


def settings_in(folder: Path, **speech: object) -> Settings:
    """Settings of a small installation."""
    return Settings(
        speech=SpeechSettings(url=URL, **speech),  # type: ignore[arg-type]
        paths=PathSettings(flows=".", spool="spool"),
        base=folder,
    )


async def test_flows_by_their_name(tmp_path: Path) -> None:
    """With the tables of their words; read once."""
    (tmp_path / "shop.yaml").write_text("start: a\nsteps: {a: {do: hangup}}")
    settings = settings_in(tmp_path)
    write_vocabularies(settings.spool_dir, URL, "shop", {"a": "t1"})
    outside = make_outside(Resources(settings), "1.2")
    for _ in range(2):
        flows, tables = await outside.find_flow("shop")
        assert (list(flows), tables) == (["shop"], {"shop.a": "t1"})
    with pytest.raises(FlowError, match="there is no flow 'x'"):
        await outside.find_flow("x")


def test_tables_by_their_words(tmp_path: Path) -> None:
    """Those of ``vocabulary sync --words``."""
    settings = settings_in(tmp_path)
    write_vocabularies(settings.spool_dir, URL, word_list_name(["b", "a"]), {"words": "t2"})
    outside = make_outside(Resources(settings), "1.2")
    assert outside.find_table(["a", "b"]) == "t2"
    assert outside.find_table(["a"]) is None


@pytest.mark.virtual_time
async def test_arguments(tmp_path: Path) -> None:
    """Only those that the flow has; none is set here."""
    flow = parse_flow("start: a\nvariables: {shop: x}\nsteps: {a: {do: hangup}}")
    async with open_office(tmp_path) as office:
        assert await read_arguments(Program.of(flow), office.channel) == {}


def test_a_second_endpoint_takes_time(tmp_path: Path) -> None:
    """A sentence may have to be said again to it."""
    one = make_plan(settings_in(tmp_path))
    two = make_plan(settings_in(tmp_path, endpoints=[EndpointSettings(url=URL)]))
    assert two.service_grace_s > one.service_grace_s


def test_a_trace_of_each_call() -> None:
    """One trace, a span for each request (W3C Trace Context, version 00)."""
    make = make_traceparent()
    first, second = make(), make()
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", first)
    assert first.split("-")[1] == second.split("-")[1]
    assert first.split("-")[2] != second.split("-")[2]
    assert make_traceparent()().split("-")[1] != first.split("-")[1]
