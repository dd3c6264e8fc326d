"""Words and numbers go, what happened stays."""

from __future__ import annotations

from ivr_agi.journal import Event
from ivr_agi.report.masking import mask_event


def masked(kind: str, **data: object) -> dict[str, object]:
    """An event's data, masked."""
    return mask_event(Event(at_s=1.0, event=kind, call="1.1", data=dict(data))).data


def test_masking() -> None:
    """Of the same length; times, counts and names of steps stay."""
    assert masked("result", text="Ring 0800 我们", score=0.5, trace_id="t") == {
        "text": "xxxx 0000 xx",
        "score": 0.5,
        "trace_id": "t",
    }
    assert masked("call_started", caller="+8613", channel="PJSIP/8613-1", flow="main") == {
        "caller": "+0000",
        "channel": "PJSIP/0000-0",
        "flow": "main",
    }
    saved = {"a": ["Bob", None], "n": 4711, "f": 1.5}
    assert masked("python", step="s", saved=saved)["saved"] == {
        "a": ["xxx", None],
        "n": "0000",
        "f": "0.0",
    }
    assert masked("prompt_stopped", position_ms=1840) == {"position_ms": 1840}


def test_what_no_table_has() -> None:
    """It is left out."""
    assert masked("unheard_of", text="Bob") == {}
    assert masked("step", step="s", name="Bob") == {"step": "s"}
