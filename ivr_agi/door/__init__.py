"""The door for Python: what a user's own code gets of a call. ``import ivr_agi`` has the names."""
