"""Recordings: a message from the caller, and the whole call."""
