"""Tests of ivr_agi.dialogue.turn.machine."""
