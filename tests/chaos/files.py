"""What users have written: flow files, functions and scripts of an installation under chaos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

HEAD = '''"""Functions of users."""
import asyncio, concurrent.futures, decimal, json, logging.config, os, random, resource
import signal, socket, sys, threading, time, warnings

def note(number):
    line = json.dumps({"number": number, "at_s": time.monotonic()}) + "\\n"
    fd = os.open(os.environ["CHAOS_BEGUN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, line.encode())
    os.close(fd)

'''
FUNCTION = "def {name}(number):\n    note(number)\n    {body}\n\n"
COROUTINE = "async def {name}(number):\n    note(number)\n    {body}\n\n"
SCRIPT = "def main(agi):\n    {body}\n"

MENU = """
  menu:
    do: menu
    prompt: Hello. Say sales, or press one.
    choices:
      - {words: [sales], key: "1", go: ask}
      - {words: [support], key: "2", go: sorry}
    no_input: {after: 2, go: sorry}
    no_match: {after: 2, go: sorry}
    timeout_s: 1.5
    turn: {inter_digit_s: 1}
  ask:
    do: ask
    slot: {type: digits, min_length: 1, max_length: 6}
    save: number
    prompt: Your number please.
    go: end
    no_input: {after: 1, go: sorry}
    no_match: {after: 2, go: sorry}
    timeout_s: 1.5
    turn: {inter_digit_s: 1}
  end: {do: transfer, extension: "201", result: through, prompt: One moment please.}
  sorry: {do: hangup, result: sorry, prompt: "Sorry, good bye."}
"""
PLAIN = "start: menu\nsteps:" + MENU
WEB_STEP = """
start: step
steps:
  step:
    do: http
    url: "{url}/{name}?call={{{{ caller.number }}}}"
    timeout_s: 2
    save: {{answer: "."}}
    go: menu
    error: menu
"""
CODE_STEP = """
start: step
steps:
  step:
    do: python
    function: "chaos_code:{name}"
    arguments: {{number: "{{{{ caller.number }}}}"}}
    timeout_s: 3
    save: answer
    go: menu
    error: menu
"""
CHAIN = """
start: hello
steps:
  hello: {{do: say, prompt: "Hello, caller {{{{ caller.number }}}}. Welcome.", go: request}}
  request:
    do: http
    url: "{url}/good?call={{{{ caller.number }}}}"
    timeout_s: 2
    go: function
    error: function
  function:
    do: python
    function: "chaos_code:good"
    arguments: {{number: "{{{{ caller.number }}}}"}}
    save: answer
    go: value
    error: value
  value: {{do: set, values: {{seen: "{{{{ answer }}}}"}}, go: menu}}
"""


def write_files(
    folder: Path,
    url: str,
    *,
    answers: Iterable[str],
    functions: Mapping[str, str],
    scripts: Mapping[str, str],
    flows: Mapping[str, str],
) -> None:
    """Write them.

    Args:
        folder: The installation's.
        url: The HTTP service.
        answers: Names of what it answers: a flow ``web_NAME`` for each.
        functions: Bodies of functions: flows ``code_NAME``, ``async_NAME`` for each.
        scripts: Bodies of ``main()``, or whole scripts.
        flows: Texts of flow files, as they are.
    """
    found = {"plain": PLAIN, "chain": CHAIN.format(url=url) + MENU, **flows}
    code = [HEAD]
    for name in answers:
        found[f"web_{name}"] = WEB_STEP.format(url=url, name=name) + MENU
    for name, body in functions.items():
        code += [FUNCTION.format(name=name, body=body)]
        code += [COROUTINE.format(name=f"a_{name}", body=body)]
        found[f"code_{name}"] = CODE_STEP.format(name=name) + MENU
        found[f"async_{name}"] = CODE_STEP.format(name=f"a_{name}") + MENU
    (folder / "flows").mkdir(exist_ok=True)
    for name, text in found.items():
        (folder / f"flows/{name}.yaml").write_text(text)
    (folder / "flows/chaos_code.py").write_text("".join(code))
    (folder / "scripts").mkdir(exist_ok=True)
    for name, body in scripts.items():
        text = body if "\n" in body else SCRIPT.format(body=body)
        (folder / f"scripts/{name}.py").write_text(text)
