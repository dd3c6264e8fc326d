"""Tests of ivr_agi.dialogue.hearing."""
