"""Calls from their first AGI line to their last. The warm server for many of them comes later."""
