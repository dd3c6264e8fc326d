"""What happened in a call, event by event. Imports only errors; any room may record into it."""

from ivr_agi.journal.event import Event
from ivr_agi.journal.file import JournalFile, sealed_files
from ivr_agi.journal.journal import Journal, read_events
from ivr_agi.journal.writer import JournalWriter

__all__ = ("Event", "Journal", "JournalFile", "JournalWriter", "read_events", "sealed_files")
