"""A day of generated calls, for whoever wants to see the page first."""
