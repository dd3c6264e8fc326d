"""Templates: filled in with data that stays data."""

from __future__ import annotations

from typing import Any

import pytest

from ivr_agi.errors import FlowError
from ivr_agi.flow.run.templates import (
    MAX_LENGTH,
    Quote,
    check_syntax,
    evaluate,
    find_names,
    render_template,
)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("plain {", {}, "plain {"),
        ("{{ a }} and {{ b.c }}", {"a": 1, "b": {"c": "x"}}, "1 and x"),
        ("{% if a %}yes{% endif %}", {"a": True}, "yes"),
        ("{{ words }}", {"words": "{{ 7 * 7 }}"}, "{{ 7 * 7 }}"),
        ("{{ name | default('you') }}", {}, "you"),
    ],
)
def test_render(text: str, values: dict[str, Any], expected: str) -> None:
    """What a caller said is never a template."""
    assert render_template(text, values) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ a.__init__.__globals__ }}",
        "{% for x in range(10 ** 9) %}{% endfor %}",
        "{{ cycler.__init__ }}",
        "{{ unknown }}",
        "{{ a / 0 }}",
        "{{ 'x' * 99999 }}",
        "{{ items.append(1) }}",
    ],
)
def test_what_a_template_may_not_do(text: str) -> None:
    """Nothing but its values, and not for ever; the error names no value."""
    with pytest.raises(FlowError) as caught:
        render_template(text, {"a": 1, "items": ["secret"]})
    assert "secret" not in str(caught.value)


def test_the_length_is_limited() -> None:
    """A text for a voice."""
    with pytest.raises(FlowError, match=f"more than {MAX_LENGTH}"):
        render_template("{{ a }}", {"a": "x" * (MAX_LENGTH + 1)})


def test_urls_are_quoted() -> None:
    """A value is one part of it, whatever it holds."""
    url = render_template(
        "http://x/{{ a }}?q={{ b }}", {"a": "../k", "b": "1&c=2"}, quote=Quote.URL
    )
    assert url == "http://x/..%2Fk?q=1%26c%3D2"


def test_conditions() -> None:
    """An unknown variable is false; nonsense is an error."""
    assert evaluate("a > 2 and not b", {"a": 3})
    assert not evaluate("unknown", {})
    with pytest.raises(FlowError, match="TypeError"):
        evaluate("a > 2", {"a": "x"})


def test_syntax_and_names() -> None:
    """For the check of a flow."""
    assert check_syntax("plain") is None
    assert check_syntax("{{ a }}") is None
    assert check_syntax("{{ a") is not None
    assert check_syntax("a ==", expression=True) is not None
    assert find_names("{{ a }} {{ b.c }}") == {"a", "b"}
    assert find_names("a and b", expression=True) == {"a", "b"}
    assert find_names("plain") == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ a.items }} of {{ a.count }}", "3 of 4"),
        ("{{ a['items'] }}", "3"),
        ("{% for key, value in b.items() %}{{ key }}{{ value }}{% endfor %}", "x1"),
        ("{{ none_here | default('you') }}, {{ a.name | default('Ann') }}", "you, Ann"),
        ("{% if a.name %}known{% else %}unknown{% endif %}", "unknown"),
        ("{{ a.name is none }} {{ a.name == none }} {{ a.name != none }}", "True True False"),
        ("{{ caller.strip('+').isdigit() }}", "True"),
        (
            "{{ 2 ** 10 }} {{ 'ab' * 2 }} {{ 'a' + 'b' }} {{ '%s' % 'x' }} {{ 7 % 4 }}",
            "1024 abab ab x 3",
        ),
    ],
)
def test_values_are_data(text: str, expected: str) -> None:
    """W16: a field is the field, whatever methods there are; null is no value."""
    values = {
        "a": {"items": 3, "count": 4, "name": None},
        "b": {"x": 1},
        "none_here": None,
        "caller": "+12",
    }
    assert render_template(text, values) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.items", None),
        ("not a.items", True),
        ("a.items is defined", False),
        ("a.items == none", True),
        ("a['keys']", None),
        ("a.items | default('x')", "x"),
        ("a.keys() | list", ["name"]),
        ("a.get('name')", "x"),
        ("full.items", 3),
        ("name.upper()", "Y"),
        ("empty.items or 5", 5),
    ],
)
def test_a_field_that_is_not_there_is_no_method(expression: str, expected: object) -> None:
    """W16: in conditions and saved values, too; whoever calls a method has it."""
    values = {"a": {"name": "x"}, "full": {"items": 3}, "empty": {}, "name": "y"}
    assert evaluate(expression, values) == expected


def test_an_expression_that_is_a_method() -> None:
    """Of a text it is a slip."""
    with pytest.raises(FlowError, match="no value, but a method"):
        evaluate("name.upper", {"name": "x"})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Hello {{ name }}", "'name' has no value"),
        ("Hello {{ a.name }}", "'name' has no value"),
        ("Hello {{ a['name'] }}", "'name' has no value"),
        ("Hello {{ a.name | upper }}", "'name' has no value"),
        ("Hello {{ 'Mr ' ~ a.name }}", "'name' has no value"),
        ("{% for each in a.list %}{{ each }}{% endfor %}", "a value is null"),
        ("{{ b.items }}", "no value, but a method"),
        ("{{ text.upper }}", "no value, but a method"),
        ("{{ ['a'] | map('upper') }}", "a filter's results"),
        ("{{ b.keys() }}", "a filter's results"),
        ("{{ self }}", "no value"),
        ("http://x/{{ a.name }}", "'name' has no value"),
    ],
)
@pytest.mark.parametrize("quote", list(Quote))
def test_what_is_no_value_is_never_said(text: str, reason: str, quote: Quote) -> None:
    """W16: neither "None" nor "built-in method" reaches a caller, a service or a voice."""
    values = {"name": None, "a": {"name": None, "list": [None]}, "b": {"x": 1}, "text": "t"}
    with pytest.raises(FlowError, match=reason):
        render_template(text, values, quote=quote)


@pytest.mark.parametrize(
    "text",
    [
        "9 ** (9 ** 9)",
        "'a' * 99999999999",
        "99999999999 * 'a'",
        "[0] * 99999999999",
        "'%99999999d' % 1",
        "'%*d' % (99999999, 1)",
        "big * big",
        "long + long",
        "(" * 10_000 + "1" + ")" * 10_000,
        "'x' | center(999999999)",
        "'x'.ljust(999999999)",
        "'%999999999d' | format(1)",
        "'{:999999999}'.format(1)",
        "'{:{}}'.format(1, 999999999)",
        "1.5 | round(999999999, 'floor')",
        "('x' | batch(999999999, 'y') | list)[0] | length",
        "[1] | tojson(indent=999999999)",
        "(1).to_bytes(999999999, 'big') | length",
        "(long | replace('x', long)) | length",
        "long.replace('x', long) | length",
    ],
)
def test_no_template_takes_for_ever(text: str) -> None:
    """C1: neither when it is checked nor in a call."""
    values = {"big": 1 << 4000, "long": "x" * 60_000}
    check_syntax(f"{{{{ {text} }}}}")
    check_syntax(text, expression=True)
    with pytest.raises(FlowError):
        render_template(f"{{{{ {text} }}}}", values)
    with pytest.raises(FlowError):
        evaluate(text, values)


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}",
        "{% for a in x %}{% for b in x %}{{ a.upper() }}{% endfor %}{% endfor %}",
    ],
)
def test_loops_and_macros_end(text: str) -> None:
    """C1: one that goes on for hours would hold up all calls of the process."""
    with pytest.raises(FlowError, match="OverflowError"):
        render_template(text, {"x": "x" * 1000})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 2500000 | round(2) }} {{ x | default(1000000) }}", "2500000 1000000"),
        ("{{ '%.2f' | format(3.1) }} {{ '{:02d}:{}'.format(3, 'x') }}", "3.10 03:x"),
        ("{{ ['a', 'b'] | map('upper') | join(', ') }}", "A, B"),
        ("{{ {'a': 1}.get(250000, 3) }}", "3"),
        ("{% for a in [1, 2] %}{{ a }}{% if not loop.last %}, {% endif %}{% endfor %}", "1, 2"),
        ("{% for a in [] %}{{ a }}{% else %}none{% endfor %}", "none"),
    ],
)
def test_what_limits_leave_alone(text: str, expected: str) -> None:
    """Large numbers are values like others."""
    assert render_template(text, {}) == expected


def test_values_in_xml() -> None:
    """They are text: no element, no attribute and no entity comes of them."""
    values = {"a": '<b x="1">&amp;</b>\x00\x1b', "n": 3}
    text = render_template('<q n="{{ n }}">{{ a }}</q>', values, quote=Quote.XML)
    assert text == '<q n="3">&lt;b x=&quot;1&quot;&gt;&amp;amp;&lt;/b&gt;</q>'
