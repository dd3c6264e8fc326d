"""All mistakes of a flow file, in the words of whoever typed it on a Chinese keyboard, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.file.head import SharedDefaults
from ivr_agi.flow.load.loader import find_flow, load_flow, load_program, load_yaml_as, parse_flow


def mistakes(text: str) -> list[FlowError]:
    """What is wrong with a flow."""
    with pytest.raises(FlowError) as caught:
        parse_flow(text, "x.yaml")
    return [caught.value, *caught.value.others]  # type: ignore[list-item]


def places(text: str) -> list[tuple[int | None, str | None]]:
    """Lines and keys."""
    return [(each.line, each.key) for each in mistakes(text)]


def test_types_names_and_templates_together() -> None:
    """O13: of three kinds of checks."""
    text = """\
start: gone
steps:
  a: {do: say, prompt: "{{ x", go: b}
  b: {do: transfer, extension: 200}
  c: {do: goto, go: nowhere}
limits: {turns: 0}
"""
    assert places(text) == [
        (1, "start"),
        (3, "steps.a.prompt"),
        (4, "steps.b.extension"),
        (5, "steps.c.go"),
        (6, "limits.turns"),
    ]
    assert "(and 4 more mistakes)" in str(mistakes(text)[0])


def test_a_wrong_step_is_there_for_others() -> None:
    """Whoever goes to it is right."""
    text = "start: a\nsteps:\n  a: {do: goto, go: b}\n  b: {do: hangupp}\n"
    assert places(text) == [(4, "steps.b.do")]


def test_keys_twice_and_values_that_are_none() -> None:
    """Each, with the other mistakes."""
    text = """\
start: a
start: b
hours: {office: {holidays: [2026-02-31], open: {mon: 9-5}}}
steps:
  a: {do: hangupp}
"""
    told = [each.reason for each in mistakes(text)]
    assert told[0] == "the key 'start' is there twice"
    assert "'2026-02-31' is no date" in told[1]
    assert "hangupp" in told[-1]


def test_called_flows_that_are_not_there(tmp_path: Path) -> None:
    """All of them, with what was meant."""
    (tmp_path / "bank.yaml").write_text("start: a\nsteps: {a: {do: return}}\n")
    file = tmp_path / "x.yaml"
    file.write_text(
        "start: a\nsteps:\n  a: {do: call, flow: bnak, go: b}\n  b: {do: call, flow: other, go: a}\n"
    )
    with pytest.raises(FlowError) as caught:
        load_program(file)
    assert len(caught.value.others) == 1
    assert "there is no flow 'bnak' beside this one; did you mean 'bank'?" in str(caught.value)


def test_other_yaml_files(tmp_path: Path) -> None:
    """Defaults of a folder: the same."""
    file = tmp_path / "x.yaml"
    file.write_text("defaults: {timeout_s: x, guard_ms: y}\n")
    with pytest.raises(FlowError) as caught:
        load_yaml_as(file, SharedDefaults)
    assert [each.key for each in (caught.value, *caught.value.others)] == [
        "defaults.timeout_s",
        "defaults.guard_ms",
    ]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("start：a\nsteps:\n  a: {do: hangup}\n", "'：' is a full-width sign: write ': ', a colon"),
        ("start: a\nsteps：\n  a: {do: hangup}\n", "'：' is a full-width sign"),
        ("start: a\nsteps:\n  a: {do：hangup}\n", "'：' is a full-width sign"),
        (
            "start: a\nsteps:\n  a: {do: hangup， prompt: x}\n",
            "'，' is a full-width sign: write a comma",
        ),
        (
            "start: a\nsteps:\n  a: {do: hangup}\n　b: {do: hangup}\n",
            "is a full-width sign: write a space",
        ),
        (
            "start: a\nsteps:\n  a: {do: menu, prompt: x, choices: [{words: [b]，go: a}]}\n",
            "'，' is a full-width sign: write a comma",
        ),
        (
            "start: a\nsteps:\n  a: {do: transfer, extension: “200”}\n",
            "'“' is a full-width sign: write the quote",
        ),
        (
            "start: a\nsteps:\n  a: {do: menu, prompt: x, choices: [{key: １, go: a}]}\n",
            "'１' is a full-width sign: write '1'",
        ),
    ],
)
def test_signs_of_a_chinese_keyboard(text: str, hint: str) -> None:
    """O9: said by name, and what to write."""
    assert any(hint in each.reason for each in mistakes(text)), [
        str(each) for each in mistakes(text)
    ]


def test_chinese_prose_is_no_mistake() -> None:
    """Prompts have these signs."""
    parse_flow("start: a\nsteps:\n  a: {do: hangup, prompt: 注意：再见，谢谢！“好”}\n")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("main_menu.yaml", "did you mean 'main_menu'?"),
        ("main_menu.yml", "did you mean 'main_menu'?"),
        ("Main_Menu", "did you mean 'main_menu'?"),
        ("flows/main_menu", "did you mean 'main_menu'?"),
        ("main_manu", "did you mean 'main_menu'?"),
        ("bank", "there is bank.yml, and the name of a flow's file ends in .yaml"),
        ("shop", "there is shop.YAML, and the name"),
        ("nothing_like_it", "(flows here: main_menu)"),
    ],
)
def test_what_flow_was_meant(name: str, meant: str, tmp_path: Path) -> None:
    """O18: another ending, another case, a slip."""
    for file in ("main_menu.yaml", "_defaults.yaml", "bank.yml", "shop.YAML"):
        (tmp_path / file).touch()
    with pytest.raises(FlowError) as caught:
        find_flow(name, tmp_path)
    assert meant in str(caught.value)


def test_a_file_in_another_encoding(tmp_path: Path) -> None:
    """O18: by name."""
    file = tmp_path / "x.yaml"
    file.write_bytes(
        "start: a\nsteps: {a: {do: hangup, prompt: 再见，谢谢您的来电}}\n".encode("gbk")
    )
    with pytest.raises(FlowError, match="it looks like GBK: save it as UTF-8"):
        load_flow(file)
