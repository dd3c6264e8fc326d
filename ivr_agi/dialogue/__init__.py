"""One turn: prompt and listening at once, barge-in, outcome. Imports agi, sis and below."""
