"""Asterisk's side of a call: AGI commands over fds 0 and 1, the caller's audio on fd 3."""
