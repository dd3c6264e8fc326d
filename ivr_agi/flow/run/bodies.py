"""Reads answers of services as plain data: JSON, text, XML. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.errors import RequestFailed
from ivr_agi.flow.run.outside import AnswerKind

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ("read_answer",)

MAX_XML_DEPTH = 50
"""Elements inside each other."""


def read_answer(body: bytes, kind: AnswerKind) -> Any:
    """Return an answer as data; None if it is empty.

    XML becomes mappings by local names: ``<a n="1"><b>x</b><b>y</b></a>`` is
    ``{"a": {"@n": "1", "b": ["x", "y"]}}``; text beside attributes is ``#text``.

    Raises:
        RequestFailed: It is not of this kind.
    """
    if not body.strip():
        return "" if kind is AnswerKind.TEXT else None
    try:
        match kind:
            case AnswerKind.TEXT:
                return body.decode()
            case AnswerKind.XML:
                return _read_xml(body)
        return msgspec.json.decode(body)
    except RecursionError:
        raise RequestFailed("the answer is nested too deeply") from None
    except ValueError:
        name = {AnswerKind.TEXT: "UTF-8"}.get(kind, kind.value.upper())
        raise RequestFailed(f"the answer is no {name}") from None


def _read_xml(body: bytes) -> dict[str, Any]:
    """Return XML as data.

    Raises:
        ValueError: It is no XML in UTF-8, or has a DOCTYPE: entities could make it grow without a
            bound.
        RecursionError: It is nested too deeply.
    """
    from xml.etree import ElementTree

    if b"<!doctype" in body.lower() or b"\0" in body:  # in UTF-16 it is not seen
        raise ValueError("DOCTYPE")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as exc:
        raise ValueError(str(exc)) from exc
    return {_local(root.tag): _read_element(root, 0)}


def _read_element(element: Element, depth: int) -> Any:
    if depth > MAX_XML_DEPTH:
        raise RecursionError
    found: dict[str, Any] = {f"@{_local(name)}": text for name, text in element.attrib.items()}
    for child in element:
        name, value = _local(child.tag), _read_element(child, depth + 1)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    text = (element.text or "").strip()
    if not found:
        return text
    return found | ({"#text": text} if text else {})


def _local(name: str) -> str:
    return name.rpartition("}")[2]
