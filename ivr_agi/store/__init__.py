"""Calls in a database: read from the journal, asked by the command line and the console."""
