"""The metrics of a node's calls: counted when a batch has been stored. Core, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ivr_agi.journal.event import Event
from ivr_agi.metrics.exposition import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ivr_agi.store.batch import Batch
    from ivr_agi.store.live import CallNow
    from ivr_agi.store.writing import StoredCall

__all__ = ("CallMetrics",)

_LEGS = {"voice_to_stop": "barge_in_stop", "voice_to_final": "voice_to_final"}


class CallMetrics:
    """Counts calls, turns and faults since this process began.

    What happened before, a backlog that is read after a downtime, is not counted: a rate would
    show a spike that never was.

    Args:
        since: When counting begins, seconds since 1970.
    """

    def __init__(self, since: float) -> None:
        self._since = since
        self.registry = registry = Registry()
        family = registry.family
        self._calls = family("ivr_agi_calls", "gauge", "Calls that go on now.", "flow")
        self._ended = family(
            "ivr_agi_calls_ended_total", "counter", "Calls that ended.", "flow", "status"
        )
        self._seconds = family(
            "ivr_agi_call_seconds_total", "counter", "Length of the calls that ended.", "flow"
        )
        self._turns = family(
            "ivr_agi_turns_total", "counter", "Turns that ended.", "flow", "step", "outcome"
        )
        self._misses = family(
            "ivr_agi_misses_total", "counter", "No-inputs and no-matches.", "flow", "step", "kind"
        )
        self._false = family(
            "ivr_agi_false_barge_ins_total",
            "counter",
            "Prompts that a voice without words stopped.",
            *("flow", "step"),
        )
        self._legs = {
            leg: family(f"ivr_agi_{name}_seconds", "histogram", about, "endpoint")
            for (leg, name), about in zip(
                _LEGS.items(),
                (
                    "VOICE_START until the prompt was silent.",
                    "VOICE_START until the final words.",
                ),
                strict=True,
            )
        }
        self._speech_errors = family(
            "ivr_agi_speech_errors_total",
            "counter",
            "Times that an endpoint of the speech service failed.",
            "endpoint",
        )
        self._refused = family("ivr_agi_calls_refused_total", "counter", "Calls not taken.")
        self._lag = family(
            "ivr_agi_loop_lag_seconds", "histogram", "Stalls of a worker's event loop."
        )
        self._lost_lines = family(
            "ivr_agi_journal_lost_lines_total", "counter", "Lines that the disk did not take."
        )
        self._bad_lines = family(
            "ivr_agi_journal_bad_lines_total", "counter", "Lines of the journal that are no events."
        )
        self._behind = family(
            "ivr_agi_journal_behind_bytes", "gauge", "Bytes of the journal that are not stored."
        )
        self._behind_s = family(
            "ivr_agi_journal_behind_seconds",
            "gauge",
            "Seconds for which the journal has not been stored to its end.",
        )
        self._store_up = family("ivr_agi_store_up", "gauge", "1 if the database answers.")

    def count(self, stored: Iterable[StoredCall], batch: Batch) -> None:
        """Count what a batch has brought."""
        for call in stored:
            if call.ended >= self._since:
                self._count_call(call)
        self._bad_lines.add(batch.n_bad)
        for at, name, line in batch.machine:
            if at >= self._since:
                self._count_event(name, msgspec.json.decode(line, type=Event))

    def _count_call(self, call: StoredCall) -> None:
        made = call.summary
        flow = made.flow
        self._ended.add(1, flow, made.status or "LOST")
        self._seconds.add(made.seconds or 0.0, flow)
        for turn in made.turns:
            self._turns.add(1, flow, turn.step, turn.outcome)
            if turn.false_barge_ins:
                self._false.add(turn.false_barge_ins, flow, turn.step)
        for (step, measure), n in made.counts.items():
            if measure in ("no_input", "no_match"):
                self._misses.add(n, flow, step, measure)
        for endpoint, n in made.failovers.items():
            self._speech_errors.add(n, endpoint)
        for event in call.events:
            if event.event == "outcome":
                for leg, ms in (event.data.get("legs_ms") or {}).items():
                    if leg in self._legs:
                        self._legs[leg].observe(ms / 1000, made.endpoint)

    def _count_event(self, name: str, event: Event) -> None:
        if name == "call_refused":
            self._refused.add(1)
        elif name == "stalled":
            self._lag.observe(float(event.data.get("ms", 0)) / 1000)
        elif name == "journal_gap":
            self._lost_lines.add(float(event.data.get("lines", 0)))

    def show_calls(self, calls: Iterable[CallNow]) -> None:
        """Set how many calls go on now."""
        self._calls.clear()
        for call in calls:
            self._calls.add(1, call.flow)

    def show_store(self, *, is_up: bool, behind_bytes: int, behind_s: float) -> None:
        """Set how the store is."""
        self._store_up.set(int(is_up))
        self._behind.set(behind_bytes)
        self._behind_s.set(round(behind_s, 3))
