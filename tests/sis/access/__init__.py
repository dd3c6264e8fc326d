"""Tests of ivr_agi.sis.access."""
