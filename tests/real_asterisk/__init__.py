"""Tests against a real Asterisk 22 (make test-asterisk)."""
