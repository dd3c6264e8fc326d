"""The softphone of dialplans/pjsip_ivr.conf, uncommented: it registers, with a password only.

SIPp is the phone, at another address of loopback than the trunk's.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.asterisk.chroot import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.asterisk.instance import AsteriskInstance

pytestmark = pytest.mark.asterisk

SCENARIO = Path(__file__).with_name("sipp_register.xml")
PHONE = "127.0.0.2"


def softphone(**filled: str) -> str:
    """The sample's sections without their semicolons, some of its lines filled in."""
    text = (CHECKOUT / "dialplans/pjsip_ivr.conf").read_text(encoding="utf-8")
    _, _, commented = text.partition(";\n;[6001]")
    lines = [line.removeprefix(";") for line in f";[6001]{commented}".splitlines()]
    for key, value in filled.items():
        (number,) = [n for n, line in enumerate(lines) if line.startswith(f"{key}=")]
        lines[number] = f"{key}={value}"
    return "\n".join(lines) + "\n"


@pytest.fixture
def reload(asterisk: AsteriskInstance) -> Iterator[None]:
    """Takes the account away afterwards."""
    asterisk.expected_log.append("Transport 'transport-udp' is not fully reloadable")
    yield
    (asterisk.home / "etc/softphone.conf").unlink()
    asterisk.cli("module reload res_pjsip.so")


def installed(asterisk: AsteriskInstance, text: str) -> None:
    """Have Asterisk read it."""
    (asterisk.home / "etc/softphone.conf").write_text(text)
    asterisk.cli("module reload res_pjsip.so")


def registers(asterisk: AsteriskInstance, folder: Path, user: str, password: str) -> bool:
    """Whether the phone gets in."""
    scenario = folder / "register.xml"
    text = SCENARIO.read_text().replace("[user]", user).replace("[password]", password)
    scenario.write_text(text)
    done = subprocess.run(
        ["sipp", "-sf", str(scenario), "-m", "1", "-i", PHONE, "-nostdin", "-timeout", "10",
         f"127.0.0.1:{asterisk.sip_port}"],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    return done.returncode == 0


@pytest.mark.usefixtures("reload")
def test_it_registers(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    """With a user name and a password of the administrator's, and no other."""
    asterisk.expected_log.append("Failed to authenticate")
    installed(asterisk, softphone(username="6001", password="long-and-secret"))
    assert registers(asterisk, tmp_path, "6001", "long-and-secret")
    assert not registers(asterisk, tmp_path, "6001", "")
    assert "No objects found" not in asterisk.cli("pjsip show auth 6001")


@pytest.mark.usefixtures("reload")
@pytest.mark.parametrize("user", ["", "6001"])
def test_nobody_gets_in_without_a_password(
    asterisk: AsteriskInstance, tmp_path: Path, user: str
) -> None:
    """Uncommented as it is, Asterisk refuses the account, and so whoever wants to use it."""
    asterisk.expected_log += ["auth '6001'", "Auth '6001'", "6001", "Failed to authenticate"]
    installed(asterisk, softphone())
    assert not registers(asterisk, tmp_path, user, "")
