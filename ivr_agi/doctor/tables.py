"""Checks the hot-word tables that calls use: at the service, with the words of today. Shell."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ivr_agi.doctor.findings import Finding, good, warning
from ivr_agi.errors import ConfigError, SpeechError
from ivr_agi.flow.load.loader import find_flow, load_program
from ivr_agi.serve.vocabulary_sync import compare_vocabularies, models_of_flow

if TYPE_CHECKING:
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.settings import Settings
    from ivr_agi.sis.access.endpoint import Endpoint

__all__ = ("check_tables",)


async def check_tables(endpoint: Endpoint, settings: Settings) -> list[Finding]:
    """Compare the tables of all flows; flows that are wrong are left to the check of flows.

    Cancellation: safe.
    """
    found = []
    try:
        for name, flow in (await asyncio.to_thread(_read_flows, settings)).items():
            wrong = await compare_vocabularies(
                endpoint, name, flow, settings.spool_dir, models_of_flow(settings, flow)
            )
            advice = f"ivr-agi vocabulary sync {name}"
            found += [
                warning("tables", f"{name}.{step}: {what}", advice) for step, what in wrong.items()
            ]
    except (SpeechError, ConfigError) as exc:
        return [warning("tables", f"they cannot be compared: {exc}", "docs/speech-service.md")]
    return found or [good("tables", f"the hot words of all flows are at {endpoint.url}")]


def _read_flows(settings: Settings) -> dict[str, Flow]:
    flows = {}
    for path in sorted(settings.flows_dir.glob("*.yaml")):
        with contextlib.suppress(ConfigError):
            program = load_program(find_flow(path.stem, settings.flows_dir))
            flows[path.stem] = program.flows[path.stem]
    return flows
