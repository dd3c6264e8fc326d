"""Tests of ivr_agi.flow.tools.draw."""
