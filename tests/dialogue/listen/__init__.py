"""Tests of ivr_agi.dialogue.listen."""
