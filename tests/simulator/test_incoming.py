"""The environment block."""

from __future__ import annotations

from ivr_agi.simulator.incoming import IncomingCall


def fields(call: IncomingCall) -> list[tuple[str, str]]:
    """The block's lines as pairs."""
    lines = call.environment_block().decode(errors="surrogateescape").split("\n")
    assert lines[-2:] == ["", ""]
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines[:-2])]


def test_names_and_order() -> None:
    """The lines that Asterisk 22 writes, in its order."""
    names = [name for name, _ in fields(IncomingCall())]
    assert names == [
        *("agi_request", "agi_channel", "agi_language", "agi_type", "agi_uniqueid"),
        *("agi_version", "agi_callerid", "agi_calleridname", "agi_callingpres"),
        *("agi_callingani2", "agi_callington", "agi_callingtns", "agi_dnid", "agi_rdnis"),
        *("agi_context", "agi_extension", "agi_priority", "agi_enhanced", "agi_accountcode"),
        "agi_threadid",
    ]


def test_values() -> None:
    """EAGI says 1.0, the type is the channel's technology, arguments are numbered from 1."""
    call = IncomingCall(script="ivr", arguments=("main", "a b"), channel="SIP/x-1", extension="7")
    values = dict(fields(call))
    assert values["agi_enhanced"] == "1.0"
    assert values["agi_type"] == "SIP"
    assert values["agi_extension"] == values["agi_dnid"] == "7"
    assert (values["agi_request"], values["agi_arg_1"], values["agi_arg_2"]) == (
        "ivr",
        "main",
        "a b",
    )


def test_nasty_caller_goes_out_raw() -> None:
    """Nothing is escaped: quotes, UTF-8, bytes that are no UTF-8, even a line break."""
    name = 'Zoë "\\" \udcff\nagi_enhanced: 0.0'
    block = IncomingCall(caller_id_name=name).environment_block()
    assert b'agi_calleridname: Zo\xc3\xab "\\" \xff\nagi_enhanced: 0.0\n' in block
