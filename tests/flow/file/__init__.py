"""Tests of ivr_agi.flow.file."""
