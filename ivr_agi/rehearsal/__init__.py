"""Calls without a telephone, in virtual time: conversation tests and benchmarks of call flows."""
