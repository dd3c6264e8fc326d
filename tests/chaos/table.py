"""Every hostility: add one by writing what it does, and giving it a row here.

A row has a name, the kind of fault that it stands for, and what it does. The kinds:

==========  ======================================================================================
text        something malformed, too long, too deep, or with control characters comes from outside
silence     who should answer does not, or too slowly to be of use
order       answers come that belong to something else, or in the wrong order
excess      more comes than anybody could want
end         a process, a connection or a call ends where none should
user code   what users wrote raises, hangs, prints or ends the process
name        a name is too long, empty, or has characters that names do not have
disk        files are gone, cannot be written, or change meanwhile
secret      a secret of ours is told to us again
==========  ======================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.chaos import asterisk, speech, trouble, web
from tests.chaos.asterisk import Asterisk, Neighbour
from tests.chaos.speech import TOKEN, Act, Handshake
from tests.chaos.trouble import Trouble
from tests.chaos.web import Answer

How = TypeVar("How")


@dataclass(frozen=True)
class Hostility(Generic[How]):
    """One row."""

    name: str
    fault: str
    """The kind, as above."""
    how: How


Row = Hostility

DEEP = "[" * 100_000
FORGED = "no\r\n[ERROR] forged line\x1b[2J\x00\x07 \u2028 SET VARIABLE X 1"

SPEECH: tuple[Row[Act], ...] = (
    Row("mute", "silence", speech.mute),
    Row("freeze", "silence", speech.freeze),
    Row("be_late", "silence", speech.be_late),
    Row("be_a_little_late", "silence", speech.be_a_little_late),
    Row("trickle", "silence", speech.trickle),
    Row("half_a_chunk", "silence", speech.send_half_a_chunk),
    Row("never_end", "excess", speech.never_end),
    Row("flood", "excess", speech.flood),
    Row("huge_result", "excess", speech.send(speech.huge_result())),
    Row("many_segments", "excess", speech.send(speech.many_segments())),
    Row("huge_audio", "excess", speech.send(bytes(3_000_000))),
    Row("huge_error", "excess", speech.fail("SIS.0032", "x" * 3_000_000)),
    Row("deep", "text", speech.send(DEEP)),
    Row("deep_result", "text", speech.send('{"resp_type":"RESULT","segments":' + DEEP)),
    Row("no_json", "text", speech.send("sales", "", "{", "null", "[]", '"START"')),
    Row("wrong_types", "text", speech.send('{"resp_type":"RESULT","segments":[{"result":7}]}')),
    Row("printed_end", "text", speech.send('{"resp_type":"END","trace_id":"t","reason":"NORMAL",}')),
    Row("binary", "text", speech.send(b"\xff\xfe\x00START")),
    Row("text_for_audio", "text", speech.send("\x00\x1b[2J sales \u202e")),
    Row("forged_lines", "text", speech.fail("SIS.\n0032\x1b[2J", FORGED)),
    Row("forged_fatal", "text", speech.fail("SIS.0032\x00", FORGED, is_fatal=True)),
    Row("token_in_error", "secret", speech.fail(f"SIS.{TOKEN}", f"wrong token {TOKEN}")),
    Row("token_in_fatal", "secret", speech.fail(TOKEN, TOKEN, is_fatal=True)),
    Row("token_in_close", "secret", speech.close_with(1008, f"token {TOKEN} is wrong")),
    Row("refused", "end", speech.fail("SIS.0303", "no")),
    Row("cut", "end", speech.cut),
    Row("close", "end", speech.close_with(1000, "")),
    Row("close_oddly", "end", speech.close_with(4999, "\U0001f600" * 20)),
    Row("end_twice", "order", speech.end_twice),
    Row("another_session", "order", speech.end_as_another),
    Row("sneeze", "order", speech.sneeze),
)  # fmt: skip
"""The speech service, at any moment of a session."""

HANDSHAKES: tuple[Row[Handshake], ...] = (
    Row("never_answer", "silence", speech.never_answer),
    Row("reset", "end", speech.hang_up_first),
    Row("busy", "end", speech.refuse(503, "later", {"Retry-After": "30"})),
    Row("too_many", "end", speech.refuse(429, "slowly", {"Retry-After": "-1"})),
    Row("forbidden", "secret", speech.refuse(401, f'{{"error_msg":"{TOKEN}"}}')),
    Row("a_page", "text", speech.refuse(200, "<html>" * 10_000)),
    Row("moved", "text", speech.refuse(302, "", {"Location": "http://127.0.0.1:1/"})),
)  # fmt: skip
"""The speech service, before a connection is one."""

_OK = b"HTTP/1.1 200 OK\r\n"
_JSON = _OK + b"Content-Type: application/json\r\n"

WEB: tuple[Row[Answer], ...] = (
    Row("good", "text", web.answer('{"balance": 12}')),
    Row("null", "text", web.answer("null")),
    Row("empty", "text", web.answer("")),
    Row("no_json", "text", web.answer("<html>sorry</html>")),
    Row("deep", "text", web.answer(DEEP)),
    Row("deep_enough", "text", web.answer("[" * 500 + "]" * 500)),
    Row("not_a_number", "text", web.answer('{"a": NaN, "b": 1e999, "c": ' + "9" * 5000 + "}")),
    Row("no_utf8", "text", web.answer(b'{"name": "\xff\xfe\xed\xa0\x80"}')),
    Row("control_characters", "text", web.answer('"\\u0000\\u001b[2J\\n${IFS}{{ 7*7 }}"')),
    Row("error", "end", web.answer("no", "500 Internal Server Error")),
    Row("busy", "end", web.answer("no", "503 Busy", "Retry-After: 86400\r\n")),
    Row("moved", "end", web.answer("", "302 Found", "Location: file:///etc/passwd\r\n")),
    Row("no_http", "text", web.raw(b"SSH-2.0-OpenSSH_9.2\r\n")),
    Row("half_a_head", "end", web.raw(_OK + b"Content-Le")),
    Row("half_a_body", "end", web.raw(_JSON + b'Content-Length: 100\r\n\r\n{"a"')),
    Row("wrong_chunks", "text", web.raw(_JSON + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}")),
    Row("two_lengths", "text", web.raw(_OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")),
    Row("packed", "text", web.answer(b"\x1f\x8b\x08\x00", headers="Content-Encoding: gzip\r\n")),
    Row("huge_header", "excess", web.raw(_OK + b"X: " + b"x" * 10_000_000)),
    Row("many_headers", "excess", web.raw(_OK + b"X: y\r\n" * 100_000, stays=True)),
    Row("huge_body", "excess", web.answer("[" + "1," * 2_000_000 + "1]")),
    Row("pour", "excess", web.pour),
    Row("hang", "silence", web.hang),
    Row("hang_after_head", "silence", web.raw(_JSON + b"Content-Length: 9\r\n\r\n", stays=True)),
    Row("drip_body", "silence", web.drip(_JSON + b"Content-Length: 99\r\n\r\n", b" ")),
    Row("drip_head", "silence", web.drip(_OK, b"X: y\r\n")),
    Row("continue", "silence", web.drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05)),
    Row("reset", "end", web.reset),
)  # fmt: skip
"""An HTTP service."""

FUNCTIONS: tuple[Row[str], ...] = (
    Row("good", "user code", "return {'balance': 12}"),
    Row("hang", "user code", "time.sleep(8)"),
    Row("spin", "user code", "until = time.monotonic() + 2\n    while time.monotonic() < until: pass"),
    Row("exit", "user code", "sys.exit()"),
    Row("exit_3", "user code", "raise SystemExit('three')"),
    Row("interrupt", "user code", "raise KeyboardInterrupt"),
    Row("generator_exit", "user code", "raise GeneratorExit"),
    Row("base", "user code", "raise BaseException('x')"),
    Row("cancelled", "user code", "raise asyncio.CancelledError"),
    Row("cancelled_future", "user code", "raise concurrent.futures.CancelledError"),
    Row("stop", "user code", "raise StopIteration"),
    Row("timeout", "user code", "raise TimeoutError"),
    Row("broken_pipe", "user code", "raise BrokenPipeError(32, 'Broken pipe')"),
    Row("recursion", "user code", "return good_(number) if False else [].append(1) or f()"),
    Row("print", "user code", "print('SET VARIABLE IVR_STATUS PRINTED'); print(json.dumps(['x' * 50] * 40))"),
    Row("print_raw", "user code", "os.write(1, b'HANGUP\\n')"),
    Row("itself", "user code", "a = []; a.append(a); return a"),
    Row("object", "user code", "return object()"),
    Row("huge", "excess", "return 'x' * 3_000_000"),
    Row("surrogate", "text", "return '\\udcff\\x00\\x1b[2J'"),
    Row("not_a_number", "text", "return [float('nan'), float('inf'), 10 ** 4999]"),
    Row("end_process", "user code", "os._exit(3)"),
    Row("abort", "user code", "os.abort()"),
    Row("kill_itself", "user code", "os.kill(os.getpid(), 9)"),
    Row("kill_group", "user code", "os.killpg(0, 15)"),
    Row("stop_itself", "user code", "os.kill(os.getpid(), 19)"),
    Row("exec", "user code", "os.execlp('true', 'true')"),
    Row("exit_in_thread", "user code", "t = threading.Thread(target=os._exit, args=[3]); t.start(); t.join()"),
    Row("system_exit_in_thread", "user code", "t = threading.Thread(target=sys.exit); t.start(); t.join()"),
    Row("fork", "user code", "os.waitpid(os.fork() or os._exit(3), 0)"),
    Row("fork_and_go_on", "user code", "os.fork(); return {'balance': 12}"),
    Row("fork_and_raise", "user code", "if not os.fork(): sys.exit(3)"),
    Row("fork_and_exec", "user code", "os.waitpid(os.fork() or os.execlp('true', 'true'), 0)"),
    Row("alarm", "user code", "signal.alarm(1)"),
    Row("close_all", "user code", "os.closerange(3, 4096)"),
    Row("no_files", "user code", "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))"),
    Row("no_recursion", "user code", "sys.setrecursionlimit(70)"),
    Row("small_stacks", "user code", "threading.stack_size(32768)"),
    Row("slow_switches", "user code", "sys.setswitchinterval(1000)"),
    Row("elsewhere", "user code", "os.chdir('/'); os.umask(0o777)"),
    Row("wrong_numbers", "user code", "decimal.getcontext().prec = 1; decimal.getcontext().traps.clear()"),
    Row("other_zone", "user code", "os.environ.update(TZ='Pacific/Kiritimati', IVR_AGI_TOKEN='x', https_proxy='http://127.0.0.1:1', http_proxy='http://127.0.0.1:1'); time.tzset()"),
    Row("no_time", "user code", "socket.setdefaulttimeout(1e-6)"),
    Row("no_log", "user code", "logging.config.dictConfig({'version': 1}); logging.disable(50)"),
    Row("warnings", "user code", "warnings.simplefilter('error')"),
    Row("same_dice", "user code", "random.seed(1)"),
    Row("no_output", "user code", "sys.stdout = None; sys.stderr = None"),
    Row("secret_in_error", "user code", "raise ValueError('x\\ny' * 1000)"),
)  # fmt: skip
"""Bodies of functions of ``python`` steps; each is a coroutine function, too."""

SCRIPTS: tuple[Row[str], ...] = (
    Row("good", "user code", "agi.answer(); agi.say('Welcome to Example Limited.')"),
    Row("asks", "user code", "agi.set_variable('X', agi.ask('Sales or support?', words=['sales']))"),
    Row("exit", "user code", "import sys; sys.exit()"),
    Row("exit_in_ask", "user code", "agi.ask('Sales?', words=['sales']); raise SystemExit(2)"),
    Row("interrupt", "user code", "raise KeyboardInterrupt"),
    Row("waits", "user code", "import time\n    for _ in range(80): time.sleep(0.1); agi.test_hangup()".replace("\n    ", "\ndef main(agi):\n    ", 1)),
    Row("no_main", "user code", "x = 1\ny = 2\n"),
    Row("exits_when_loaded", "user code", "import sys\nsys.exit(3)\n"),
    Row("raises_when_loaded", "user code", "\nraise KeyboardInterrupt\n"),
    Row("ends_process", "user code", "import os; os._exit(3)"),
    Row("ends_process_when_loaded", "user code", "import os\nos._exit(3)\n"),
    Row("execs_when_loaded", "user code", "import os\nos.execlp('true', 'true')\n"),
    Row("forks", "user code", "import os; os.fork(); agi.say('Hello.')"),
    Row("kills_itself", "user code", "import os; agi.say('Hello.'); os.kill(os.getpid(), 9)"),
    Row("exits_in_thread", "user code", "import os, threading; t = threading.Thread(target=os._exit, args=[3]); t.start(); t.join(); agi.say('Hello.')"),
    Row("no_python", "text", "def main(agi:\n"),
    Row("prints", "user code", "print('HANGUP'); print('x' * 1500); agi.say('Hello.')"),
    Row("odd_values", "text", "agi.set_variable('X', 'a\\nHANGUP\\n'); agi.say('\\x00\\x1b')"),
)  # fmt: skip
"""Bodies of ``main(agi)``, or whole scripts where they have several lines."""

FLOWS: tuple[Row[str], ...] = (
    Row("date", "text", "start: a\nsteps: {a: {do: hangup}}\nvariables: {x: 2026-02-30}\n"),
    Row("brackets", "text", "start: a\nsteps: {a: {do: say, prompt: '{{ " + "(" * 10_000 + "', go: a}}\n"),
    Row("aliases", "text", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nstart: *c\n"),
    Row("number", "text", "start: " + "9" * 5000 + "\nsteps: {}\n"),
    Row("circle", "excess", "start: a\nsteps:\n  a: {do: set, values: {x: '1'}, go: b}\n  b: {do: set, values: {x: '2'}, go: a}\n"),
    Row("endless_template", "excess", "start: a\nsteps:\n  a: {do: set, values: {x: \"{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}\"}, go: b}\n  b: {do: hangup}\n"),
    Row("grows", "excess", "start: a\nvariables: {x: y}\nsteps:\n  a: {do: set, values: {x: '{{ x }}{{ x }}'}, go: a}\n"),
    Row("latin", "text", "start: a\nsteps: {a: {do: say, prompt: \"\\uD800 \\0\", go: a}}\n"),
    Row("nothing", "text", ""),
    Row("long_text", "excess", "start: a\nsteps:\n  a: {do: say, prompt: '" + "many words " * 300 + "', go: b}\n  b: {do: hangup}\n"),
)  # fmt: skip
"""Flow files."""

ARGUMENTS: tuple[Row[tuple[str, ...]], ...] = (
    Row("long", "name", ("x" * 252,)),
    Row("longer", "name", ("x" * 3000,)),
    Row("empty", "name", ("",)),
    Row("none", "name", ()),
    Row("more", "name", ("plain", "and more")),
    Row("option", "name", ("--config", "x")),
    Row("script_without", "name", ("--script",)),
    Row("script_folder", "name", ("--script", "/")),
    Row("script_device", "name", ("--script", "/dev/zero")),
    Row("script_missing", "name", ("--script", "/nowhere/x.py")),
    Row("upward", "name", ("../flows/plain",)),
    Row("nul_like", "name", ("plain\x01\x1b[2J",)),
    Row("suffix", "name", ("plain.yaml",)),
    Row("case", "name", ("PLAIN",)),
    Row("no_utf8", "name", ("pl\udcffain",)),
)  # fmt: skip
"""Of ``EAGI()``."""

ASTERISK: tuple[Row[Asterisk], ...] = (
    Row("dies", "end", Asterisk(dies=True)),
    Row("freezes", "silence", Asterisk(asterisk.say_nothing)),
    Row("no_audio", "silence", Asterisk(hears=False)),
    Row("garbage", "text", Asterisk(asterisk.instead(b"\xff\x00garbage\n"))),
    Row("half_a_reply", "text", Asterisk(asterisk.cut_in_half)),
    Row("endless_reply", "excess", Asterisk(asterisk.instead(b"x" * 100_000))),
    Row("says_510", "text", Asterisk(asterisk.instead(b"510 Invalid or unknown command\n"))),
    Row("says_511", "order", Asterisk(asterisk.instead(b"511 Command Not Permitted on a dead channel\n"))),
    Row("says_more", "order", Asterisk(asterisk.before(b"200 result=1 (more)\n"))),
    Row("hangup_line", "order", Asterisk(asterisk.before(b"HANGUP\n"))),
    Row("no_number", "name", Asterisk(incoming=asterisk.named(caller_id_name="", extension=""))),
    Row("long_name", "name", Asterisk(incoming=asterisk.named(caller_id_name="n" * 20_000))),
    Row("odd_name", "name", Asterisk(incoming=asterisk.named(caller_id_name="\"'; \udcff\x1b[2J", extension="\udcfe"))),
    Row("odd_language", "name", Asterisk(incoming=asterisk.named(language="../../etc"))),
)  # fmt: skip
"""Asterisk, from some moment of the call on."""

NEIGHBOURS: tuple[Row[Neighbour], ...] = (
    Row("says_nothing", "silence", asterisk.says_nothing),
    Row("goes_at_once", "end", asterisk.goes_at_once),
    Row("no_greeting", "text", asterisk.sends(b"GET / HTTP/1.1\r\n\r\n")),
    Row("no_fds", "text", asterisk.sends(b"ivr-agi 1\0plain")),
    Row("no_pipes", "text", asterisk.sends(b"ivr-agi 1\0plain", 3)),
    Row("many_fds", "excess", asterisk.sends(b"ivr-agi 1\0plain", 30)),
    Row("long_message", "excess", asterisk.sends(b"ivr-agi 1\0" + b"x" * 60_000, 3)),
    Row("old_version", "text", asterisk.sends(b"ivr-agi 0\0plain", 3)),
)  # fmt: skip
"""Who else connects to the server's socket."""

TROUBLE: tuple[Row[Trouble], ...] = (
    Row("clear_prompts", "disk", trouble.clear_prompts),
    Row("clear_spool", "disk", trouble.clear_spool),
    Row("read_only", "disk", trouble.make_read_only),
    Row("disk_full", "disk", trouble.fill_disk),
    Row("prompts_are_a_file", "disk", trouble.put_a_file_there),
    Row("rotate_journal", "disk", trouble.rotate_journal),
    Row("break_flow", "disk", trouble.break_flow),
    Row("touch_flows", "disk", trouble.touch_flows),
    Row("break_settings", "disk", trouble.break_settings),
    Row("kill_worker", "end", trouble.kill_worker),
    Row("kill_all_workers", "end", trouble.kill_all_workers),
    Row("stop_worker", "silence", trouble.stop_worker),
    Row("stop_worker_for_long", "silence", trouble.stop_worker_for_long),
    Row("kill_parent", "end", trouble.kill_parent),
    Row("stop_parent", "silence", trouble.stop_parent),
    Row("reload", "order", trouble.reload),
    Row("restart", "order", trouble.restart),
    Row("kill_speech", "end", trouble.kill_speech),
    Row("stop_speech", "silence", trouble.stop_speech),
    Row("kill_web", "end", trouble.kill_web),
)  # fmt: skip
"""The disk, and processes."""
