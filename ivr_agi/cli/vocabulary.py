"""``ivr-agi vocabulary sync FLOW``: a hot-word table for each menu of a flow, from its words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ivr_agi.cli.common import add_config_option
from ivr_agi.flow.loader import find_flow, load_flow
from ivr_agi.serve.services import make_service
from ivr_agi.serve.vocabularies import sync_vocabularies
from ivr_agi.settings import load_settings

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = commands.add_parser("vocabulary", help="hot-word tables of the speech service")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    sync = actions.add_parser("sync", help="make one for each menu of a flow, from its words")
    sync.add_argument("flow", help="name of the flow: its file without .yaml")
    add_config_option(sync)
    sync.set_defaults(run=_sync)


def _sync(args: argparse.Namespace) -> int:
    settings = load_settings(args.config)
    flow = load_flow(find_flow(args.flow, settings.flows_dir))
    service = make_service(settings.speech)
    ids = asyncio.run(sync_vocabularies(service, args.flow, flow, settings.spool_dir))
    for step, vocabulary_id in ids.items():
        print(f"{args.flow}.{step}: {vocabulary_id}")
    return 0
