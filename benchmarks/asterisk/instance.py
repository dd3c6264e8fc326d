"""One Asterisk in the chroot: its configuration, its start and stop, its log.

It listens on loopback only (PJSIP, AMI, RTP), on free ports and with a secret of its own, and has
every file of its run below one folder of the chroot. Synchronous, driven by a
session fixture.
"""

from __future__ import annotations

import random
import re
import secrets
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from benchmarks.asterisk.chroot import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.asterisk.chroot import Chroot

__all__ = ("HOME", "SOUNDS", "AsteriskInstance", "LogLine")

HOME = "/srv/ivr-agi-test"
"""Everything of a run, as the chroot sees it; made anew at each start."""
SOUNDS = "/usr/share/asterisk/sounds/en_US_f_Allison"
"""The human recordings of asterisk-core-sounds-en-wav, as the chroot sees them."""
READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0

_HARMLESS = (
    # When a test hangs up at the moment at which the dialplan comes to EAGI().
    r"EAGI cannot be run on a dead/hungup channel",
    # When the machine is too busy to read a channel's audio for two seconds.
    r"Exceptionally long (voice )?queue length",
)
"""Warnings that a test cannot announce."""

_CONFIG = {
    "asterisk.conf": """
[directories]
astetcdir => {home}/etc
astrundir => {home}/run
astlogdir => {home}/log
astspooldir => {home}/spool
astdbdir => {home}/db
""",
    # chan_iax2, chan_unistim, pbx_dundi, and of older ones chan_sip, chan_skinny and chan_mgcp,
    # would listen on every address; the others only complain that they have no configuration.
    "modules.conf": """
[modules]
autoload=yes
noload=chan_sip.so
noload=chan_skinny.so
noload=chan_mgcp.so
noload=chan_alsa.so
noload=chan_oss.so
noload=chan_iax2.so
noload=chan_unistim.so
noload=chan_motif.so
noload=chan_console.so
noload=pbx_dundi.so
noload=pbx_ael.so
noload=pbx_lua.so
noload=app_jack.so
noload=app_voicemail_odbc.so
noload=res_hep.so
noload=res_hep_pjsip.so
noload=res_hep_rtcp.so
noload=res_phoneprov.so
noload=res_pjsip_phoneprov_provider.so
noload=res_pjsip_config_wizard.so
noload=res_xmpp.so
noload=res_calendar.so
noload=res_calendar_caldav.so
noload=res_calendar_ews.so
noload=res_calendar_exchange.so
noload=res_calendar_icalendar.so
noload=res_snmp.so
noload=res_smdi.so
noload=cdr_radius.so
noload=cel_radius.so
""",
    # A queue that nobody serves, and that of config/flows/bank_zh.yaml, where a beep answers.
    "queues.conf": """
[general]
[empty]
joinempty=no
[bank]
member => Local/200@ivr-transfer/n
; One whose agent never answers, and one whose agent hangs up at once.
[slow]
member => Local/302@desks/n
[quick]
member => Local/303@desks/n
""",
    "logger.conf": """
[general]
dateformat=%F %T.%3q
[logfiles]
messages => notice,warning,error,verbose(4)
""",
    "manager.conf": """
[general]
enabled=yes
bindaddr=127.0.0.1
port={ami_port}
[test]
secret={ami_secret}
read=all
write=all
writetimeout=5000
""",
    "pjsip.conf": """
[transport-udp]
type=transport
protocol=udp
bind=127.0.0.1:{sip_port}

#include pjsip_ivr.conf
#tryinclude softphone.conf

[ivr-trunk](+type=endpoint)
media_address=127.0.0.1
bind_rtp_to_media_address=yes

; The desks of config/flows/main_menu.yaml: this Asterisk itself.
[desk](!)
type=endpoint
disallow=all
allow=ulaw
media_address=127.0.0.1
bind_rtp_to_media_address=yes
[200](desk)
aors=200
[200]
type=aor
contact=sip:desk@127.0.0.1:{sip_port}
[201](desk)
aors=201
[201]
type=aor
contact=sip:desk@127.0.0.1:{sip_port}
""",
    # An event of the manager for each call's record.
    "cdr.conf": """
[general]
enable=yes
""",
    "cdr_manager.conf": """
[general]
enabled=yes
""",
    "rtp.conf": """
[general]
rtpstart={rtp_port}
rtpend={rtp_last_port}
; A test caller sends from its first frame on what must be heard.
strictrtp=no
""",
    "extensions.conf": """
[globals]
IVR_AGI=ivr-agi

#include extensions_ivr.conf

; A test caller (caller.py): the far end of Local/NUMBER@CONTEXT.
; Extension o is a phone that Asterisk calls.
[caller]
exten => o,1,Answer()
 same => n,Goto(t,1)
exten => t,1,Dial(UnicastRTP/${{CALL_PHONE}}/c(ulaw))
 same => n,Hangup()

; Caller's name and number as the test wants them, with whatever bytes. Then the real context.
[caller-id]
exten => _X.,1,Set(CALLERID(name)=${{URIDECODE(${{CALL_NAME}})}})
 same => n,Set(CALLERID(num)=${{URIDECODE(${{CALL_NUMBER}})}})
 same => n,Goto(${{CALL_CONTEXT}},${{EXTEN}},1)

; The AGI pipes in the test's own hands (agi_probe.py).
[probe]
exten => 100,1,Answer()
 same => n,EAGI({home}/probes/relay.py,${{PROBE_SOCKET}})
 same => n,Hangup()

; For the trunk, which reaches nothing else than this context: a desk, echo, keys, a beep.
[ivr](+)
exten => desk,1,Answer()
 same => n,Playback(beep)
 same => n,Hangup()
exten => 201,1,Answer()
 same => n,Echo()
exten => 202,1,Answer()
 same => n,Read(PROBE_KEYS,,4,,1,5)
 same => n,Hangup()
exten => 203,1,Answer()
 same => n,Playback(beep)
 same => n,Hangup()

; Any flow, and nothing after it.
[any-flow]
exten => 100,1,Answer()
 same => n,EAGI(${{IVR_AGI}},${{CALL_FLOW}})
 same => n,Hangup()

; A dialplan that does not clean what callers send.
[unclean]
exten => 100,1,Answer()
 same => n,EAGI(${{IVR_AGI}},main_menu)
 same => n,Goto(ivr-after,s,1)

; A desk that is not there.
[ivr-transfer](+)
exten => 300,1,Dial(PJSIP/${{EXTEN}},30)
 same => n,Goto(ivr-fallback,s,1)
; Desks of all kinds.
exten => 301,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)
exten => 302,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)
exten => 303,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)
exten => 304,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)
exten => 305,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)
exten => 306,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)
exten => 307,1,Dial(Local/${{EXTEN}}@desks/n,${{IVR_WAIT}},${{IVR_DIAL_OPTIONS}})
 same => n,Goto(ivr-back,s,1)

; 301 is busy, 302 rings, 303 answers and hangs up. 304 presses 1 again and again, and hangs up when
; the test says so; 305 presses 2; 306 presses nothing; 307 hangs up in the announcement.
[desks]
exten => 301,1,Busy(5)
exten => 302,1,Ringing()
 same => n,Wait(60)
exten => 303,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()
exten => 304,1,Answer()
 same => n(again),Wait(1)
 same => n,SendDTMF(1)
 same => n,GotoIf($["${{GLOBAL(AGENT_DONE)}}" = ""]?again)
 same => n,Hangup()
exten => 305,1,Answer()
 same => n(again),Wait(1)
 same => n,SendDTMF(2)
 same => n,Goto(again)
exten => 306,1,Answer()
 same => n,Wait(60)
exten => 307,1,Goto(303,1)
""",
}


@dataclass(frozen=True)
class LogLine:
    """One line of Asterisk's log."""

    text: str
    """Whole line."""

    @property
    def is_trouble(self) -> bool:
        """Whether it is a warning or an error."""
        return re.search(r"\] (WARNING|ERROR)\[", self.text) is not None


class AsteriskInstance:
    """A running Asterisk.

    Args:
        chroot: Where it is.
        probes: Folder of further AGI programs, as ``{HOME}/probes`` there.
    """

    def __init__(self, chroot: Chroot, *, probes: Path | None = None) -> None:
        self.chroot = chroot
        self._probes = probes
        self.home = chroot.host(HOME)
        """The run's folder, as this machine sees it."""
        self.ami_port = _free_port(socket.SOCK_STREAM)
        self.ami_secret = secrets.token_hex(16)
        self.sip_port = _free_port(socket.SOCK_DGRAM)
        self.rtp_port = random.randrange(20000, 30000, 2)
        self.expected_log: list[str] = []
        """Regular expressions of warnings and errors that the running test provokes."""
        self._process: subprocess.Popen[bytes] | None = None
        self._console: IO[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        if self._process is None:
            raise ValueError("Asterisk is not running")
        return self._process.pid

    def start(self) -> None:
        """Write the configuration, start, and wait until fully booted.

        Raises:
            RuntimeError: It ended, or was not ready in time; the text holds the log's end.
        """
        self._write_files()
        conf = f"{HOME}/etc/asterisk.conf"
        self._console = (self.home / "log/console").open("wb")
        self._process = subprocess.Popen(
            self.chroot.command("asterisk", "-C", conf, "-fn"),
            stdin=subprocess.DEVNULL,
            stdout=self._console,
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while "fully booted" not in self._try_cli("core waitfullybooted"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = (self.home / "log/console").read_text(errors="replace")[-3000:]
                self.stop()
                raise RuntimeError(f"Asterisk did not start:\n{tail}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it and wait for its end."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._console is not None:
            self._console.close()

    def cli(self, command: str) -> str:
        """Run a console command and return what it printed."""
        return self.chroot.run("asterisk", "-C", f"{HOME}/etc/asterisk.conf", "-rx", command)

    def log(self, since: int = 0) -> list[LogLine]:
        """Lines of the log from a byte offset on (see :meth:`log_size`)."""
        with (self.home / "log/messages").open(encoding="utf-8", errors="replace") as file:
            file.seek(since)
            return [LogLine(line.rstrip("\n")) for line in file]

    def log_size(self) -> int:
        """Bytes in the log now."""
        return (self.home / "log/messages").stat().st_size

    def unexpected_log(self, since: int) -> list[str]:
        """Warnings and errors since an offset that no test said it provokes."""
        expected = re.compile("|".join([*_HARMLESS, *self.expected_log]))
        return [
            line.text
            for line in self.log(since)
            if line.is_trouble and not expected.search(line.text)
        ]

    def _try_cli(self, command: str) -> str:
        try:
            return self.cli(command)
        except RuntimeError:  # no console yet
            return ""

    def _write_files(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        for name in ("etc", "run", "log", "spool", "db", "sounds"):
            (self.home / name).mkdir(parents=True)
        values = {
            "home": HOME,
            "ami_port": self.ami_port,
            "ami_secret": self.ami_secret,
            "sip_port": self.sip_port,
            "rtp_port": self.rtp_port,
            "rtp_last_port": self.rtp_port + 2400,
        }
        etc = self.home / "etc"
        for name, text in _CONFIG.items():
            (etc / name).write_text(text.format(**values))
        for sample in (CHECKOUT / "dialplans").glob("*.conf"):
            # As it is, but that each call can name another program than the launcher.
            text = sample.read_text(encoding="utf-8")
            (etc / sample.name).write_text(text.replace("EAGI(ivr-agi,", "EAGI(${IVR_AGI},"))
        if self._probes is not None:
            shutil.copytree(self._probes, self.home / "probes")
        for probe in (self.home / "probes").glob("*.py"):
            probe.chmod(0o755)


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
