"""Makes a trace of each call that was stored, for OpenTelemetry; run by the console."""
