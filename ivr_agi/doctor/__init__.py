"""``ivr-agi doctor``: looks at all that a call needs, and says what to do about what is missing."""
