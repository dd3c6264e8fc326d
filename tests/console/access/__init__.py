"""The page, and who may use it."""
