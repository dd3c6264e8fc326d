"""Writes the pictures of the documents with the commands that the documents show.

Run it when their looks have changed: ``make pictures``. The call takes half a minute, in real time.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

from ivr_agi.cli import main as ivr_agi

__all__ = ("flow_picture", "main", "tutorial_flow")

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = DOCS / "pictures"


def tutorial_flow() -> str:
    """Return the flow that the tutorial has its reader write."""
    page = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    return page.partition("```yaml\n")[2].partition("```")[0]


def flow_picture() -> str:
    """Return what ``ivr-agi flow draw --svg hello.yaml`` prints."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hello.yaml"
        file.write_text(tutorial_flow(), encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            ivr_agi(["flow", "draw", "--svg", str(file)])
    return printed.getvalue()


def main() -> None:
    """Draw the flow, and run the demo for the picture of a call."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "flow.svg").write_text(flow_picture(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        if ivr_agi(["demo", "--output", folder]):
            raise SystemExit("the demo has failed: the picture of the call stays as it was")
        (PICTURES / "call.png").write_bytes((Path(folder) / "call.png").read_bytes())


if __name__ == "__main__":
    main()
