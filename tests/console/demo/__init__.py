"""A day of generated calls."""
