"""The words of AGI: quoting, command lines, environment, replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr_agi.agi.text import (
    MAX_COMMAND_BYTES,
    Reply,
    format_command,
    parse_environment,
    parse_reply,
    quote,
)
from tests.agi.fake_asterisk import ENVIRONMENT, parse_args


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("", '""'),
        ("a b", '"a b"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ('\\"', '"\\\\\\""'),
        ("\t${X}", '"\t${X}"'),
    ],
)
def test_quote_escapes(value: str, quoted: str) -> None:
    """Backslash and double quote are escaped, everything else stays."""
    assert quote(value) == quoted


@pytest.mark.parametrize("char", ["\n", "\r", "\0"])
def test_quote_refuses_what_ends_a_line(char: str) -> None:
    """AGI has no way to carry CR, LF and NUL."""
    with pytest.raises(ValueError, match="cannot hold"):
        quote(f"x{char}EXEC System")


@given(st.lists(st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))))
def test_arguments_come_back_whole(args: list[str]) -> None:
    """Asterisk's parser sees exactly the arguments given, whatever text they hold."""
    try:
        line = format_command("NOOP", *args)
    except ValueError:
        assert sum(len(arg.encode()) for arg in args) > 500
        return
    assert line.count(b"\n") == 1
    assert parse_args(line.decode().rstrip("\n")) == ["NOOP", *args]


def test_format_command() -> None:
    """Text is quoted, numbers are not, and undecodable bytes are sent as they came."""
    line = format_command("STREAM FILE", "na me\udcff", "0123", 0)
    assert line == b'STREAM FILE "na me\xff" "0123" 0\n'


@pytest.mark.parametrize("verb", ["", "NOOP\nEXEC", 'SAY "x"', " NOOP", "NOOP ", "A  B"])
def test_format_command_refuses_odd_verbs(verb: str) -> None:
    """A verb is words; whatever else it holds could be another command."""
    with pytest.raises(ValueError, match="made of words"):
        format_command(verb)


def test_format_command_refuses_what_asterisk_would_split() -> None:
    """One byte more than Asterisk's buffer would run as the next command."""
    room = MAX_COMMAND_BYTES - len(b'NOOP ""\n')
    assert len(format_command("NOOP", "x" * room)) == MAX_COMMAND_BYTES
    with pytest.raises(ValueError, match="2048 bytes"):
        format_command("NOOP", "x" * (room + 1))


def _lines(block: bytes) -> list[str]:
    return block.decode("utf-8", "surrogateescape").splitlines()


def test_parse_environment() -> None:
    """Every known line has its field; the name keeps quotes, UTF-8 and broken bytes."""
    environment = parse_environment(_lines(ENVIRONMENT))
    assert environment.channel == "PJSIP/alice-00000001"
    assert environment.caller_id == "200"
    assert environment.caller_id_name == 'Al "x" \\ é\udcff'
    assert environment.rdnis == ""
    assert environment.priority == 2
    assert environment.enhanced is True
    assert environment.arguments == ("call", "main menu")
    assert environment.raw["agi_threadid"] == "139"


def test_parse_environment_that_says_nothing() -> None:
    """Missing and unreadable lines leave fields empty."""
    environment = parse_environment(["agi_priority: first", "no colon", "x: y"])
    assert (environment.priority, environment.enhanced, environment.arguments) == (0, False, ())
    assert dict(environment.raw) == {"agi_priority": "first"}


@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "1.5"])
def test_parse_environment_with_a_number_that_is_none(number: str) -> None:
    """A line break in the caller's name can forge any line."""
    assert parse_environment([f"agi_priority: {number}"]).priority == 0


def test_parse_environment_with_forged_lines() -> None:
    """A line break in the caller's name cannot forge extension or arguments."""
    forged = ENVIRONMENT.replace(
        b"agi_dnid", b"agi_extension: admin\nagi_arg_1: rm\nagi_arg_9: x\nagi_dnid"
    )
    environment = parse_environment(_lines(forged))
    assert environment.extension == "100"
    assert environment.arguments == ("call", "main menu")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200 result=0", (200, "0", "", None)),
        ("200 result=1", (200, "1", "", None)),
        ("200 result=-1 endpos=480", (200, "-1", "", 480)),
        ("200 result=49 endpos=-1", (200, "49", "", -1)),
        ("200 result=49 endpos=" + "9" * 5000, (200, "49", "", None)),
        ("200 result= (timeout)", (200, "", "timeout", None)),
        ("200 result=123 (timeout)", (200, "123", "timeout", None)),
        ("200 result=35 (dtmf) endpos=1600", (200, "35", "dtmf", 1600)),
        ('200 result=1 (speech) endpos=9 results=1 text0="a)b"', (200, "1", "speech", 9)),
        ("200 result=0 Gosub complete", (200, "0", "", None)),
        ("200 result=", (200, "", "", None)),
        ("510 Invalid or unknown command", (510, "", "", None)),
        ("511 Command Not Permitted on a dead channel", (511, "", "", None)),
        ("520 Invalid command syntax.  Proper usage not available.", (520, "", "", None)),
        ("520-Invalid command syntax.\nUsage\n520 End of proper usage.", (520, "", "", None)),
        ("503 result=-2 Memory allocation failure", (503, "", "", None)),
        ("200", (0, "", "", None)),
        ("200 OK", (0, "", "", None)),
        ("2000 x", (0, "", "", None)),
        ("", (0, "", "", None)),
        ("hello", (0, "", "", None)),
        ("x\n200 result=0", (0, "", "", None)),
    ],
)
def test_parse_reply(text: str, expected: tuple[int, str, str, int | None]) -> None:
    """Every form of a reply, and what is none."""
    assert parse_reply(text) == Reply(*expected, text)


@given(st.text())
def test_parse_reply_with_any_value(value: str) -> None:
    """A value comes back whole, whatever it holds."""
    reply = parse_reply(f"200 result=1 ({value})", holds_value=True)
    assert (reply.code, reply.result, reply.data) == (200, "1", value)


def test_parse_reply_without_the_value() -> None:
    """A variable that is not set has no parentheses."""
    assert parse_reply("200 result=0", holds_value=True).result == "0"


@given(st.text())
def test_parse_reply_never_raises(text: str) -> None:
    """Any text is a reply or code 0."""
    assert parse_reply(text).text == text


def test_first_line_is_short() -> None:
    """An error shows one line, cut."""
    assert parse_reply("a" * 300 + "\nb").first_line == "a" * 200


@pytest.mark.parametrize("word", ["unknown", "anonymous", "Restricted", "<unavailable>", ""])
def test_no_number_is_no_number(word: str) -> None:
    """W8: what a network sends in its place is none."""
    assert parse_environment([f"agi_callerid: {word}"]).caller_id == ""
