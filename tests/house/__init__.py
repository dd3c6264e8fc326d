"""The rules of the whole house, read from the code; ``python -m tests.house`` prints them."""
