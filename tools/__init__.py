"""Scripts that write generated files of the package; no part of it."""
