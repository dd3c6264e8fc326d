"""What must be true of every call of a run, and of what is left after it. No I/O.

Each check is a function that yields a line for each thing that is wrong; :data:`CHECKS` has all.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ivr_agi.journal import Event
from tests.chaos.calls import GOOD, CallRecord
from tests.chaos.silence import Span, longest_silence, merge, overlap, turn_spans

NOTICED_S = 1.0
"""Until the script knows of a hang-up: the pending command is answered, and what began at that
moment has begun."""
LONGEST_SILENCE_S = 5.0
TIMEOUT_S = 1.5
"""Of the flows' questions."""
START_S = 1.0
"""Until a process of a call has been started and the prompt is asked for."""
MEMORY_KB = 24_000
"""More than at the begin: what an allocator keeps."""
STATUSES = {"COMPLETED", "TRANSFER", "HANGUP", "NO_INPUT", "FAILED", "SPEECH_DOWN", "REFUSED"}


@dataclass(frozen=True)
class Begun:
    """A request or a function that began."""

    number: str
    at_s: float


@dataclass(frozen=True)
class Rest:
    """What a worker has when it has no call."""

    fds: Counter[str]
    tasks: int
    threads: Counter[str]
    """By name, without those of our pools, which stay."""
    memory_kb: float


@dataclass(frozen=True)
class Run:
    """All that is known of a run."""

    calls: Sequence[CallRecord]
    journal: Sequence[Event]
    begun: Sequence[Begun] = ()
    stalls: Sequence[Span] = ()
    """When the machine, or a process that we stopped, stood still."""
    first: Rest | None = None
    """Of a worker that has had some calls."""
    last: Mapping[int, Rest] = field(default_factory=dict)
    """Of each worker at the end, by pid."""
    left_processes: Sequence[int] = ()
    """Pids of the server that are there although it has ended."""
    left_secrets: Sequence[str] = ()
    """Files that have our token."""
    log: Sequence[str] = ()

    @functools.cached_property
    def by_call(self) -> Mapping[str, list[Event]]:
        """The journal of each call."""
        found: dict[str, list[Event]] = {}
        for event in self.journal:
            found.setdefault(event.call, []).append(event)
        return found

    @functools.cached_property
    def merged_stalls(self) -> list[Span]:
        """The stalls without overlaps."""
        return merge(self.stalls)

    def events(self, call: CallRecord, *names: str) -> list[Event]:
        """What the journal has of a call."""
        return [e for e in self.by_call.get(call.planned.uniqueid, []) if e.event in names]

    def worker_died(self, call: CallRecord) -> bool:
        """Its process was killed."""
        return any("has died" in e.data.get("error", "") for e in self.events(call, "call_ended"))

    def was_told_again(self, call: CallRecord) -> bool:
        """Its Asterisk did not answer in time, which the log says."""
        call_id, line = f"[{call.planned.uniqueid}]", "Asterisk answers no more"
        return any(call_id in each and line in each for each in self.log)

    def may_not_have_begun(self, call: CallRecord) -> bool:
        """Its Asterisk died or talks nonsense, or the caller hung up while the process started."""
        if call.was_cut or not call.planned.asterisk.can_be_told:
            return True
        return call.hung_up_at is not None and not self.events(call, "call_started")


def every_call_ends(run: Run) -> Iterator[str]:
    """None is held for ever."""
    for call in run.calls:
        if call.failure:
            yield f"{name(call)}: {call.failure}"


def one_status(run: Run) -> Iterator[str]:
    """The dialplan gets exactly one; none at all only of a call whose process or Asterisk died."""
    for call in run.calls:
        is_excused = run.worker_died(call) or run.may_not_have_begun(call)
        # An Asterisk whose answers did not come is told once more, the same.
        told = set(call.statuses) if run.was_told_again(call) else call.statuses
        if len(told) > 1 or (not told and not is_excused):
            yield f"{name(call)}: IVR_STATUS was set to {list(call.statuses)}"
        for status in call.statuses:
            if status not in STATUSES:
                yield f"{name(call)}: IVR_STATUS is {status!r}"
            if status in ("FAILED", "SPEECH_DOWN", "REFUSED") and not call.error:
                yield f"{name(call)}: {status} without IVR_ERROR"


def one_end(run: Run) -> Iterator[str]:
    """The journal has one begin and one end of each call that began."""
    for call in run.calls:
        found = Counter(e.event for e in run.events(call, "call_started", "call_ended"))
        began, ended = found["call_started"], found["call_ended"]
        was_refused = "REFUSED" in call.statuses or "ivr-agi.toml" in call.error
        if (began, ended) == (0, 0) and (was_refused or run.may_not_have_begun(call)):
            continue
        if (began, ended) != (1, 1):
            yield f"{name(call)}: {began} begins and {ended} ends in the journal"


def nothing_after_hang_up(run: Run) -> Iterator[str]:
    """No step, prompt, session, request or function begins after a hang-up."""
    begun: dict[str, list[float]] = {}
    for each in run.begun:
        begun.setdefault(each.number, []).append(each.at_s)
    for call in run.calls:
        if call.hung_up_at is None or call.planned.arguments[:1] == ("--script",):
            continue
        found = [
            (e.at_s, e.event)
            for e in run.events(call, "step", "prompt_started", "synthesis_started", "keys_only")
        ]
        found += [(at_s, "request or function") for at_s in begun.get(call.planned.number, [])]
        for at_s, what in found:
            late_s = at_s - call.hung_up_at
            late_s -= overlap((call.hung_up_at, at_s), run.merged_stalls) if late_s > 0 else 0
            if late_s > NOTICED_S:
                yield f"{name(call)}: {what} began {late_s:.1f} s after the hang-up"


def no_silence(run: Run) -> Iterator[str]:
    """No caller hears nothing for more than 5 s; users' own scripts are excepted."""
    for call in run.calls:
        silence_s = silence(run, call)
        if silence_s > LONGEST_SILENCE_S:
            yield f"{name(call)}: {silence_s:.1f} s of silence"


def silence(run: Run, call: CallRecord) -> float:
    """The longest silence that a caller heard."""
    planned = call.planned
    if planned.arguments[:1] == ("--script",) or planned.asterisk is not GOOD or call.failure:
        return 0.0
    journal = run.by_call.get(planned.uniqueid, [])
    turns = turn_spans(journal, call.acts, TIMEOUT_S)
    until = call.hung_up_at or call.ended_at
    started_at = next((e.at_s for e in journal if e.event == "call_started"), call.began_at)
    starting = (call.began_at, max(started_at, call.began_at + START_S))
    excused = [*turns, *call.acts, *run.stalls, starting]
    return longest_silence(call.heard, (call.began_at, until), excused)


def nothing_is_left(run: Run) -> Iterator[str]:
    """Files, tasks, threads and memory of a worker are those of its begin."""
    if run.first is None:
        return
    for pid, last in run.last.items():
        if more := last.fds - run.first.fds:
            yield f"worker {pid}: open files {dict(more)}"
        if last.tasks > run.first.tasks:
            yield f"worker {pid}: {last.tasks} tasks, {run.first.tasks} at the begin"
        if threads := last.threads - run.first.threads:
            yield f"worker {pid}: threads {dict(threads)}"
        if last.memory_kb > run.first.memory_kb + MEMORY_KB:
            yield f"worker {pid}: {last.memory_kb:.0f} KB, {run.first.memory_kb:.0f} at the begin"


def no_process_is_left(run: Run) -> Iterator[str]:
    """The server's processes end with it."""
    for pid in run.left_processes:
        yield f"process {pid} is still there"


def no_secret_is_told(run: Run) -> Iterator[str]:
    """Our token is in no file of ours, and in no variable."""
    for file in run.left_secrets:
        yield f"{file} has the token"
    for call in run.calls:
        if "Sesame" in call.error:
            yield f"{name(call)}: IVR_ERROR has the token"


def the_log_is_clean(run: Run) -> Iterator[str]:
    """No bug of ours, no line of somebody else's making. Users see where their scripts failed."""
    for number, line in enumerate(run.log):
        if line.startswith("Traceback"):
            around = run.log[max(0, number - 1) : number + 60]
            if not any("run_user_script" in each for each in around):
                yield f"the log has a traceback: {' | '.join(around)}"
        if line.startswith("[ERROR]") or "\x1b" in line or "\x00" in line:
            yield f"the log has a line of somebody else: {line!r}"


CHECKS: tuple[Callable[[Run], Iterator[str]], ...] = (
    every_call_ends,
    one_status,
    one_end,
    nothing_after_hang_up,
    no_silence,
    nothing_is_left,
    no_process_is_left,
    no_secret_is_told,
    the_log_is_clean,
)


def judge(run: Run) -> dict[str, list[str]]:
    """What is wrong, by check."""
    return {check.__name__: list(check(run)) for check in CHECKS}


def name(call: CallRecord) -> str:
    """Which call a line is about."""
    return f"call {call.planned.number} ({call.planned.label})"
