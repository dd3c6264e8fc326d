"""The demo: one whole call on a machine that only has Python. Used by ``ivr-agi demo``."""
