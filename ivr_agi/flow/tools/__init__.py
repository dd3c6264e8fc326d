"""Tools for authors of flows: lint, drawings, cost, vocabularies."""
