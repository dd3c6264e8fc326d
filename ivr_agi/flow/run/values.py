"""What a call knows: variables, secrets, answers; templates filled in. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ivr_agi.flow.run.templates import evaluate, render_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ivr_agi.flow.run.position import Position

__all__ = ("Values",)


class Values:
    """The values of a call, of the flow under way first.

    Args:
        position: Which flow that is.
        language: Language at the start.
        caller: ``number``, ``name``, ``called`` of the caller, for templates.
    """

    def __init__(self, position: Position, language: str, caller: Mapping[str, str]) -> None:
        self.language = language
        """What is spoken; :meth:`ivr_agi.flow.run.speaker.FlowSpeaker.set_language` changes it."""
        self.result = ""
        """Value of the last choice, for ``IVR_RESULT``."""
        self.slots: dict[str, str] = {}
        """Answers that the dialplan gets, as ``IVR_SLOT_NAME``."""
        self._position = position
        self._caller = dict(caller)

    def visible(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return what templates see."""
        frame = self._position.frame
        found = {"caller": self._caller, "language": self.language, "result": self.result}
        found |= frame.values
        return found | frame.secrets if secrets else found

    def set(self, name: str, value: Any, *, secure: bool = False) -> None:
        """Give a variable its value."""
        frame = self._position.frame
        (frame.secrets if secure else frame.values)[name] = value

    def set_slot(self, name: str, value: str) -> None:
        """Give a variable its value, which the dialplan gets, too."""
        self.set(name, value)
        self.slots[name] = value

    def drop_slot(self, name: str) -> None:
        """Empty such a variable; the dialplan gets nothing."""
        self.set(name, "")
        self.slots.pop(name, None)

    def fill_text(self, text: str, *, secrets: bool = False) -> str:
        """Fill a template in."""
        return render_template(text, self.visible(secrets=secrets))

    def fill_url(self, url: str) -> str:
        """Fill a URL in; what is filled in is quoted: a caller's words cannot change the path."""
        return render_template(url, self.visible(secrets=True), quote=True)

    def fill(self, value: Any, *, secrets: bool = False) -> Any:
        """Fill in every template inside plain data; a lone ``{{ name }}`` keeps its type."""
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
