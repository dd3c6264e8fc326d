"""The speech service's side: SIS recognition and synthesis over WebSocket.

``wire``: messages, events and tables. ``session``: what may happen on a socket, as state machines.
``access``: endpoints, credentials, fail-over, REST. ``client``: sockets. The first two do no I/O.
"""
