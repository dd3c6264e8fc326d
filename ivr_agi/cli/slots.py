"""``ivr-agi slots``: how a typed answer is read."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.cli.common import add_command
from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.slots import Kind, SlotSpec, make_slot, value_as_text
from ivr_agi.language.sentence import LEFT_OVER
from ivr_agi.language.slots import Parsed
from ivr_agi.language.tokens import PAUSE

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands

__all__ = ("add_parser",)


def add_parser(commands: Commands) -> None:
    """Add the sub-command."""
    parser = add_command(commands, "slots", "typed answers: what is made of a caller's words")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    try_one = add_command(
        actions,
        "try",
        "read an answer, and show what each of its words was taken for",
        more="Limits are written as in a flow: currency=USD, minimum=5, prefer=past.",
    )
    try_one.add_argument("type", choices=[kind.value for kind in Kind if kind is not Kind.ONE_OF])
    try_one.add_argument("words", help="what the caller says")
    try_one.add_argument("limits", nargs="*", metavar="KEY=VALUE", help="limits of the slot")
    try_one.set_defaults(run=_try)


def _try(args: argparse.Namespace) -> int:
    limits = dict(limit.partition("=")[::2] for limit in args.limits)
    try:
        spec = msgspec.convert({"type": args.type, **limits}, SlotSpec, strict=False)
    except msgspec.ValidationError as exc:
        raise ConfigError(f"the slot is not possible: {exc}") from exc
    if problem := spec.problem():
        raise ConfigError(f"the slot is not possible: {problem}")
    slot = make_slot(spec, datetime.datetime.now().astimezone())
    result = slot.parse(args.words)
    if isinstance(result, Parsed):
        doubt = "" if result.is_sure else ", and the caller is asked whether it is so"
        print(f"value: {value_as_text(result.value)}{doubt}")
    else:
        print(f"no value: {result.reason}")
    _show_pieces(slot, args.words)
    return 0


def _show_pieces(slot: Any, words: str) -> None:
    """Print what each word was taken for, if the slot reads sentences."""
    reader = getattr(slot, "reader", None)
    pieces = [] if reader is None else reader.read(words)
    for piece in pieces:
        if piece.role != PAUSE:
            role = "nothing: left over" if piece.role == LEFT_OVER else piece.role
            print(f"  {' '.join(piece.words):30} {role.replace('_', ' ')}")
