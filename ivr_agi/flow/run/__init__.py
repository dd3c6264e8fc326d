"""Running a flow over a dialogue."""
