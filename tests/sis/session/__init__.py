"""Tests of ivr_agi.sis.session."""
