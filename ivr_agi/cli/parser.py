"""The parser of the command line: argparse that says what was probably meant."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ("Parser", "parse_words")

_CHOICE = re.compile(r"argument ([^:]+): invalid choice: '?(.*?)'? \(choose from (.*)\)", re.DOTALL)
_LISTED = re.compile(r"[^\s,']+")
_NOTHING_GIVEN = re.compile(r"the following arguments are required: (COMMAND|ACTION|BENCHMARK)$")


class Parser(argparse.ArgumentParser):
    """A parser whose errors say what was probably meant; sub-commands have the same."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.set_defaults(parser=self)  # the innermost one is what is left

    def error(self, message: str) -> NoReturn:
        """Exit with 2 and one line that says what was wrong; without a command, with the help."""
        if _NOTHING_GIVEN.fullmatch(message):
            self.print_help(sys.stderr)
            self.exit(2)
        if found := _CHOICE.fullmatch(message):
            from ivr_agi.wording import suggest  # a call is not to wait for it

            what, word, listed = found.groups()
            message = (
                f"argument {what}: there is no {word!r}; {suggest(word, _LISTED.findall(listed))}"
            )
        super().error(message)

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Exit with 2: these arguments are none."""
        from ivr_agi.wording import suggest

        option = next((word for word in unknown if word.startswith("-")), None)
        if option is None:
            self.error(f"too many arguments: {' '.join(unknown)}")
        name = option.partition("=")[0]
        close = suggest(name, re.findall(r"--[a-z][\w-]*", self.format_help()))
        self.error(f"there is no option {name}{'; ' + close if close.startswith('did') else ''}")


def parse_words(parser: Parser, words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line; what no command knows is an error of the command that was named."""
    args, unknown = parser.parse_known_args(words)
    if unknown:
        args.parser.refuse(unknown)
    return args
