"""Calls through the real server while everything around it is hostile: ``make test-chaos``.

To add a hostility, write what it does and give it a row in :mod:`tests.chaos.table`.

============  ====================================================================================
table         every hostility: its name, the kind of fault, what it does
speech        a speech service that does what no service should
web           an HTTP service that does
files         flow files, scripts and functions of users, as an installation has them
asterisk      an Asterisk, a caller, a neighbour at the socket
site          the processes of an installation, which may be killed, stopped and started again
trouble       what is done to the disk and to these processes meanwhile
calls         the plan of a run, and its calls
silence       how long a caller hears nothing
verdict       what must be true of every call, without I/O
run           one run; ``python -m tests.chaos`` is its command
============  ====================================================================================
"""
