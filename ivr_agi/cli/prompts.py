"""``ivr-agi prompts build FLOW...``: synthesises all texts of flows before anybody calls."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from ivr_agi.cli.common import (
    add_command,
    add_config_option,
    add_json_flag,
    flow_names,
    print_json,
)
from ivr_agi.cli.terminal import progress
from ivr_agi.flow.load.loader import find_flow, load_program
from ivr_agi.flow.tools.texts import texts_of
from ivr_agi.journal import Journal
from ivr_agi.serve.ownership import as_owner
from ivr_agi.serve.prebuild import CacheEntry, build_prompts, plan_prompts
from ivr_agi.serve.wiring import default_language, make_cache, make_endpoints, make_store
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ivr_agi.cli.common import Commands
    from ivr_agi.dialogue.prompt.store import PromptStore
    from ivr_agi.errors import IvrError
    from ivr_agi.serve.prebuild import Planned
    from ivr_agi.settings import Settings

__all__ = ("add_parser",)

_SHOWN_CHARACTERS = 60


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "prompts", "the cache of synthesised prompts")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    build = add_command(
        actions,
        "build",
        "synthesise all texts of flows that the cache does not have",
        more="Afterwards no caller waits for them, and the service may fail.",
    )
    flows = build.add_argument("flows", nargs="+", metavar="FLOW", help="its file without .yaml")
    flows.completer = flow_names  # type: ignore[attr-defined]  # argcomplete's
    instead = build.add_mutually_exclusive_group()
    instead.add_argument(
        "--check",
        action="store_true",
        help="only say what is missing or stale; exit code 1 if anything is",
    )
    instead.add_argument(
        "--cost", action="store_true", help="only say how many characters would be billed"
    )
    add_config_option(build)
    add_json_flag(build)
    build.set_defaults(run=_build)


def _build(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    with as_owner(settings.spool_dir):
        return _build_in(settings, args)


def _build_in(settings: Settings, args: argparse.Namespace) -> int:
    programs = [load_program(find_flow(name, settings.flows_dir)) for name in args.flows]
    language = default_language(settings)
    texts = [text for program in programs for text in texts_of(program, language)]
    cache = make_cache(settings)
    store = make_store(settings, make_endpoints(settings), Journal(), cache=cache)
    planned = plan_prompts(texts, store, cache)
    if args.cost:
        return _show_cost(planned, as_json=args.json)
    if args.check:
        return _show_missing(planned, as_json=args.json)
    wanted = sum(one.found is not CacheEntry.CACHED for one in planned)
    with progress(wanted, "texts") as done:
        return asyncio.run(_make(planned, store, wanted, done, as_json=args.json))


def _show_missing(planned: list[Planned], *, as_json: bool) -> int:
    wanted = [one for one in planned if one.found is not CacheEntry.CACHED]
    if as_json:
        print_json({"texts": len(planned), "wanted": [_as_data(one) for one in wanted]})
        return 1 if wanted else 0
    for one in wanted:
        print(f"{one.found.value}: {_short(one)}")
    print(f"{len(planned)} texts, {len(wanted)} not in the cache")
    return 1 if wanted else 0


def _show_cost(planned: list[Planned], *, as_json: bool) -> int:
    missing = [one for one in planned if one.found is not CacheEntry.CACHED]
    costs = {
        what: {
            "texts": len(chosen),
            "call_units": sum(one.units for one in chosen),
            "billed_characters": sum(one.characters for one in chosen),
        }
        for what, chosen in (("not in the cache", missing), ("all", planned))
    }
    if as_json:
        print_json({what.replace(" ", "_"): cost for what, cost in costs.items()})
        return 0
    for what, cost in costs.items():
        parts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in cost.items())
        print(f"{what}: {parts}")
    return 0


def _as_data(one: Planned) -> dict[str, object]:
    return {"text": one.text.text, "voice": one.voice, "found": one.found.value}


async def _make(
    planned: list[Planned],
    store: PromptStore,
    wanted: int,
    done: Callable[[], object],
    *,
    as_json: bool,
) -> int:
    failed: list[tuple[Planned, IvrError]] = []
    n_done = 0
    async for one, error in build_prompts(planned, store):
        n_done += 1
        done()
        if error is not None:
            failed.append((one, error))
        if not as_json and not sys.stderr.isatty():
            what = "FAILED" if error else "made"
            print(f"{n_done}/{wanted} {what}: {_short(one)}", flush=True)
    await store.close()
    for one, error in failed:
        print(f"ivr-agi: {_short(one)}: {error}", file=sys.stderr)
    n_made = wanted - len(failed)
    if as_json:
        told = [_as_data(one) | {"error": str(error)} for one, error in failed]
        print_json({"texts": len(planned), "made": n_made, "failed": told})
    else:
        print(f"{len(planned)} texts, {n_made} made, {len(failed)} failed")
    return failed[0][1].exit_code if failed else 0


def _short(one: Planned) -> str:
    text = " ".join(one.text.text.split())
    if len(text) > _SHOWN_CHARACTERS:
        text = f"{text[: _SHOWN_CHARACTERS - 3]}..."
    return f"{text} ({one.voice})"
