"""The spans of a call, as the protocol's own messages read them."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import msgspec
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ivr_agi.journal import Event
from ivr_agi.tracing.spans import resource_spans, spans_of
from tests.store.journals import call_lines

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def read_back(body: dict[str, Any]) -> Any:
    """Parse as the protocol says: its JSON has ids in hex, protobuf's own has Base64."""
    text = json.loads(json.dumps(body))
    for span in text["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in span:
                span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return json_format.ParseDict(text, ExportTraceServiceRequest())


def one(at_s: float, name: str, **data: Any) -> Event:
    """An event of a call."""
    return Event(at_s=at_s, event=name, call="1.7", time=1_795_000_000.0 + at_s, data=data)


CALL = [
    one(1.0, "call_started", flow="main", caller="13800001234"),
    one(1.1, "step", step="menu"),
    one(1.2, "prompt_started", text="What do you want?"),
    one(1.3, "recognition_started", endpoint="ws://a", trace_id="t"),
    one(2.0, "prompt_stopped", position_ms=700),
    one(2.5, "recognition_end", reason="ERROR", error="no answer", trace_id="t"),
    one(2.6, "outcome", outcome="Heard", text="my balance", legs_ms={"voice_to_final": 500}),
    one(2.7, "step", step="ask"),
    one(3.0, "http", step="ask", attempt=1, error="HTTP 503", traceparent=f"00-{TRACE}-{SPAN}-01"),
    one(3.5, "http", step="ask", attempt=2, traceparent=f"00-{TRACE}-{SPAN[::-1]}-01"),
    one(4.0, "call_ended", status="COMPLETED", seconds=3.0),
]


def test_one_trace_that_the_protocol_reads() -> None:
    """Every span has its parent, its time and its kind."""
    request = read_back(resource_spans("node-1", [spans_of("node-1", CALL)]))
    (resource,) = request.resource_spans
    assert {a.key: a.value.string_value for a in resource.resource.attributes}[
        "host.name"
    ] == "node-1"
    spans = resource.scope_spans[0].spans
    assert [span.name for span in spans] == [
        *("call main", "step menu", "prompt", "recognition", "step ask", "http", "http"),
    ]
    root, menu, prompt, recognition, ask, first, second = spans
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    assert not root.parent_span_id
    assert {span.parent_span_id for span in (menu, ask)} == {root.span_id}
    assert {span.parent_span_id for span in (prompt, recognition)} == {menu.span_id}
    assert (first.span_id.hex(), second.span_id.hex()) == (SPAN, SPAN[::-1])
    assert len({span.span_id for span in spans}) == 7
    began = 1_795_000_001 * 10**9
    assert (root.start_time_unix_nano, root.end_time_unix_nano) == (began, began + 3 * 10**9)
    assert second.start_time_unix_nano == first.end_time_unix_nano == began + 2 * 10**9
    assert menu.end_time_unix_nano == ask.start_time_unix_nano
    assert [span.status.code for span in spans] == [0, 0, 0, 2, 0, 2, 0]
    assert [event.name for event in menu.events] == ["outcome"]
    assert [span.kind for span in spans] == [2, 1, 1, 3, 1, 3, 3]


def test_personal_data() -> None:
    """Only where it is asked for, and then under names of its own."""
    without = json.dumps(spans_of("n", CALL))
    for text in ("13800001234", "my balance", "What do you want?", "ivr.pii"):
        assert text not in without
    told = json.dumps(spans_of("n", CALL, tells_words=True))
    for key, text in (("ivr.pii.caller", "13800001234"), ("ivr.pii.text", "my balance")):
        assert f'{{"key": "{key}", "value": {{"stringValue": "{text}"}}}}' in told


def test_calls_of_all_kinds() -> None:
    """The protocol reads them; calls without requests have traces of their own."""
    calls = []
    for n in range(50):
        lines = call_lines(n, random.Random(n))
        events = [msgspec.json.decode(line, type=Event) for line in lines]
        calls += [spans_of("n", events, tells_words=True), spans_of("n", events[: n % 5 + 1])]
    spans = read_back(resource_spans("n", calls)).resource_spans[0].scope_spans[0].spans
    assert all(span.end_time_unix_nano >= span.start_time_unix_nano for span in spans)
    assert len({span.trace_id for span in spans}) == 50


def test_a_forged_parent() -> None:
    """What is none is not taken for one."""
    for text in ("", "00-0-0-01", f"00-{TRACE}-{SPAN}-01\r\nx: y", f"ff-{TRACE}-{SPAN}-01"):
        events = [CALL[0], one(2, "http", traceparent=text), CALL[-1]]
        assert spans_of("n", events)[0]["traceId"] != TRACE
