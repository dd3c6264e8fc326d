#!/usr/bin/python3 -IS
"""EAGI program that hands its pipes to the test and waits until the test lets go.

The test (``agi_probe.py``) listens on an abstract Unix socket, whose name is the first argument:
such a name is seen from inside the chroot too. SIGHUP is reported as one byte. Layer: none, runs
alone on the chroot's Python.
"""

import os
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX) as test:
    test.connect("\0" + sys.argv[1])
    signal.signal(signal.SIGHUP, lambda *_: test.send(b"H"))
    socket.send_fds(test, [b"F"], [0, 1, 3])
    for fd in (0, 1, 3):
        os.close(fd)  # the test's copies are the only ones now
    while test.recv(1):
        pass
