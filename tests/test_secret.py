"""A secret is sent, and never shown."""

from __future__ import annotations

from ivr_agi.secret import Secret


def test_a_secret_is_never_shown() -> None:
    """No way of printing it gives it away."""
    secret = Secret("hunter2")
    for text in (repr(secret), str(secret), f"{secret}", str([secret])):
        assert "hunter2" not in text
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
