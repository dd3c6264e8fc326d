"""The line to the recogniser: what is sent, kept and sent again."""
