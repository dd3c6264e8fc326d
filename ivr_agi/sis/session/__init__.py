"""Sessions on a socket as state machines. No I/O."""
