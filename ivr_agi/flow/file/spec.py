"""The building blocks of steps: step names, prompts, templates. Core, no I/O.

Step names, prompts and templates have types of their own, so that every tool (checks, drawing,
cost, lint) can find them in any step (:func:`walk`).
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import msgspec
from msgspec import Meta

from ivr_agi.language.saying import CURRENCIES, KINDS, render
from ivr_agi.language.text import Language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = (
    "Expression",
    "Extension",
    "FlowName",
    "Label",
    "Name",
    "Part",
    "PromptSpec",
    "Seconds",
    "Spec",
    "StepName",
    "StepTarget",
    "Destination",
    "Template",
    "decode_text",
    "localise",
    "schema_of_text",
    "walk",
)

_T = TypeVar("_T")

Seconds = Annotated[float, Meta(gt=0, le=120)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]

_MARKS = ("{{", "{%")
_PART_KEYS = {"recording", "text", "voice", "fallback", "currency", *KINDS}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base: immutable; unknown keys are errors."""


class StepName(str):
    """Name of a step to go to."""

    __slots__ = ()


class Template(str):
    """Text with ``{{ variables }}`` in it (Jinja2, sandboxed)."""

    __slots__ = ()


class Destination(Template):
    """Where a call goes: a name, or a template that gives one."""

    __slots__ = ()

    pattern: ClassVar[str] = ""
    """What a name looks like."""
    meaning: ClassVar[str] = ""
    """The same in words."""

    @property
    def is_open(self) -> bool:
        """Variables decide."""
        return any(mark in self for mark in _MARKS)

    @classmethod
    def fault(cls, name: str) -> str:
        """Return what is wrong with a name, or nothing."""
        return "" if re.fullmatch(cls.pattern, name) else f"expected {cls.meaning}"


class Extension(Destination):
    """An extension of the dialplan."""

    __slots__ = ()
    pattern = r"[A-Za-z0-9_*#+.-]+"
    meaning = "an extension (letters, digits, _ * # + . -)"


class Label(Destination):
    """A name of Asterisk's: a queue, a mailbox."""

    __slots__ = ()
    pattern = r"[A-Za-z0-9_.-]+"
    meaning = "a name without spaces (letters, digits, _ . -)"


class StepTarget(Destination):
    """A step, named by a variable."""

    __slots__ = ()
    pattern = _NAME.pattern
    meaning = "the name of a step (letters, digits, _)"


class FlowName(Destination):
    """A flow: its file without ``.yaml``."""

    __slots__ = ()
    pattern = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
    meaning = "the name of a flow (its file without .yaml)"


class Expression(str):
    """A Jinja2 expression, e.g. ``tries > 2 and city == "Kiel"``."""

    __slots__ = ()


class Part(Spec, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One piece of a prompt: a text to synthesise, a value to say, or a recording."""

    text: str = ""
    """Text to say; for a recording, its words (for tests, drawings and the keyboard)."""
    recording: str = ""
    """Asterisk's name of a sound file, without extension."""
    kind: str = ""
    """The text is a value of this kind (:data:`ivr_agi.language.saying.KINDS`)."""
    currency: str = "CNY"
    """Currency of ``money``."""
    voice: str = ""
    """Language (``zh``) or voice of the service, if not the call's."""
    fallback: str = ""
    """Recording to play if the text cannot be synthesised."""

    @property
    def templates(self) -> tuple[str, ...]:
        """All that variables may be in."""
        return self.text, self.recording, self.voice, self.fallback

    @property
    def is_open(self) -> bool:
        """Variables decide what is said, or how."""
        return any(mark in text for text in self.templates for mark in _MARKS)


class PromptSpec:
    """A prompt as written in a flow file.

    ``text`` | ``{recording: name, text: what it says}`` |
    ``{text: what is said, voice: zh, fallback: recording}`` |
    ``{money: value, currency: EUR}`` (or ``digits``, ``number``, ``date``, ``time``; ``voice`` and
    ``fallback`` beside it) | ``[prompt, ...]`` (one after the other, without a gap) |
    ``{variants: [prompt, ...]}`` (another one each time) | ``{en: prompt, zh: prompt}`` |
    ``{when: condition, prompt: prompt, else: prompt}``.

    Args:
        value: The plain data.

    Raises:
        ValueError: It is none of these.
    """

    __slots__ = ("_languages", "_otherwise", "_parts", "_variants", "_when")

    def __init__(self, value: Any) -> None:
        self._parts: tuple[PromptSpec | Part, ...] = ()
        self._variants: tuple[PromptSpec, ...] = ()
        self._languages: dict[str, PromptSpec] = {}
        self._when: Expression | None = None
        self._otherwise: tuple[PromptSpec, ...] = ()
        if isinstance(value, str):
            if not value.strip():
                raise ValueError("the prompt is empty")
            self._parts = (Part(text=value),)
        elif isinstance(value, list) and value:
            self._parts = tuple(PromptSpec(item) for item in value)
        elif isinstance(value, dict) and "when" in value:
            self._when, self._parts, self._otherwise = _read_condition(value)
        elif isinstance(value, dict) and _PART_KEYS & set(value):
            self._parts = (_read_part(value),)
        elif isinstance(value, dict) and set(value) == {"variants"} and value["variants"]:
            self._variants = tuple(PromptSpec(item) for item in value["variants"])
        elif isinstance(value, dict) and value and all(map(_is_language, value)):
            self._languages = {key: PromptSpec(item) for key, item in value.items()}
        else:
            raise ValueError(
                "expected a prompt: a text, {recording: ...}, {number: ...}, {variants: [...]}, "
                f"{{en: ..., zh: ...}} or a list of them; got {_shorten(value)}"
            )

    def parts(
        self, language: str, turn: int = 0, holds: Callable[[str], bool] = lambda _: True
    ) -> tuple[Part, ...]:
        """Return the pieces to say.

        Args:
            language: The language.
            turn: How often the prompt was said before.
            holds: Tells whether a condition holds; default: all do.
        """
        if self._languages:
            return localise(self._languages, language).parts(language, turn, holds)
        if self._variants:
            return self._variants[turn % len(self._variants)].parts(language, turn, holds)
        chosen = self._parts if self._when is None or holds(self._when) else self._otherwise
        found: list[Part] = []
        for part in chosen:
            found += [part] if isinstance(part, Part) else part.parts(language, turn, holds)
        return tuple(found)

    def conditions(self) -> Iterator[Expression]:
        """Yield the conditions of its parts."""
        if self._when is not None:
            yield self._when
        for child in self._children():
            yield from child.conditions()

    def _children(self) -> Iterator[PromptSpec]:
        inner = (*self._parts, *self._otherwise, *self._variants, *self._languages.values())
        yield from (child for child in inner if isinstance(child, PromptSpec))

    def all_parts(self, only: str = "") -> Iterator[tuple[str, Part]]:
        """Yield all pieces with their language, or "" for those without one.

        Args:
            only: Skip pieces of other languages than this one; empty: yield all.
        """
        for part in (*self._parts, *self._otherwise):
            yield from [("", part)] if isinstance(part, Part) else part.all_parts(only)
        for variant in self._variants:
            yield from variant.all_parts(only)
        languages = self._languages
        if only and languages:
            languages = {only: localise(languages, only)}
        for language, spec in languages.items():
            yield from ((inner or language, part) for inner, part in spec.all_parts(only))

    def missing_languages(self, languages: list[str]) -> set[str]:
        """Return the languages that the prompt has no text for."""
        missing = {name for name in languages if name not in self._languages}
        found = missing if self._languages else set()
        for child in self._children():
            found = found | child.missing_languages(languages)
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PromptSpec):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __hash__(self) -> int:
        return hash((self._parts, self._variants, tuple(self._languages.items())))

    def __repr__(self) -> str:
        return f"PromptSpec({self._parts or self._variants or self._languages!r})"


def localise(texts: dict[str, _T], language: str) -> _T:
    """Return the entry of a language, else of its family (``zh`` for ``zh-CN``), else the first."""
    return texts.get(language) or texts.get(language[:2]) or next(iter(texts.values()))


def decode_text(kind: type[Any], value: Any) -> Any:
    """Decode one of this module's types from plain data (msgspec's ``dec_hook``).

    Raises:
        ValueError: The data is wrong; msgspec adds the path.
    """
    if kind is PromptSpec:
        return PromptSpec(value)
    if issubclass(kind, Destination) and not isinstance(value, str):
        raise ValueError(f"Expected `str`, got `{type(value).__name__}`")
    if not isinstance(value, str):
        raise ValueError(f"expected `str`, got {_shorten(value)}")
    if issubclass(kind, Destination):
        target = kind(value)
        if not target.is_open and (fault := kind.fault(value)):
            raise ValueError(f"{fault}, got {_shorten(value)}")
        return target
    if kind is StepName and not _NAME.fullmatch(value):
        raise ValueError(f"expected the name of a step (letters, digits, _), got {value!r}")
    return kind(value)


def schema_of_text(kind: type) -> dict[str, Any]:
    """Return the JSON Schema of one of this module's types (msgspec's ``schema_hook``)."""
    if kind is StepName:
        return {"type": "string", "pattern": f"^{_NAME.pattern}$", "description": kind.__doc__}
    if kind is not PromptSpec:
        return {"type": "string", "description": kind.__doc__}
    prompt = {"$ref": "#/$defs/Prompt"}
    return {
        "title": "Prompt",
        "anyOf": [
            {"type": "string", "minLength": 1},
            {"type": "array", "items": prompt, "minItems": 1},
            {
                "type": "object",
                "properties": {"recording": {"type": "string"}, "text": {"type": "string"}},
                "required": ["recording"],
                "additionalProperties": False,
            },
            *(_schema_of_part(what) for what in ("text", *KINDS)),
            {
                "type": "object",
                "properties": {"variants": {"type": "array", "items": prompt, "minItems": 1}},
                "required": ["variants"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "properties": {"when": {"type": "string"}, "prompt": prompt, "else": prompt},
                "required": ["when", "prompt"],
                "additionalProperties": False,
            },
            {
                "type": "object",
                "patternProperties": {f"^{_LANGUAGE.pattern}$": prompt},
                "minProperties": 1,
                "additionalProperties": False,
            },
        ],
    }


def _schema_of_part(what: str) -> dict[str, Any]:
    values = ["string"] if what == "text" else ["string", "number"]
    properties: dict[str, Any] = {
        what: {"type": values},
        "voice": {"type": "string"},
        "fallback": {"type": "string"},
    }
    if what == "money":
        properties["currency"] = {"enum": list(CURRENCIES)}
    return {
        "type": "object",
        "properties": properties,
        "required": [what],
        "additionalProperties": False,
    }


def walk(value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield every step name, prompt and template in a step, with its path of keys."""
    if isinstance(value, StepName | Template | Expression | PromptSpec):
        yield (), value
    elif isinstance(value, msgspec.Struct):
        for field in msgspec.structs.fields(value):
            for path, found in walk(getattr(value, field.name)):
                yield (field.encode_name, *path), found
    elif isinstance(value, dict):
        for key, item in value.items():
            for path, found in walk(item):
                yield (key, *path), found
    elif isinstance(value, list):
        for number, item in enumerate(value):
            for path, found in walk(item):
                yield (number, *path), found


def _read_condition(
    value: dict[str, Any],
) -> tuple[Expression, tuple[PromptSpec], tuple[PromptSpec, ...]]:
    """Read a part that is said on a condition."""
    when, prompt = value.get("when"), value.get("prompt")
    if (
        set(value) - {"when", "prompt", "else"}
        or not isinstance(when, str)
        or not when.strip()
        or prompt is None
    ):
        raise ValueError("a part with a condition is {when: condition, prompt: ..., else: ...}")
    otherwise = (PromptSpec(value["else"]),) if "else" in value else ()
    return Expression(when), (PromptSpec(prompt),), otherwise


def _read_part(value: dict[str, Any]) -> Part:
    """Read a piece given as a mapping."""
    if unknown := sorted(set(value) - _PART_KEYS):
        raise ValueError(f"a part of a prompt has no {unknown[0]!r}")
    whats = [key for key in ("text", *KINDS) if key in value]
    told = {key: _read_text(key, item) for key, item in value.items()}
    if "recording" in told:
        if set(told) - {"recording", "text"}:
            raise ValueError("beside a recording there is only text: what it says")
        return Part(**told)
    if len(whats) != 1:
        raise ValueError(f"a part of a prompt is one of recording, text, {', '.join(KINDS)}")
    what = whats[0]
    text, kind = told.pop(what), "" if what == "text" else what
    if "currency" in told and kind != "money":
        raise ValueError("currency belongs to money")
    part = Part(text=text, kind=kind, **told)
    if part.kind and "{" not in text:  # templates are filled in later
        render(part.kind, text, Language.ENGLISH, currency=part.currency)
    elif part.currency not in CURRENCIES:
        raise ValueError(f"currency is one of {', '.join(CURRENCIES)}")
    return part


def _read_text(key: str, item: Any) -> str:
    """Return text, also where YAML has read a number or a date."""
    is_number = isinstance(item, int | float) and not isinstance(item, bool)
    if (key in {"number", "percent", "money"} and is_number) or (
        key == "date" and isinstance(item, date)
    ):
        return str(item)
    if not isinstance(item, str) or not item.strip():
        raise ValueError(f"{key} is a text, and not empty: write it in quotes")
    return item


def _is_language(key: object) -> bool:
    return isinstance(key, str) and bool(_LANGUAGE.fullmatch(key))


def _shorten(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
