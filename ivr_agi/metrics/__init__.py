"""Numbers for Prometheus, counted by the process that reads the journal."""
