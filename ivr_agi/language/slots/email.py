"""E-mail addresses. Core, no I/O. Source: RFC 5321, without quotes and comments."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ivr_agi.language.saying import spell_digits
from ivr_agi.language.sentence import AROUND, LEFT_OVER, SentenceReader
from ivr_agi.language.slots.base import Parsed, Reason, Rejected, Slot
from ivr_agi.language.slots.rows import row_text
from ivr_agi.language.slots.spelled import without_halves
from ivr_agi.language.text import Language
from ivr_agi.language.tokens import PAUSE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ivr_agi.language.sentence import Piece

__all__ = ("Email",)

_READER = SentenceReader(
    ("email_at", "email_dot", "email_sign", "email_domain", "letter", "nato_digit", "row"),
    (*AROUND, "spell_filler", "digits_filler"),
)
_ADDRESS = re.compile(
    r"(?=.{6,254}$)(?=.{1,64}@)[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_SIGNS = {"@": " at ", "_": " underscore ", "+": " plus "}
_DOT = re.compile(r"(?<=[^\W_])\.(?=[^\W_])")
_DASH = re.compile(r"(?<=[^\W_])-(?=[^\W_])")
_AT = "@"
_INSIDE = frozenset({"email_at", "email_dot", "email_sign"})
_SAID = {
    Language.ENGLISH: {_AT: "at", ".": "dot", "_": "underscore", "-": "hyphen", "+": "plus"},
    Language.CHINESE: {_AT: "艾特", ".": "点", "_": "下划线", "-": "减号", "+": "加号"},
}
_KNOWN = ("gmail", "yahoo", "hotmail", "outlook", "icloud", "foxmail", "sina", "com", "net", "org")
"""Parts that are said as a word; all else is spelled."""


@dataclass(frozen=True, kw_only=True)
class Email(Slot[str]):
    """An e-mail address as ``str`` in small letters."""

    reader: ClassVar = _READER
    in_breaths: ClassVar = True
    reasons: ClassVar = (
        Reason.NOT_UNDERSTOOD,
        Reason.AMBIGUOUS,
        Reason.TOO_SHORT,
        Reason.NO_PATTERN,
        Reason.NOT_KEYED,
    )

    def parse(self, text: str) -> Parsed[str] | Rejected:
        """Read "J O H N at gmail dot com", "john underscore smith at ...", 点, 艾特; or as written.

        Words before the last "at" that are no politeness are parts of the address.
        """
        pieces = [piece for piece in _READER.read(_write_out(text)) if piece.role != PAUSE]
        pieces, is_doubtful = _after_correction(pieces)
        roles = [piece.role for piece in pieces]
        if not {"or", "not", "is_not", "except"}.isdisjoint(roles):
            return Rejected(Reason.AMBIGUOUS if "email_at" in roles else Reason.NOT_UNDERSTOOD)
        parts = [_characters(pieces, index) for index in range(len(pieces))]
        address = "".join(parts)
        is_doubtful |= "about" in roles
        before, _, _ = address.rpartition(_AT)
        if _AT in before:  # "you can write me at john at gmail dot com"
            address = address[before.rindex(_AT) + 1 :]
            is_doubtful = True
        if _ADDRESS.fullmatch(address):
            return Parsed(address, is_sure=not is_doubtful)
        if _AT not in address:
            is_spelled = any(piece.role in {"letter", "email_dot", "row"} for piece in pieces)
            few = sum(role == LEFT_OVER for role in roles) > 2
            return Rejected(Reason.TOO_SHORT if is_spelled and not few else Reason.NOT_UNDERSTOOD)
        has_end = "." in address.rpartition(_AT)[2].strip(".")
        return Rejected(Reason.NO_PATTERN if has_end else Reason.TOO_SHORT)

    def parse_keys(self, keys: str) -> Parsed[str] | Rejected:
        """Reject: letters have no keys."""
        return Rejected(Reason.NOT_KEYED)

    def read_back(self, value: str, language: Language) -> str:
        """Return the address with its letters one by one, and what everybody knows as words."""
        signs = _SAID[language]
        spoken = []
        for part in re.findall(r"[a-z0-9]+|[^a-z0-9]", value):
            if part in signs:
                spoken.append(signs[part])
            elif part in _KNOWN:
                spoken.append(part)
            else:
                spoken += [
                    spell_digits(char, language) if char.isdigit() else char.upper()
                    for char in part
                ]
        return " ".join(spoken)


def _write_out(text: str) -> str:
    """Put words for the signs of a written address."""
    text = unicodedata.normalize("NFKC", text)
    if _AT in text:
        for sign, word in _SIGNS.items():
            text = text.replace(sign, word)
        text = _DASH.sub(" hyphen ", text)
    return without_halves(_DOT.sub(" dot ", text))


def _after_correction(pieces: Sequence[Piece]) -> tuple[list[Piece], bool]:
    """Return what follows the last correction, if it is a whole address; else all, doubtful."""
    for index in range(len(pieces) - 1, -1, -1):
        if pieces[index].role == "take_back" and index:
            rest = list(pieces[index + 1 :])
            if any(piece.role == "email_at" for piece in rest):
                return rest, False
            return [piece for piece in pieces if piece.role != "take_back"], True
    return list(pieces), False


def _characters(pieces: Sequence[Piece], index: int) -> str:
    """Return the characters that a piece of the address is."""
    piece = pieces[index]
    match piece.role:
        case "email_at":
            return _AT
        case "email_dot" | "email_sign" | "email_domain":
            return str(piece.found[0].value)
        case "letter" if len(piece.words) == 1 and len(piece.words[0]) > 1:
            beside = [*pieces[max(index - 1, 0) : index], *pieces[index + 1 : index + 2]]
            is_spelled = any(each.role == "letter" for each in beside)
            return str(piece.found[0].value).lower() if is_spelled else piece.words[0]
        case "letter" | "row" | "nato_digit":
            return row_text(piece).lower()
        case role if role == LEFT_OVER or _is_inside(pieces, index):
            return "".join(piece.words)
    return ""


def _is_inside(pieces: Sequence[Piece], index: int) -> bool:
    """Tell whether a word that is politeness elsewhere is a part here: "max at ...", "dot me"."""
    if len(pieces[index].words) > 1 or pieces[index].role in {"take_back", "or", "not", "is_not"}:
        return False
    before = pieces[index - 1].role if index else ""
    after = pieces[index + 1].role if index + 1 < len(pieces) else ""
    return before in _INSIDE or after in _INSIDE
