"""A call's events as the spans of one trace, in OTLP's JSON. Core, no I/O.

The form is that of ``opentelemetry/proto/trace/v1/trace.proto`` in the JSON mapping of OTLP/HTTP:
ids in hex, times as texts of nanoseconds. There is no convention of OpenTelemetry for telephony:
attributes are ``ivr.*``; what may say who somebody is, or what somebody said, ``ivr.pii.*``.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from ivr_agi import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ivr_agi.journal import Event

__all__ = ("resource_spans", "spans_of")

INTERNAL, SERVER, CLIENT = 1, 2, 3
"""Kinds of spans."""
FAILED = 2
"""Status of a span that failed."""
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_PERSONAL = frozenset(
    {"caller", "text", "keys", "key", "value", "choice", "result", "target", "arguments", "saved"}
)
"""Fields of events that go into ``ivr.pii.*``."""
_TOLD = frozenset(
    {
        *("barge_in", "false_barge_in", "outcome", "choice", "slot", "confirm", "no_input"),
        *("no_match", "message", "failover", "speech_unavailable", "keys_only", "python"),
    }
)
"""Events that are told in the span of their step."""
_ENDS_PROMPT = ("prompt_ended", "prompt_stopped")


def resource_spans(node: str, calls: Iterable[list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the body of an export request: the spans of some calls."""
    resource = {"service.name": "ivr-agi", "service.version": __version__, "host.name": node}
    scope = {"name": "ivr-agi", "version": __version__}
    spans = [span for call in calls for span in call]
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(resource)},
                "scopeSpans": [{"scope": scope, "spans": spans}],
            }
        ]
    }


def spans_of(
    node: str, events: Sequence[Event], *, tells_words: bool = False
) -> list[dict[str, Any]]:
    """Return the spans of a call: the call, its steps, prompts, recognitions and requests.

    Args:
        node: The machine's name.
        events: Of the call, in order; the first begins it.
        tells_words: Add what callers said and who they are, as ``ivr.pii.*``.
    """
    return _Tracing(node, events, tells_words=tells_words).run()


class _Tracing:
    def __init__(self, node: str, events: Sequence[Event], *, tells_words: bool) -> None:
        self._events = events
        self._tells_words = tells_words
        self._begin = events[0]
        sent = [m for one in events if (m := _TRACEPARENT.fullmatch(_parent_of(one)))]
        known = f"{node} {self._begin.call} {self._begin.time}"
        self._trace_id = sent[0][1] if sent else hashlib.sha256(known.encode()).hexdigest()[:32]
        self._spans: list[dict[str, Any]] = []

    def run(self) -> list[dict[str, Any]]:
        begin, last = self._begin, self._events[-1]
        flow = begin.data.get("flow") or begin.data.get("script") or ""
        root = self._open(f"call {flow}".strip(), begin, SERVER, None)
        self._say(root, {"call": begin.call, **begin.data})
        step = request_from = prompt = recognition = None
        for event in self._events[1:]:
            name, data = event.event, event.data
            if name == "step":
                if step is not None:
                    self._close(step, event)
                step = self._open(f"step {data.get('step', '')}", event, INTERNAL, root)
                self._say(step, {"step": data.get("step", "")})
                request_from = event
            elif name == "prompt_started":
                prompt = self._open("prompt", event, INTERNAL, step or root)
                self._say(prompt, data)
            elif name in _ENDS_PROMPT and prompt is not None:
                self._say(prompt, data)
                self._close(prompt, event)
                prompt = None
            elif name == "recognition_started":
                recognition = self._open("recognition", event, CLIENT, step or root)
                self._say(recognition, data)
            elif name == "recognition_end" and recognition is not None:
                self._say(recognition, data)
                failed = data.get("reason") in ("ERROR", "FAILED")
                self._close(recognition, event, failed=failed)
                recognition = None
            elif name == "http":
                self._request(event, request_from or begin, step or root)
                request_from = event
            elif name == "call_ended":
                self._say(root, data)
            if name in _TOLD:
                self._tell(step or root, event)
        for span in (prompt, recognition, step):
            if span is not None:
                self._close(span, last)
        failed = any(
            one.event == "call_ended" and one.data.get("status") == "FAILED" for one in self._events
        )
        self._close(root, last, failed=failed)
        return self._spans

    def _open(
        self, name: str, event: Event, kind: int, parent: dict[str, Any] | None
    ) -> dict[str, Any]:
        number = f"{self._trace_id} {len(self._spans)}"
        span: dict[str, Any] = {
            "traceId": self._trace_id,
            "spanId": hashlib.sha256(number.encode()).hexdigest()[:16],
            "name": name,
            "kind": kind,
            "startTimeUnixNano": self._nanoseconds(event),
            "endTimeUnixNano": self._nanoseconds(event),
            "attributes": [],
            "events": [],
        }
        if parent is not None:
            span["parentSpanId"] = parent["spanId"]
        self._spans.append(span)
        return span

    def _close(self, span: dict[str, Any], event: Event, *, failed: bool = False) -> None:
        span["endTimeUnixNano"] = self._nanoseconds(event)
        if failed:
            span["status"] = {"code": FAILED, "message": str(event.data.get("error", ""))}

    def _request(self, event: Event, since: Event, parent: dict[str, Any]) -> None:
        span = self._open("http", since, CLIENT, parent)
        if (sent := _TRACEPARENT.fullmatch(_parent_of(event))) and sent[1] == self._trace_id:
            span["spanId"] = sent[2]
        self._say(span, {key: event.data[key] for key in event.data if key != "traceparent"})
        self._close(span, event, failed="error" in event.data)

    def _say(self, span: dict[str, Any], data: dict[str, Any]) -> None:
        span["attributes"] += _attributes(self._named(data))

    def _tell(self, span: dict[str, Any], event: Event) -> None:
        span["events"].append(
            {
                "timeUnixNano": self._nanoseconds(event),
                "name": event.event,
                "attributes": _attributes(self._named(event.data)),
            }
        )

    def _named(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            f"ivr.pii.{key}" if key in _PERSONAL else f"ivr.{key}": value
            for key, value in data.items()
            if self._tells_words or key not in _PERSONAL
        }

    def _nanoseconds(self, event: Event) -> str:
        """When it was: the wall clock of the begin, and the monotonic clock since then."""
        at_s = self._begin.time + max(0.0, event.at_s - self._begin.at_s)
        return str(round(at_s * 1000) * 1_000_000)


def _parent_of(event: Event) -> str:
    return str(event.data.get("traceparent", ""))


def _attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": _attributes({str(k): v for k, v in value.items()})}}
    if isinstance(value, list | tuple):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}
