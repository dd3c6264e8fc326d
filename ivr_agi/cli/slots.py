"""``ivr-agi slots``: how a typed answer is read."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.cli.common import add_command, add_json_flag, print_json
from ivr_agi.errors import ConfigError
from ivr_agi.flow.file.slots import Kind, SlotSpec, make_slot, value_as_text
from ivr_agi.language.sentence import LEFT_OVER
from ivr_agi.language.slots import Parsed
from ivr_agi.language.tokens import PAUSE

if TYPE_CHECKING:
    import argparse

    from ivr_agi.cli.common import Commands
    from ivr_agi.language.slots import Slot

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
    add_json_flag(try_one)
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
    if args.json:
        print_json(_as_data(slot, args.words, result))
        return 0
    if isinstance(result, Parsed):
        doubt = "" if result.is_sure else ", and the caller is asked whether it is so"
        print(f"value: {_shown(slot, result.value)}{doubt}")
    else:
        print(f"no value: {result.reason}")
    _show_pieces(slot, args.words)
    return 0


def _shown(slot: Slot[Any], value: Any) -> str:
    """Return a value as text, of a secret one only its end."""
    text = str(value_as_text(value))
    return f"{'*' * (len(text) - 4)}{text[-4:]}" if slot.is_secret else text


def _as_data(slot: Slot[Any], words: str, result: Any) -> dict[str, object]:
    is_parsed = isinstance(result, Parsed)
    return {
        "value": _shown(slot, result.value) if is_parsed else None,
        "is_sure": is_parsed and result.is_sure,
        "reason": None if is_parsed else result.reason.value,
        "pieces": [{"words": each, "role": role} for each, role in _pieces(slot, words)],
    }


def _show_pieces(slot: Slot[Any], words: str) -> None:
    """Print what each word was taken for, if the slot reads sentences."""
    for each, role in _pieces(slot, words):
        told = "nothing: left over" if role == LEFT_OVER else role
        print(f"  {each:30} {told.replace('_', ' ')}")


def _pieces(slot: Slot[Any], words: str) -> list[tuple[str, str]]:
    pieces = [] if slot.reader is None else slot.reader.read(words)
    return [(" ".join(each.words), each.role) for each in pieces if each.role != PAUSE]
