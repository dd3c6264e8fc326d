"""Messages wait in the store, and come out in the order of their calls."""

from __future__ import annotations

from ivr_agi.store.database import Database
from ivr_agi.store.ingest import find_node
from ivr_agi.store.outbox import Outbox, enqueue

URL = "https://crm.example.com/ivr"


def outbox_of(database: Database, messages: list[tuple[str, str, bytes]]) -> Outbox:
    """One with messages."""
    with database.writing() as connection:
        node_id = find_node(connection, "node")
        enqueue(connection, node_id, 100.0, messages)
        enqueue(connection, find_node(connection, "other"), 100.0, [(URL, "o", b"{}")])
    return Outbox(database, node_id)


def test_only_the_oldest_of_each_call(database: Database) -> None:
    """A message that waits keeps back those of its call, and no other."""
    outbox = outbox_of(database, [(URL, "a", b"1"), (URL, "b", b"2"), (URL, "a", b"3")])
    first = outbox.due(URL, 100.0)
    assert [(one.call, one.body) for one in first] == [("a", b"1"), ("b", b"2")]
    outbox.put_off(first[0].n, 1, 200.0)
    outbox.remove([first[1].n])
    assert outbox.due(URL, 150.0) == []
    again = outbox.due(URL, 200.0)
    assert [(one.body, one.tries, one.message_id) for one in again] == [
        (b"1", 1, first[0].message_id)
    ]
    outbox.remove([again[0].n])
    assert [one.body for one in outbox.due(URL, 200.0)] == [b"3"]
    assert outbox.waiting() == 1


def test_addresses_that_are_gone(database: Database) -> None:
    """Of this node only."""
    outbox = outbox_of(database, [(URL, "a", b"1"), ("https://old", "a", b"2")])
    assert outbox.drop_others([URL]) == 1
    assert outbox.drop_others([]) == 1
    assert outbox.waiting() == 0
    with database.reading() as connection:
        node_id = find_node(connection, "other")
    assert Outbox(database, node_id).waiting() == 1
