"""Asterisk without Asterisk: the other side of EAGI, and a scripted caller on the phone.

For testing and demonstrating flows. ``line.py`` and everything below it is without I/O and also
runs in virtual time; ``call.py`` adds real pipes, real processes and the clock. Imports only errors
and audio.
"""
