"""One turn, prompt and listening: its state machine and the shell that runs it."""
