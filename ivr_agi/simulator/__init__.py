"""Asterisk without Asterisk: the other side of EAGI, and a scripted caller on the phone.

Flows are tested and shown with it. ``line.py`` and everything under it is without I/O and runs in
virtual time as well; ``call.py`` adds real pipes, real processes and the clock. Imports only
errors and audio.
"""
