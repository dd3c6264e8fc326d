"""Tests of ivr_agi.sis.client.recognizer."""
