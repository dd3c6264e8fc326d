"""Fixtures of the tests on a real Asterisk.

The instance, its manager, callers, AGI pipes; the program installed beside it, a speech service,
tables of what was measured. Nothing here is touched when the tests are only collected, or
deselected (``-m "not asterisk"``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from benchmarks.asterisk.ami import Ami
from benchmarks.asterisk.caller import Caller
from benchmarks.asterisk.chroot import NEWEST, RELEASES, Unavailable, prepared
from benchmarks.asterisk.installation import CHROOT_PROGRAM, ChrootInstallation, Install
from benchmarks.asterisk.instance import HOME, AsteriskInstance
from ivr_agi.bench.installation import Sections
from ivr_agi.bench.signals import tone
from tests.patience import StallMeter, stall_meter
from tests.real_asterisk.agi_probe import AgiProbe
from tests.real_asterisk.sip_caller import SipCaller
from tests.real_asterisk.speech import LOCAL, SpeechProcess, speech_service
from tests.real_asterisk.tables import Tables

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping

PROBES = Path(__file__).resolve().parent / "probes"

AGI_DIR = "/usr/share/asterisk/agi-bin"
"""Debian's."""

_log_start = pytest.StashKey[int]()
_tables = pytest.StashKey[Tables]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which Asterisk."""
    parser.addoption("--asterisk", choices=RELEASES, default=NEWEST, help="(default: %(default)s)")


@pytest.fixture(scope="session")
def asterisk(pytestconfig: pytest.Config) -> Iterator[AsteriskInstance]:
    """A real Asterisk, running for the whole session; skipped where it cannot be had."""
    try:
        with prepared(pytestconfig.getoption("--asterisk")) as chroot:
            # The launcher alone, where Asterisk looks for it.
            chroot.run(CHROOT_PROGRAM, "install", "--agi-dir", AGI_DIR)
            instance = AsteriskInstance(chroot, probes=PROBES)
            instance.start()
            try:
                yield instance
            finally:
                instance.stop()
    except Unavailable as exc:
        pytest.skip(str(exc))


@pytest.fixture(autouse=True)
def log_of_test(asterisk: AsteriskInstance, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test after which Asterisk's log holds a warning or error it did not announce."""
    start = request.node.stash[_log_start] = asterisk.log_size()
    asterisk.expected_log.clear()
    yield
    unexpected = asterisk.unexpected_log(start)
    assert not unexpected, "\n".join(unexpected)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show Asterisk's log of a failed test with it."""
    report = yield
    start = item.stash.get(_log_start, None)
    if report.failed and start is not None and isinstance(item, pytest.Function):
        instance = cast("AsteriskInstance", item.funcargs["asterisk"])
        lines = "\n".join(line.text for line in instance.log(start)[-200:])
        report.sections.append(("Asterisk's log", lines))
    return report


@pytest.fixture
def stalls() -> StallMeter:
    """When the machine stood still: ``stalls.within(begin, end)``."""
    return stall_meter()


@pytest.fixture
async def ami(asterisk: AsteriskInstance) -> AsyncIterator[Ami]:
    """A manager connection."""
    async with await Ami.connect(asterisk.ami_port, asterisk.ami_secret) as ami:
        yield ami


@pytest.fixture
def caller(ami: Ami) -> Caller:
    """Somebody who can call."""
    return Caller(ami)


@pytest.fixture
def sip_caller(asterisk: AsteriskInstance, ami: Ami) -> SipCaller:
    """Somebody who can call over SIP."""
    return SipCaller(ami, asterisk.sip_port)


@pytest.fixture
def probe(caller: Caller) -> AgiProbe:
    """Calls whose AGI pipes are in the test's hands."""
    return AgiProbe(caller)


@pytest.fixture
def sounds(asterisk: AsteriskInstance) -> Path:
    """Folder for sound files; Asterisk knows it as HOME/sounds."""
    return asterisk.home / "sounds"


@pytest.fixture
def tone_file(sounds: Path) -> Callable[[float], str]:
    """Makes a tone of so many seconds; gives its name as STREAM FILE wants it."""

    def make(duration_s: float) -> str:
        name = f"tone-{round(duration_s * 1000)}"
        (sounds / f"{name}.sln").write_bytes(tone(duration_s))
        return f"{HOME}/sounds/{name}"

    return make


@pytest.fixture(scope="session")
def speech() -> Iterator[SpeechProcess]:
    """The local speech server, with its engines."""
    with speech_service(*LOCAL) as process:
        yield process


@pytest.fixture
def install(asterisk: AsteriskInstance, request: pytest.FixtureRequest) -> Install:
    """Installs the program into the chroot: speech service's URL, flows, settings."""

    def make(
        url: str, flows: Mapping[str, str], settings: Sections | None = None
    ) -> ChrootInstallation:
        folder = f"{HOME}/installations/{request.node.originalname}"
        return ChrootInstallation(asterisk.chroot, folder, url, flows, settings)

    return make


@pytest.fixture(scope="session")
def tables(pytestconfig: pytest.Config) -> Tables:
    """Takes tables that are printed at the end."""
    return pytestconfig.stash.setdefault(_tables, Tables())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was measured."""
    for text in config.stash.get(_tables, Tables()).texts:
        terminalreporter.section("measured")
        terminalreporter.write_line(text)
