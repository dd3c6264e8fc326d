"""Tests of ivr_agi.dialogue.prompt."""
