"""Tests of ivr_agi.agi."""
