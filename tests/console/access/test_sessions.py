"""Sessions: a cookie that nobody else has, for a limited time."""

from __future__ import annotations

from ivr_agi.console.access.sessions import MOST_SIGNED_IN, Sessions


def made() -> Sessions:
    """An hour without use, half a day in all."""
    return Sessions(idle_s=3600.0, longest_s=43_200.0)


def test_a_cookie_finds_its_session_and_only_that() -> None:
    """Cookies differ, and are not kept."""
    sessions = made()
    first, second = sessions.open("ann", "m", 0.0), sessions.open("ann", "m", 0.0)
    assert first != second
    assert len(first) >= 43
    found = sessions.find(first, 1.0)
    assert found is not None
    assert found.user == "ann"
    assert sessions.find("", 1.0) is None
    assert sessions.find("\udcff", 1.0) is None
    assert first not in repr(vars(sessions))


def test_it_ends_without_use_and_after_a_day_of_work() -> None:
    """A page that asks by itself is no use."""
    sessions = made()
    token = sessions.open("ann", "m", 0.0)
    assert sessions.find(token, 3000.0, keep=False) is not None
    assert sessions.find(token, 3700.0) is None
    token = sessions.open("ann", "m", 0.0)
    for now in range(0, 43_200, 3000):
        assert sessions.find(token, float(now)) is not None
    assert sessions.find(token, 43_201.0) is None


def test_it_is_closed() -> None:
    """One, or all of a user."""
    sessions = made()
    first, second = sessions.open("ann", "m", 0.0), sessions.open("ann", "m", 0.0)
    other = sessions.open("bob", "m", 0.0)
    sessions.close(first)
    assert sessions.find(first, 1.0) is None
    sessions.close_of("ann")
    assert sessions.find(second, 1.0) is None
    assert sessions.find(other, 1.0) is not None


def test_forms_have_the_token_of_their_session() -> None:
    """Of no other."""
    sessions = made()
    one = sessions.find(sessions.open("ann", "m", 0.0), 0.0)
    two = sessions.find(sessions.open("ann", "m", 0.0), 0.0)
    assert one is not None
    assert two is not None
    assert one.allows(one.csrf)
    assert not one.allows(two.csrf)
    assert not one.allows("")
    assert not one.allows("ü")


def test_memory_is_limited() -> None:
    """The oldest session goes."""
    sessions = made()
    first = sessions.open("ann", "m", 0.0)
    for _ in range(MOST_SIGNED_IN):
        sessions.open("ann", "m", 0.0)
    assert sessions.find(first, 0.0) is None
    assert len(sessions._open) == MOST_SIGNED_IN
