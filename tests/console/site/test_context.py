"""What pages have: the audit notes what goes on once."""

from __future__ import annotations

import asyncio

import pytest

from ivr_agi.console.access.roles import Role
from ivr_agi.console.access.sessions import SignedIn
from ivr_agi.console.site import context as contexts
from ivr_agi.console.site.context import Visitor
from tests.console.site.conftest import Site


@pytest.mark.asyncio
async def test_a_look_that_goes_on_is_noted_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And again after a while; each user and each thing for itself."""

    async def noted() -> list[tuple[str, str]]:
        return [(line.who, line.what) for line in (await site.audit())]

    for who, what in (("ann", "a"), ("ann", "a"), ("bob", "a"), ("ann", "b")):
        await asyncio.to_thread(site.context.note, who, what)
    assert sorted(await noted()) == [("ann", "a"), ("ann", "b"), ("bob", "a")]
    monkeypatch.setattr(contexts, "NOTED_AGAIN_S", 0.0)
    await asyncio.to_thread(site.context.note, "ann", "a")
    assert len(await noted()) == 4
    monkeypatch.setattr(contexts, "MOST_NOTED", 1)
    await asyncio.to_thread(site.context.note, "ann", "c")
    assert len(site.context._noted) == 1


def test_a_visitor_may_what_the_role_may() -> None:
    """Of each role."""
    session = SignedIn("ann", "m", 0.0, 0.0)
    visitor = Visitor("ann", Role.LISTEN, session, "t")
    assert visitor.may(Role.WATCH)
    assert visitor.may(Role.LISTEN)
    assert not visitor.may(Role.CHANGE)
