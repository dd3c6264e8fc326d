"""The link to the recogniser: what is sent, kept and sent again."""
