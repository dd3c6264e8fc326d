"""The client's shells: sockets, recogniser, synthesiser, hot-word tables."""
