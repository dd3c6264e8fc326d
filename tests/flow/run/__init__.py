"""Tests of ivr_agi.flow.run."""
