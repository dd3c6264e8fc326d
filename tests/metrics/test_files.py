"""Alert rules and the board: of metrics that there are; each alert has its place on the page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml

from ivr_agi.metrics.counting import CallMetrics
from tests.house.code import ROOT

RULES = ROOT / "config/monitoring/alerts.yaml"
BOARD = ROOT / "config/monitoring/grafana.json"
PAGE = (ROOT / "docs/alerts.md").read_text(encoding="utf-8")


def known() -> set[str]:
    """Series that the console shows."""
    lines = CallMetrics(0.0).registry.text().splitlines()
    kinds = dict(line.split()[2:4] for line in lines if line.startswith("# TYPE"))
    return {
        name + suffix
        for name, kind in kinds.items()
        for suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))
    }


def test_alerts() -> None:
    """Of metrics that there are; with a heading on the page, and none there without a rule."""
    rules = [
        rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    used = {name for rule in rules for name in re.findall(r"ivr_agi_\w+", rule["expr"])}
    assert used <= known()
    names = [rule["alert"] for rule in rules]
    assert names == re.findall(r"^## (\w+)$", PAGE, re.MULTILINE)
    for rule in rules:
        assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="apt-get install prometheus")
def test_prometheus_takes_the_rules() -> None:
    """All of them."""
    done = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_board() -> None:
    """Panels with places of their own, of metrics that there are."""
    board = json.loads(BOARD.read_text())
    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= board.keys()
    places = set()
    for panel in board["panels"]:
        assert {"id", "type", "title", "gridPos", "datasource", "targets"} <= panel.keys()
        places.add((panel["gridPos"]["x"], panel["gridPos"]["y"]))
        for target in panel["targets"]:
            assert set(re.findall(r"ivr_agi_\w+", target["expr"])) <= known()
    assert len(places) == len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
