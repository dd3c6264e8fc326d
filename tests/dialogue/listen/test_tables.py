"""Which hot-word table a session asks for."""

from __future__ import annotations

from ivr_agi.dialogue.listen.tables import FORGET_S, HotWordTables, RefusedTable, RefusedTables
from ivr_agi.errors import SpeechRejected

FIRST, SECOND = "ws://a", "ws://b"
GONE = SpeechRejected("SIS.0201", "no such table", service=FIRST)


def test_each_service_has_its_own_id() -> None:
    """Of the first one as it is, of another one its own, or none."""
    tables = HotWordTables({SECOND: {"t1": "t2"}})
    assert tables.choose(FIRST, "t1", 0) == "t1"
    assert tables.choose(SECOND, "t1", 0) == "t2"
    assert tables.choose(SECOND, "other", 0) is None
    assert tables.choose(FIRST, None, 0) is None


def test_a_refused_table_is_left_out_for_a_while() -> None:
    """By all calls; each tells its journal once."""
    refused = RefusedTables()
    first, second = HotWordTables(refused=refused), HotWordTables(refused=refused)
    first.suspect(FIRST, "t1", GONE)
    assert first.choose(FIRST, "t1", 10) is None
    assert first.untold() == []  # not yet known to be the reason
    first.note_started(10)
    told = RefusedTable(FIRST, "t1", str(GONE))
    assert first.untold() == [told]
    assert second.choose(FIRST, "t1", 11) is None
    assert second.choose(FIRST, "t1", 12) is None
    assert second.untold() == [told]
    assert second.untold() == []
    assert second.choose(FIRST, "t2", 12) == "t2"
    assert second.choose(FIRST, "t1", 10 + FORGET_S) == "t1"


def test_a_table_that_was_not_the_reason() -> None:
    """The service refuses without it, too."""
    tables = HotWordTables()
    tables.suspect(FIRST, "t1", GONE)
    tables.clear_suspicion()
    assert tables.choose(FIRST, "t1", 0) == "t1"
    tables.note_started(0)
    assert tables.untold() == []
