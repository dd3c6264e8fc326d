"""The values of a call: variables, secrets, answers; fills in templates. Core, no I/O."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from ivr_agi.flow.run.templates import Quote, evaluate, render_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.flow.run.position import Position

__all__ = ("MAX_NESTING", "Values", "check_depth", "to_data")

MAX_NESTING = 50
"""Lists and mappings inside each other, in what a service or a function gives to a flow."""

MAX_SAVED = 4_000
"""Characters of the values that a step saves, as JSON, which are kept in the journal."""

_DATA = (bytes, Decimal, datetime.date, datetime.time, datetime.datetime, datetime.timedelta)


class Values:
    """The values of a call and of its current flow.

    Args:
        position: Which flow is current.
        language: Language at the start.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
    """

    def __init__(self, position: Position, language: str, caller: Mapping[str, str]) -> None:
        self.language = language
        """The call's language; ``FlowSpeaker.set_language`` changes it."""
        self.result = ""
        """Value of the last choice (``IVR_RESULT``)."""
        self.slots: dict[str, str] = {}
        """Answers for the dialplan (``IVR_SLOT_NAME``)."""
        self._position = position
        self._caller = dict(caller)

    def visible(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return the variables of templates."""
        frame = self._position.frame
        found = {"caller": self._caller, "language": self.language, "result": self.result}
        found |= frame.values
        return found | frame.secrets if secrets else found

    def set(self, name: str, value: Any, *, secure: bool = False) -> None:
        """Set a variable."""
        frame = self._position.frame
        (frame.secrets if secure else frame.values)[name] = value

    def set_slot(self, name: str, value: str) -> None:
        """Set a variable that the dialplan gets, too."""
        self.set(name, value)
        self.slots[name] = value

    def drop_slot(self, name: str) -> None:
        """Clear such a variable."""
        self.set(name, "")
        self.slots.pop(name, None)

    def saved_for_replay(self, found: Mapping[str, Any], *, secure: bool) -> dict[str, Any] | None:
        """Return what the journal keeps of the values that a step saves: what a replay needs.

        Nothing of a secure step, nothing that repeats a secret, and of a large answer nothing
        rather than a part.
        """
        if secure or not found:
            return None
        try:
            text = msgspec.json.encode(found, enc_hook=str).decode()
        except (TypeError, ValueError, RecursionError):
            return None
        secrets = (str(secret) for secret in self._position.secrets)
        if len(text) > MAX_SAVED or any(secret and secret in text for secret in secrets):
            return None
        return dict(found)

    def fill_text(self, text: str, *, secrets: bool = False) -> str:
        """Fill in a template."""
        return render_template(text, self.visible(secrets=secrets))

    def fill_url(self, url: str) -> str:
        """Fill in a URL; values are quoted, so that a caller's words cannot change the path."""
        return render_template(url, self.visible(secrets=True), quote=Quote.URL)

    def fill_xml(self, text: str) -> str:
        """Fill in XML; values are escaped, so that they are text and nothing else."""
        return render_template(text, self.visible(secrets=True), quote=Quote.XML)

    def fill(self, value: Any, *, secrets: bool = False) -> Any:
        """Fill in all templates in plain data; a lone ``{{ name }}`` keeps its type."""
        if isinstance(value, str):
            text = value.strip()
            if text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1:
                found = evaluate(text[2:-2], self.visible(secrets=secrets))
                return "" if found is None else found
            return self.fill_text(value, secrets=secrets)
        if isinstance(value, dict):
            return {key: self.fill(item, secrets=secrets) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item, secrets=secrets) for item in value]
        return value

    def holds(self, expression: str) -> bool:
        """Return whether a condition holds."""
        return bool(evaluate(expression, self.visible(secrets=True)))


def to_data(value: Any) -> Any:
    """Return a value of a user's function as plain data: data classes become mappings.

    Raises:
        TypeError: It is no data, such as an open file.
        ValueError: It is nested too deeply.
    """
    try:
        data = msgspec.to_builtins(value, builtin_types=_DATA)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    check_depth(data)
    return data


def check_depth(data: Any) -> None:
    """Check that everything that goes through data by itself can go to its end.

    Raises:
        ValueError: It is nested too deeply.
    """
    level = [data]
    for _ in range(MAX_NESTING):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.values()
            elif isinstance(item, list | tuple):
                inner += item
        level = [item for item in inner if isinstance(item, dict | list | tuple)]
        if not level:
            return
    raise ValueError("nested too deeply")
