"""Samples: frames, G.711, WAV files, levels.

No I/O except for the files that the caller names. Imports only errors.
"""
