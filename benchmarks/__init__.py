"""Benchmarks that measure this project, outside the wheel; ``ivr-agi bench`` sizes a machine."""
