"""Events say which session they belong to, and stay as they are."""

from __future__ import annotations

import dataclasses

import pytest

from ivr_agi.sis.wire import events


@pytest.mark.parametrize("name", events.__all__)
def test_every_event_carries_session_and_trace(name: str) -> None:
    """All derive from RecognitionEvent and are frozen."""
    kind = getattr(events, name)
    assert issubclass(kind, events.RecognitionEvent)
    assert [field.name for field in dataclasses.fields(kind)][:2] == ["session", "trace_id"]
    assert kind.__dataclass_params__.frozen
