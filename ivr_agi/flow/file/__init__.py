"""What a flow file may say, and reading it."""
