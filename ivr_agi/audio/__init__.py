"""Samples: frames, G.711, WAV files, levels.

No I/O but the files that the caller names; imports only errors.
"""
