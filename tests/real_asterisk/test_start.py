"""The harness itself: Asterisk runs, on loopback only, and a call can be made."""

from __future__ import annotations

import contextlib
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.asterisk.instance import SOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.asterisk.ami import Ami
    from benchmarks.asterisk.instance import AsteriskInstance
    from tests.real_asterisk.agi_probe import AgiProbe

pytestmark = pytest.mark.asterisk


async def test_is_the_asterisk_asked_for(asterisk: AsteriskInstance, ami: Ami) -> None:
    """The contract is pinned for these versions."""
    said = await ami.cli("core show version")
    assert said.startswith(f"Asterisk {asterisk.chroot.release.version}")


async def test_samples_are_loaded(ami: Ami) -> None:
    """Dialplan and endpoint come from dialplans/ as they are."""
    assert "EAGI(${IVR_AGI},main_menu)" in await ami.cli("dialplan show 100@ivr")
    assert "127.0.0.1" in await ami.cli("pjsip show identify ivr-trunk")


def test_listens_on_loopback_only(asterisk: AsteriskInstance) -> None:
    """No test opens a port to the network.

    Two UDP sockets on all addresses, on ports that the kernel chose, are PJSIP's DNS client.
    """
    assert set(_bound(asterisk.pid, "tcp", state="0A")) == {f"127.0.0.1:{asterisk.ami_port}"}
    udp = set(_bound(asterisk.pid, "udp", state="07"))
    assert f"127.0.0.1:{asterisk.sip_port}" in udp
    assert len([address for address in udp if not address.startswith("127.0.0.1:")]) <= 2


def _bound(pid: int, protocol: str, *, state: str) -> Iterator[str]:
    """Addresses of a process's sockets in one state (proc(5): net/tcp; 0A is listening)."""
    inodes = set()
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            inodes.add(str(fd.readlink()).removeprefix("socket:[").removesuffix("]"))
    for name in (protocol, f"{protocol}6"):
        for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            local, state_now, inode = (line.split()[field] for field in (1, 3, 9))
            if inode in inodes and state_now == state:
                host, _, port = local.rpartition(":")
                text = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if len(host) == 8 else host
                yield f"{text}:{int(port, 16)}"


async def test_plays_a_human_recording(probe: AgiProbe) -> None:
    """The core sounds are installed, and a caller hears them."""
    async with probe.call() as agi:
        reply = await agi.ask(f'STREAM FILE "{SOUNDS}/digits/1" ""')
        assert re.fullmatch(r"200 result=0 endpos=\d+", reply)
        assert agi.call.audible_s > 0.2
