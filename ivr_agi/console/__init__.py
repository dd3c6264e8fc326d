"""The process beside the server: it reads the journal into the store, and shows numbers of it."""
