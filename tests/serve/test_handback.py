"""What the dialplan gets of a call, whatever is in the way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr_agi.agi.channel import AgiChannel
from ivr_agi.errors import AgiCommandError, ConfigError
from ivr_agi.flow.run.results import OUR_VARIABLES, FlowResult, Status
from ivr_agi.serve.handback import HAND_BACK_S, hand_back, refuse_call
from tests.serve.test_call import open_office

pytestmark = pytest.mark.virtual_time

ENDED = FlowResult(status=Status.TRANSFER, transfer="201", variables={"IVR_CITY": "Kiel"})


async def test_every_variable_is_set(tmp_path: Path) -> None:
    """W6: empty ones too, and those that this flow could have set."""
    async with open_office(tmp_path) as office:
        await hand_back(office.channel, ENDED, ["IVR_SLOT_A", "IVR_CITY"])
        found = office.asterisk.line.session.variables
    assert set(found) >= {*OUR_VARIABLES, "IVR_SLOT_A", "IVR_CITY"}
    full = {name: value for name, value in found.items() if value and name.startswith("IVR_")}
    assert full == {"IVR_STATUS": "TRANSFER", "IVR_TRANSFER": "201", "IVR_CITY": "Kiel"}


async def test_the_status_is_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies half way leaves no FAILED without a reason, no TRANSFER to nobody."""
    really, names = AgiChannel.set_variable, list[str]()

    async def set_variable(channel: AgiChannel, name: str, value: str) -> None:
        names.append(name)
        await really(channel, name, value)

    monkeypatch.setattr(AgiChannel, "set_variable", set_variable)
    async with open_office(tmp_path) as office:
        await hand_back(office.channel, ENDED, ["IVR_SLOT_A"])
    assert names[-1] == "IVR_STATUS"
    assert len(names) == len(set(names)) >= len(OUR_VARIABLES) + 2


@pytest.mark.parametrize(("value", "expected"), [("a\nb\x07 c", "a b c"), ("x" * 5000, "x" * 90)])
async def test_values_are_made_to_fit(tmp_path: Path, value: str, expected: str) -> None:
    """One line, no control characters, cut."""
    async with open_office(tmp_path) as office:
        await hand_back(office.channel, FlowResult(status=Status.FAILED, error=value))
        assert office.asterisk.line.session.variables["IVR_ERROR"].startswith(expected)


async def test_one_that_is_refused_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Asterisk does not take it, or AGI cannot carry its name."""
    really = AgiChannel.set_variable

    async def set_variable(channel: AgiChannel, name: str, value: str) -> None:
        if name == "IVR_STATUS":
            raise AgiCommandError("SET VARIABLE", 520, "no")
        await really(channel, name, value)

    monkeypatch.setattr(AgiChannel, "set_variable", set_variable)
    async with open_office(tmp_path) as office:
        await hand_back(office.channel, ENDED)
        assert office.asterisk.line.session.variables["IVR_TRANSFER"] == "201"
    assert "the dialplan does not get IVR_STATUS" in caplog.text


async def test_an_asterisk_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The call ends all the same."""

    async def set_variable(*_: object) -> None:
        await asyncio.sleep(1e6)

    monkeypatch.setattr(AgiChannel, "set_variable", set_variable)
    async with open_office(tmp_path) as office:
        began = asyncio.get_running_loop().time()
        await hand_back(office.channel, ENDED)
        assert asyncio.get_running_loop().time() - began == pytest.approx(HAND_BACK_S)
    assert "Asterisk answers no more" in caplog.text


async def test_refuse_call(tmp_path: Path) -> None:
    """The reason, and nothing else; also where nobody is there any more."""
    async with open_office(tmp_path) as office:
        await refuse_call(office.channel, ConfigError("expected this", path="x.toml", line=3))
        assert await office.variables() == {
            "IVR_STATUS": "FAILED",
            "IVR_ERROR": "x.toml:3: expected this",
        }
        await refuse_call(office.channel, ConfigError("again"))
