"""Tests of ivr_agi.language."""
