#!/usr/bin/python3 -IS
"""Plays the IVR for the dialplan tests: sets the variables it is told to, exits as it is told.

It is called as the real program, ``PROGRAM call main_menu``; what to do is on the channel:
``PROBE_VARIABLES`` (``NAME=value&NAME=value``) and ``PROBE_EXIT`` (exit code, or ``kill``).
"""

import os
import re
import signal
import sys


def ask(command: str) -> str:
    """Send one command and return the value in its reply."""
    sys.stdout.write(command + "\n")
    sys.stdout.flush()
    found = re.fullmatch(r"200 result=1 \((.*)\)\n", sys.stdin.readline())
    return found[1] if found else ""


while sys.stdin.readline().strip():
    pass
for pair in filter(None, ask("GET VARIABLE PROBE_VARIABLES").split("&")):
    name, _, value = pair.partition("=")
    ask(f'SET VARIABLE {name} "{value}"')
how = ask("GET VARIABLE PROBE_EXIT")
if how == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(how or 0))
