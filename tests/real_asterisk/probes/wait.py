#!/usr/bin/python3 -IS
"""Plays an IVR that is still running when the caller hangs up: waits for SIGHUP, then leaves."""

import signal

signal.sigwait({signal.SIGHUP})
