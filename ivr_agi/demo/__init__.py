"""The demo: one whole call on a machine with nothing but Python. Used by ``ivr-agi demo``."""
