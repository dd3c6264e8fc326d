"""What goes over the wire: messages, formats, events, voices, texts and their cost. No I/O."""
