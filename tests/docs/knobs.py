"""Writes what documents say of a turn's knobs: ``python -m tests.docs.knobs``."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

from ivr_agi.knobs import InstallationKnobs, Knob, TurnKnobs, find_knobs

__all__ = ("make_pages",)

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- from ivr_agi/knobs.py: make docs -->", "<!-- end -->"
SAMPLE_BEGIN = "# From ivr_agi/knobs.py (make docs); docs/barge-in.md explains them."


def make_pages() -> dict[Path, str]:
    """Each file with its part written anew."""
    settings = find_knobs(InstallationKnobs)
    in_turn = {name: it for name, it in find_knobs(TurnKnobs).items() if it[1].in_flow == "turn"}
    barge_in, flows = ROOT / "docs" / "barge-in.md", ROOT / "docs" / "flows.md"
    sample = ROOT / "config" / "ivr-agi.toml"
    return {
        barge_in: _between(barge_in, BEGIN, END, "\n" + _table(settings, {}) + "\n"),
        flows: _between(flows, BEGIN, END, "\n" + _table(in_turn, settings) + "\n"),
        sample: _between(sample, SAMPLE_BEGIN, "\n\n[", _commented(settings)),
    }


def _table(knobs: dict[str, tuple[Any, Knob]], settings: dict[str, tuple[Any, Knob]]) -> str:
    """A table in Markdown; what the settings file sets has its default there."""
    lines = ["| name | default | what it does | change it when |", "|---|---|---|---|"]
    for name, (_, knob) in knobs.items():
        default = f"`turn.{name}`" if name in settings else knob.otherwise or _as_toml(name)
        lines.append(f"| `{name}` | {default} | {knob.what.rstrip('.')} | {knob.change} |")
    return "\n".join(lines)


def _commented(knobs: dict[str, tuple[Any, Knob]]) -> str:
    """Lines of the sample settings, each with its default."""
    lines = []
    for name, (_, knob) in knobs.items():
        what = knob.what.replace("`", '"')
        lines += textwrap.wrap(what, 98, initial_indent="# ", subsequent_indent="# ")
        lines.append(f"# {name} = {_as_toml(name)}")
    return "\n" + "\n".join(lines)


def _as_toml(name: str) -> str:
    return json.dumps(getattr(TurnKnobs(), name))


def _between(file: Path, begin: str, end: str, text: str) -> str:
    head, _, rest = file.read_text(encoding="utf-8").partition(begin)
    _, _, tail = rest.partition(end)
    assert tail, f"{file} has no part between {begin!r} and {end!r}"
    return f"{head}{begin}{text}{end}{tail}"


if __name__ == "__main__":
    for path, page in make_pages().items():
        path.write_text(page, encoding="utf-8")
