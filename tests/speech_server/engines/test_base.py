"""What engines share."""

from __future__ import annotations

import pytest

from ivr_agi.errors import MissingDependency
from ivr_agi.speech_server.engines.base import require_package


def test_package_that_is_there() -> None:
    """Nothing happens, and nothing is imported."""
    require_package("numpy", "numpy")


def test_package_that_is_missing() -> None:
    """The error names package and extra."""
    with pytest.raises(MissingDependency) as caught:
        require_package("no_such_module", "no-such-package")
    text = str(caught.value)
    assert text.startswith("no-such-package is not installed: ")
    assert text.endswith("pip install 'ivr-agi[local]'")
