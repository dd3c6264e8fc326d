"""A real Asterisk to measure and to test on: fetched into a chroot, started, called.

Outside the calls themselves: nothing else in the package imports it. Needs Debian and root; runs
on loopback only.
"""
