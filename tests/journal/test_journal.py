"""The journal: what is recorded can be read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import ConfigError
from ivr_agi.journal import JournalWriter
from ivr_agi.journal.event import Event
from ivr_agi.journal.journal import Journal, read_events


def test_events_are_read_back_in_order(tmp_path: Path) -> None:
    """Names, times, call and data survive; None is left out."""
    file = tmp_path / "new" / "journal.jsonl"
    writer = JournalWriter(file)
    journal = Journal(call="1.2", clock=lambda: 12.5, write=writer.write)
    journal.record("voice_start", trace_id="t", score=None)
    journal.record("voice_end")
    journal.close()
    writer.close()
    first, second = read_events(file)
    assert (first.event, first.at_s, first.call, first.data) == (
        "voice_start",
        12.5,
        "1.2",
        {"trace_id": "t"},
    )
    assert first.time > 1.7e9
    assert second.event == "voice_end"


class Name(str):
    """A name with a type of its own, as flows have them."""

    __slots__ = ()


def test_values_of_other_types_are_written_as_text(tmp_path: Path) -> None:
    """A record never fails for what is in it."""
    file = tmp_path / "journal.jsonl"
    writer = JournalWriter(file)
    Journal(write=writer.write).record("x", step=Name("main"), path=Path("/a"))
    writer.close()
    (event,) = read_events(file)
    assert event.data == {"step": "main", "path": "/a"}


def test_several_calls_share_a_file(tmp_path: Path) -> None:
    """Events of calls come in order."""
    file = tmp_path / "journal.jsonl"
    writer = JournalWriter(file)
    journals = [Journal(call=name, write=writer.write) for name in "ab"]
    for journal in journals * 2:
        journal.record("x")
    writer.close()
    assert [event.call for event in read_events(file)] == ["a", "b", "a", "b"]


def test_a_listener_gets_each_event() -> None:
    """Without a file, events still can be watched; closing twice does no harm."""
    heard: list[Event] = []
    journal = Journal(listener=heard.append)
    journal.record("x", a=1)
    journal.close()
    assert [(event.event, event.data) for event in heard] == [("x", {"a": 1})]


def test_a_journal_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is told in words."""
    with pytest.raises(ConfigError, match="cannot read the journal"):
        list(read_events(tmp_path / "none"))


def test_a_line_that_is_no_event(tmp_path: Path) -> None:
    """The line is named."""
    file = tmp_path / "j"
    file.write_text('{"at_s": 1, "event": "x"}\n{"at_s": 2}\n')
    with pytest.raises(ConfigError, match=r"j:2: no journal event"):
        list(read_events(file))


def test_secure() -> None:
    """Nothing of the caller's; of ours only where it is allowed; and it is remembered."""
    events: list[Event] = []
    journal = Journal(listener=events.append)

    def tell() -> list[dict[str, object]]:
        events.clear()
        journal.record("result", text="four", trace_id="t")
        journal.record("prompt_started", text="Thank you.")
        journal.record("key", key="4")
        return [event.data for event in events]

    assert tell() == [{"text": "four", "trace_id": "t"}, {"text": "Thank you."}, {"key": "4"}]
    journal.secure = True
    assert tell() == [{"trace_id": "t"}, {}, {}]
    journal.tells_prompts = True
    assert tell() == [{"trace_id": "t"}, {"text": "Thank you."}, {}]
    journal.secure = False
    assert tell()[2] == {"key": "4"}
    assert journal.has_secrets
    assert not Journal().has_secrets


def test_what_no_table_has_is_not_written_in_a_secure_step() -> None:
    """Whoever adds a field or an event adds it to the schema, or it is silent there."""
    events: list[Event] = []
    journal = Journal(listener=events.append)
    journal.secure = True
    journal.record("choice", step="pin", pin="4711")
    journal.record("new_event", said="4711")
    journal.record("outcome", outcome="Heard", text="4711", keys="4711", false_barge_ins=1)
    journal.record("python", step="pin", saved={"pin": "4711"})
    assert [event.data for event in events] == [
        {"step": "pin"},
        {},
        {"outcome": "Heard", "false_barge_ins": 1},
        {"step": "pin"},
    ]


def test_the_version_of_a_line(tmp_path: Path) -> None:
    """Each line says it; none is the first version; a newer one is not guessed at."""
    lines: list[bytes] = []
    Journal(write=lines.append).record("x")
    assert lines[0].startswith(b'{"v":2,')
    file = tmp_path / "j"
    file.write_text('{"at_s": 1, "event": "x"}\n{"v": 3, "at_s": 1, "event": "x"}\n')
    events = read_events(file)
    assert next(events).event == "x"
    with pytest.raises(ConfigError, match=r"j:2: no journal event"):
        next(events)


def test_lines_for_somebody_else_to_write() -> None:
    """In place of a file; none after the end."""
    lines: list[bytes] = []
    journal = Journal(call="1.2", write=lines.append)
    journal.record("x")
    journal.close()
    journal.record("y")
    assert [(line.count(b"1.2"), line[-1:]) for line in lines] == [(1, b"\n")]


def test_events_are_held_back_while_something_must_not_wait() -> None:
    """In order and with the time at which they happened; until the outermost `with` ends."""
    events: list[Event] = []
    lines: list[bytes] = []
    clock = iter([1.0, 2.0, 3.0])
    journal = Journal(clock=lambda: next(clock), listener=events.append, write=lines.append)
    with journal.held:
        journal.record("a")
        with journal.held:
            journal.record("b")
        assert (events, lines) == ([], [])
    assert len(lines) == 2
    journal.record("c")
    assert [(event.event, event.at_s) for event in events] == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_what_is_held_back_is_written_where_it_fails() -> None:
    """Then of all times."""
    events: list[Event] = []
    journal = Journal(listener=events.append)

    def fail() -> None:
        with journal.held:
            journal.record("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [event.event for event in events] == ["a"]


@pytest.mark.parametrize(
    "value",
    ["a\udcff", ["\udcff"], {"\udcff": 1}, {1.5: 2}, 10**5000, 1 << 70, "\ud83d"],
    ids=range(7),
)
def test_whatever_a_value_is(tmp_path: Path, value: object) -> None:
    """A record never costs a call: what JSON does not have is written as text."""
    writer = JournalWriter(tmp_path / "journal")
    journal = Journal(call="1.2\udcff", write=writer.write)
    journal.record("slot", value=value)
    writer.close()
    (event,) = read_events(tmp_path / "journal")
    assert event.call == "1.2?"
    assert "value" in event.data
