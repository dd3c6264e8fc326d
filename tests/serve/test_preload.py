"""All that calls need is loaded before the first one comes."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import ast, pathlib, sys
from ivr_agi.serve.preload import LIBRARIES, ROOMS, load_all
load_all()
import ivr_agi
root = pathlib.Path(ivr_agi.__file__).parent
for room in ROOMS:
    for path in (root / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for late in ast.walk(node):
                    if isinstance(late, ast.Import):
                        names = [alias.name for alias in late.names]
                    elif isinstance(late, ast.ImportFrom):
                        names = [late.module]
                    else:
                        continue
                    for name in names:
                        if name not in sys.modules:
                            print(f"{path.name}: {name}")
"""


def test_nothing_is_imported_later() -> None:
    """What a function of these rooms imports is there already; what is not installed apart."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=200
    )
    assert [line for line in done.stdout.splitlines() if "uvloop" not in line] == []
