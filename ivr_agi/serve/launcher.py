"""What ``EAGI(ivr-agi,FLOW)`` starts: hands the call to the warm server and exits.

This file stands alone: ``ivr-agi install`` copies it into Asterisk's AGI folder with the four
settings below filled in. It runs as ``python3 -IS`` for every call, so it imports nothing that a
bare Python has not loaded anyway, but ``_socket`` (``socket`` alone doubles the time: it pulls in
``os``, ``selectors`` and ``enum``).

One message goes to the server, with the call's fds 0, 1 and 3 (``SCM_RIGHTS``), and one comes
back: ``+`` the call is taken, or ``-`` and the AGI commands that tell the dialplan why not. Where
nobody listens, the call is run in this process, or handed back to the dialplan, at once. A server
that listens is busy, or starts anew: it has some seconds, because a process for each call would
make a busy machine busier.
"""

import _socket
import posix
import sys

__all__ = ("ask_server", "main")

SOCKET = "/run/ivr-agi/ivr-agi.sock"
"""Where the server listens."""
PROGRAM = ("/opt/ivr-agi/bin/ivr-agi", "call")
"""Runs the call when there is no server; its arguments follow."""
WITHOUT_SERVER = "call"
"""``call``: so; ``refuse``: the dialplan goes on at once, with ``IVR_STATUS=REFUSED``."""
WAIT_S = 4.0
"""Seconds for the answer of a server that listens."""

GREETING = b"ivr-agi 1"
REFUSED = (
    b'SET VARIABLE IVR_STATUS "REFUSED"\nSET VARIABLE IVR_ERROR "no server answers"\n'
    # What a call before on the same channel has left.
    b'SET VARIABLE IVR_RESULT ""\nSET VARIABLE IVR_TRANSFER ""\n'
    b'SET VARIABLE IVR_TRANSFER_KIND ""\nSET VARIABLE IVR_PRIORITY ""\n'
    b'SET VARIABLE IVR_MAILBOX ""\nSET VARIABLE IVR_CALLBACK ""\n'
    b'SET VARIABLE IVR_QUEUE ""\nSET VARIABLE IVR_FLOW_VERSION ""\n'
)


def ask_server(words: list[str]) -> bytes:
    """Offer the call to the server; return its answer, empty where there is none in time."""
    message = b"\0".join([GREETING, *(word.encode("utf-8", "surrogateescape") for word in words)])
    fds = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (0, 1, 3))
    server = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    try:
        server.settimeout(WAIT_S)
        server.connect(SOCKET)
        server.sendmsg([message], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fds)])
        try:
            return server.recv(4096)
        except _socket.timeout:  # TimeoutError only since Python 3.10
            # From here on the server's answer fails, and it leaves the call alone; one that was
            # sent before is still there. So the call is never run by both, and never by nobody.
            server.shutdown(_socket.SHUT_RD)
            return server.recv(4096)
    except OSError:
        return b""
    finally:
        server.close()


def main() -> None:
    """Hand the call over, or run it here."""
    answer = ask_server(sys.argv[1:])
    if answer[:1] == b"+":
        return
    if answer[:1] == b"-":
        posix.write(1, answer[1:])
    elif WITHOUT_SERVER == "refuse":
        posix.write(1, REFUSED)
    else:
        posix.execv(PROGRAM[0], [*PROGRAM, *sys.argv[1:]])


if __name__ == "__main__":
    main()
