"""The store: SQLite, and a PostgreSQL that the tests start themselves."""
