"""What the flow or script of a call reaches outside it, and what it is given at first. Shell."""

from __future__ import annotations

import functools
import secrets
from typing import TYPE_CHECKING

from msgspec import structs

from ivr_agi.dialogue.turn.plan import TurnPlan
from ivr_agi.door.script import Conversations
from ivr_agi.flow.file.model import Program
from ivr_agi.flow.run.fetch import fetch, stream
from ivr_agi.flow.run.invoke import Invoker
from ivr_agi.flow.run.outside import Outside
from ivr_agi.flow.tools.vocabularies import find_word_table, read_program_vocabularies
from ivr_agi.serve.records import readable
from ivr_agi.serve.wiring import find_music
from ivr_agi.surroundings import local_now
from ivr_agi.threads import FILES, run_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ivr_agi.agi.channel import AgiChannel
    from ivr_agi.flow.file.model import Flow
    from ivr_agi.flow.run.place import CallPlace
    from ivr_agi.serve.resources import Resources
    from ivr_agi.settings import Settings

__all__ = ("make_outside", "make_plan", "make_traceparent", "read_arguments")


def make_outside(shared: Resources, uniqueid: str) -> Outside:
    """Return what flows and scripts of an installation reach.

    Args:
        shared: What the calls of a process share.
        uniqueid: Asterisk's name of the call's channel.
    """
    settings = shared.settings
    spool, url = settings.spool_dir, settings.speech.url.rstrip("/")

    async def find_flow(name: str) -> tuple[Mapping[str, Flow], Mapping[str, str]]:
        found = shared.library.peek(name)
        if found is None:
            found = await run_in(FILES, shared.library.get, name)
        return found.flows, read_program_vocabularies(spool, url, Program("", found.flows))

    async def keep_place(place: CallPlace) -> str:
        return await run_in(FILES, shared.returns.keep, place, uniqueid)

    return Outside(
        fetch=fetch,
        stream=stream,
        invoke=Invoker(settings.flows_dir),
        converse=Conversations(settings.flows_dir),
        find_flow=find_flow,
        keep_place=keep_place,
        find_table=functools.partial(find_word_table, spool, url),
        find_music=functools.partial(find_music, settings),
        wall_clock=local_now,
    )


def make_traceparent() -> Callable[[], str]:
    """Return what makes the headers ``traceparent`` of a call's requests: one trace, many spans."""
    trace_id = secrets.token_hex(16)
    return lambda: f"00-{trace_id}-{secrets.token_hex(8)}-01"


async def read_arguments(program: Program, channel: AgiChannel) -> dict[str, str]:
    """Return variables of the flow that the dialplan has set as ``IVR_ARG_NAME``."""
    found = {}
    for name in program.flows[program.main].variables:
        value = await channel.get_variable(f"IVR_ARG_{name.upper()}")
        if value is not None:
            found[name] = readable(value)
    return found


def make_plan(settings: Settings) -> TurnPlan:
    """Return how turns go, where a step says nothing."""
    plan = TurnPlan.from_settings(settings.turn, settings.recognition)
    if not settings.speech.endpoints:
        return plan
    # A sentence may have to be said again to the next endpoint.
    grace_s = plan.service_grace_s + settings.speech.failover_s
    return structs.replace(plan, service_grace_s=grace_s)
