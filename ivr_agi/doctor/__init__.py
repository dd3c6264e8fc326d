"""``ivr-agi doctor``: checks everything that a call needs, and says how to fix what is wrong."""
