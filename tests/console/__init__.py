"""The process beside the server."""
