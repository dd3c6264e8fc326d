"""Texts of Asterisk's console, as they should be and as they should not."""

from __future__ import annotations

import pytest

from ivr_agi.doctor.findings import Severity
from ivr_agi.doctor.pbx import (
    EagiCall,
    check_codecs,
    check_dialplan,
    check_modules,
    check_silence,
    check_version,
    endpoint_names,
    find_calls,
    find_program,
    read_parameters,
)

GOOD, WARNING, ERROR = Severity.GOOD, Severity.WARNING, Severity.ERROR
MODULES = """\
Module                         Description                              Use Count  Status
res_agi.so                     Asterisk Gateway Interface (AGI)         1          Running
format_sln.so                  Raw Signed Linear Audio support (SLN) 8k 0          Running
format_wav.so                  Microsoft WAV/WAV16 format (8kHz/16kHz S 0          Running
pbx_config.so                  Text Extension Configuration             0          Running
res_timing_timerfd.so          Timerfd Timing Interface                 0          Running
"""


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6 built by nobody @ somewhere", GOOD),
        ("Asterisk certified-18.9-cert4 built by x", GOOD),
        ("Asterisk certified/13.21-cert6 built by x", GOOD),
        ("Asterisk GIT-20-abc123 built by x", GOOD),
        ("Asterisk 11.25.3 built by root", ERROR),
        ("FreeSWITCH 1.10", WARNING),
        ("", WARNING),
    ],
)
def test_version(text: str, severity: Severity) -> None:
    """13 and newer."""
    assert check_version(text).severity is severity


def test_version_after_a_warning() -> None:
    """Asterisk's console may warn of something else first."""
    text = "No ethernet interface found.\nAsterisk 22.10.1 built by nobody @ somewhere\n"
    assert check_version(text).text == "Asterisk 22.10.1"


def test_modules() -> None:
    """All are there; one that is needed is missing or declined; one that is only useful."""
    assert [each.severity for each in check_modules(MODULES)] == [GOOD]
    (found,) = check_modules(MODULES.replace("res_agi.so ", "res_ari.so "))
    assert (found.severity, found.text.split()[0]) == (ERROR, "res_agi")
    declined = MODULES.replace("8k 0          Running", "8k 0          Not Running")
    assert [each.severity for each in check_modules(declined)] == [ERROR]
    (found,) = check_modules(MODULES.replace("pbx_config", "pbx_ael"))
    assert found.severity is WARNING


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("  Transmit silence during rec: Enabled\n", GOOD),
        ("  Transmit silence during rec: Disabled\n", WARNING),
        ("", WARNING),
    ],
)
def test_silence(text: str, severity: Severity) -> None:
    """As ``core show settings`` says it."""
    assert check_silence(read_parameters(text)).severity is severity


def test_parameters() -> None:
    """Up to the first colon; empty values too."""
    text = "* Directories\n  PID file:      /run/a.pid\n  System name:    \n  Up:  05:07:46\n"
    found = read_parameters(text)
    assert found == {"PID file": "/run/a.pid", "System name": "", "Up": "05:07:46"}


def test_endpoints() -> None:
    """Their names, without caller ids and the table's head."""
    text = (
        " Endpoint:  <Endpoint/CID.....>  <State.....>  <Channels.>\n"
        " Endpoint:  ivr-trunk                  Unavailable   0 of inf\n"
        " Endpoint:  6001/6001                  Not in use    0 of inf\n"
    )
    assert endpoint_names(text) == ["ivr-trunk", "6001"]


def test_codecs() -> None:
    """Alaw or ulaw, somewhere among them."""
    (found,) = check_codecs({"a": " allow            : (opus|alaw)\n", "b": " allow : (ulaw)\n"})
    assert found.severity is GOOD
    found, other = check_codecs({"a": " allow : (opus|g722)\n", "b": " allow : (nothing)\n"})
    assert (found.severity, found.text) == (WARNING, "endpoint a allows opus, g722")
    assert other.severity is WARNING
    assert check_codecs({}) == []


@pytest.mark.parametrize(
    ("text", "severity", "program"),
    [
        ("3. EAGI(${IVR_AGI},call,main_menu)", GOOD, "${IVR_AGI}"),
        ("1. EAGI(ivr-agi,main_menu)  [x.conf:3]", GOOD, "ivr-agi"),
        ("3. AGI(ivr-agi,main_menu)", ERROR, None),
        ("There is no existence of 100@ivr extension", WARNING, None),
    ],
)
def test_dialplan(text: str, severity: Severity, program: str | None) -> None:
    """EAGI, not AGI."""
    assert check_dialplan(text, "100@ivr").severity is severity
    assert find_program(text) == program


def test_find_calls() -> None:
    """Every EAGI() with its context and arguments, as the console shows them."""
    text = """\
[ Context 'ivr' created by 'pbx_config' ]
  '100' =>          1. Gosub(ivr-clean,s,1)                       [extensions_ivr.conf:25]
                    2. EAGI(${IVR_AGI},main_menu)                 [extensions_ivr.conf:26]
[ Context 'other' created by 'pbx_config' ]
  's' =>            1. EAGI(ivr-agi,--script,${FILTER(a,b)})
  't' =>            1. EAGI(ivr-agi)
"""
    assert find_calls(text) == [
        EagiCall("ivr", "${IVR_AGI}", ("main_menu",)),
        EagiCall("other", "ivr-agi", ("--script", "${FILTER(a,b)}")),
        EagiCall("other", "ivr-agi", ()),
    ]
