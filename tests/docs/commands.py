"""Each command in the documents: whether a test runs it, else why not.

``python -m tests.docs.commands`` prints the table, with how many there are of each kind.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from tests.docs.blocks import PAGES, blocks, commands_of

__all__ = ("RULES", "Rule", "commands", "rule_of", "summary")


@dataclass(frozen=True)
class Rule:
    """What becomes of the commands that look so."""

    pattern: str
    """The whole command."""
    reason: str = ""
    """Why it is not run as it stands; empty: ``test_commands.py`` runs it."""
    elsewhere: str = ""
    """Files of tests, or targets of the Makefile, that run the like; several with spaces."""
    exit_code: int = 0
    """Of a command that is run."""
    after: str = ""
    """What an administrator ran before it."""
    adds: str = ""
    """Arguments that keep it inside the test's folder (``TMP``)."""


CHANGES = "changes the machine"
LONG = "takes minutes, and measures the machine"
STAYS = "goes on until it is stopped"
PACKAGES = "downloads packages"

RULES = (
    Rule(r"ivr-agi (COMMAND|help \[COMMAND).*", "is the form of a command"),
    Rule(r"ivr-agi flow chek", exit_code=2),
    Rule(r"ivr-agi prompts build --check .*", exit_code=1),
    Rule(r"ivr-agi (flow|slots|show|calls|report|completion|help) .*"),
    Rule(r"ivr-agi (vocabulary|prompts) .*"),
    Rule(r"ivr-agi models list"),
    Rule(r"ivr-agi (purge|forget \d+)", after="ingest --once"),
    Rule(r"ivr-agi models get .*", "downloads weights", "tests/cli/test_models.py"),
    Rule(r"(\S+/)?ivr-agi install.*", adds="--root TMP/root --yes"),
    Rule(r"(\S+/)?ivr-agi serve --check"),
    Rule(r"(\S+/)?ivr-agi serve.*", STAYS, "tests/cli/test_serve_commands.py"),
    Rule(r"(\S+/)?ivr-agi speech-server.*", STAYS, "tests/cli/test_cli.py"),
    Rule(r"ivr-agi console", STAYS, "tests/console/test_process.py"),
    Rule(r"ivr-agi users add .*", "asks for a password", "tests/cli/test_users.py"),
    Rule(r"ivr-agi doctor.*", "calls a real Asterisk", "tests/real_asterisk/test_doctor.py"),
    Rule(r"ivr-agi bench .*", LONG, "tests/bench"),
    Rule(r"make (PYTHON=\S+ )?demo", "plays a call in real time", "tests/demo"),
    Rule(r"make .*", "sets up an environment; is run dry (make -n)", "Makefile"),
    Rule(r"python -m benchmarks\.\w+ .*", LONG, "tests/benchmarks"),
    Rule(r"(\S+=\S+ )*(\S+/)?python -m pytest .*", "runs tests itself", "Makefile"),
    Rule(r"python3\S* -m venv .*", PACKAGES, "tools/check_package.py"),
    Rule(r"(\S+/)?pip install .*", PACKAGES, "tools/check_package.py"),
    Rule(r"systemctl .*", "needs systemd", "tests/serve/test_units.py"),
    Rule(r"asterisk -rx .*", "needs Asterisk", "tests/real_asterisk/test_dialplan.py"),
    Rule(r"(ln|rm|install|sysctl|mv|restorecon) .*", CHANGES),
    Rule(r"curl .*", "needs a server", "tests/speech_server/test_rest.py"),
)
"""The first that fits counts."""


def commands() -> Iterator[tuple[str, str]]:
    """Yield each command in the documents, with its place."""
    for page in PAGES:
        for block in blocks(page):
            if block.kind == "shell":
                for command in commands_of(block):
                    yield block.place, command


def rule_of(command: str) -> Rule | None:
    """Return the rule for a command; None if none fits."""
    return next((rule for rule in RULES if re.fullmatch(rule.pattern, command)), None)


def summary() -> list[str]:
    """Return lines: how many commands are run, and why the others are not."""
    found = [rule for _, command in commands() if (rule := rule_of(command))]
    marked = Counter(rule.reason for rule in found if rule.reason)
    run = len(found) - marked.total()
    lines = [f"commands in the documents: {len(found)}; run by the tests: {run}"]
    lines.append(f"not run as they stand: {marked.total()}")
    return [*lines, *(f"  {n:3} {reason}" for reason, n in marked.most_common())]


if __name__ == "__main__":
    for where, each in commands() if "--summary" not in sys.argv else ():
        rule = rule_of(each)
        print(f"{where}: {each}\n    {rule.reason or 'run' if rule else 'NO RULE'}")  # noqa: T201
    print("\n".join(summary()))  # noqa: T201
