"""``ivr-agi flow evaluate FILE SENTENCES.tsv``: how a ``route`` understands sentences."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ivr_agi.cli.common import print_json
from ivr_agi.errors import ConfigError, FlowError
from ivr_agi.flow.load.loader import load_flow
from ivr_agi.flow.steps.route import RouteStep
from ivr_agi.flow.tools.evaluation import ELSE, Evaluation, evaluate_sentences, leave_one_out
from ivr_agi.textfile import read_text_file
from ivr_agi.wording import suggest

if TYPE_CHECKING:
    import argparse

    from ivr_agi.flow.file.model import Flow

__all__ = ("evaluate_route",)


def evaluate_route(args: argparse.Namespace) -> int:
    """Count right, wrong, asked and none of the sentences, or of the examples left out in turn.

    Raises:
        FlowError: The flow is wrong, or has no such route.
        ConfigError: A file of sentences is wrong.
    """
    file = Path(args.file)
    flow = load_flow(file)
    name, step = _find_route(flow, file, args.step)
    found = {
        str(path): evaluate_sentences(flow, step, _read_rows(path, step)) for path in args.sentences
    } or {
        f"{name}, each example left out{f', {language}' if language else ''}": leave_one_out(
            step, language
        )
        for language in flow.languages or [""]
    }
    if args.json:
        print_json({"step": name, "files": [_as_data(*each) for each in found.items()]})
        return 0
    for title, evaluation in found.items():
        _show(title, evaluation)
    return 0


def _find_route(flow: Flow, file: Path, name: str | None) -> tuple[str, RouteStep]:
    routes = {key: step for key, step in flow.steps.items() if isinstance(step, RouteStep)}
    if not routes:
        raise FlowError("there is no step with do: route in this flow", path=str(file))
    if name is None:
        if len(routes) > 1:
            names = ", ".join(routes)
            raise FlowError(f"there are several routes: --step one of {names}", path=str(file))
        return next(iter(routes.items()))
    if name not in routes:
        raise FlowError(f"there is no route {name!r}; {suggest(name, routes)}", path=str(file))
    return name, routes[name]


def _read_rows(path: Path, step: RouteStep) -> list[tuple[str, str]]:
    values = {choice.value_told() for choice in step.listed()} | {ELSE}
    rows = []
    for number, line in enumerate(read_text_file(path, "the sentences").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        meant, tab, sentence = line.partition("\t")
        if not tab or not sentence.strip():
            reason = "expected the choice's value, a tab, and a sentence"
            raise ConfigError(reason, path=str(path), line=number)
        if meant not in values:
            reason = f"the route has no choice {meant!r}; {suggest(meant, values)}"
            raise ConfigError(reason, path=str(path), line=number)
        rows.append((meant, sentence.strip()))
    if not rows:
        raise ConfigError("there are no sentences in it", path=str(path))
    return rows


def _as_data(file: str, evaluation: Evaluation) -> dict[str, object]:
    return {
        "file": file,
        **evaluation.count(),
        "by_band": {
            band: {"sentences": count, "right": right}
            for band, (count, right) in evaluation.by_band().items()
        },
        "confusions": evaluation.confusions(),
        "sentences_in_detail": [
            {
                "sentence": one.sentence,
                "meant": one.meant,
                "decision": one.decision.value,
                "found": one.found,
                "score": one.score,
            }
            for one in evaluation.tested
        ],
    }


def _show(title: str, evaluation: Evaluation) -> None:
    counts = evaluation.count()
    total = counts["sentences"] or 1
    print(f"{title}: {counts['sentences']} sentences")
    for what in ("right", "wrong", "asked", "none"):
        print(f"  {what:6} {counts[what]:5} {counts[what] / total:7.1%}")
    for band, (count, right) in evaluation.by_band().items():
        print(f"  {band:9} {count:5}, right {right}")
    width = max((len(meant) for meant in evaluation.confusions()), default=1)
    print("  meant, and what it was taken for (?: asked, -: nothing)")
    for meant, taken in sorted(evaluation.confusions().items()):
        print(f"  {meant:{width}}  {', '.join(f'{to} {n}' for to, n in taken.most_common())}")
    for one in evaluation.tested:
        if one.is_wrong:
            print(f"  wrong: {one.sentence!r} is {one.meant}, taken for {one.found[0]}")
