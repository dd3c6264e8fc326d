"""What happened in a call, event by event. Imports only errors; any room may record into it."""

from ivr_agi.journal.journal import Event, Journal, open_journal, read_events
from ivr_agi.journal.writer import JournalWriter

__all__ = ("Event", "Journal", "JournalWriter", "open_journal", "read_events")
