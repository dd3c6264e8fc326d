"""The client's shells: sockets, recogniser, synthesiser, REST."""
