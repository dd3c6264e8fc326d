"""Tests of ivr_agi.dialogue.record."""
