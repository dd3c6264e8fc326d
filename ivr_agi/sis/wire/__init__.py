"""What goes over the wire: messages, formats, texts and what they cost. No I/O."""
