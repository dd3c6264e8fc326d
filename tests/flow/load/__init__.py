"""Tests of ivr_agi.flow.load."""
