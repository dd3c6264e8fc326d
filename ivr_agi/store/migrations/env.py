"""Alembic's entry: runs the migrations on the connection of :mod:`ivr_agi.store.database`."""

from __future__ import annotations

from alembic import context

__all__ = ()

if hasattr(context, "config"):  # Alembic runs it; whoever only imports it gets nothing done
    context.configure(
        connection=context.config.attributes["connection"],
        transactional_ddl=False,  # the transaction is the caller's
    )
    context.run_migrations()
