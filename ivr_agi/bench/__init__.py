"""Benchmarks: what ``ivr-agi bench`` runs. Loopback only; every number is measured here and now."""
