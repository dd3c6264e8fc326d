"""Reads flow files: types of every step, faults with line and column, the flows that are live."""
