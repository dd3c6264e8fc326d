"""Commands set up log and memory for their process; here it is that of all tests."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_left_set_up() -> Iterator[None]:
    """Take the log's handlers away again, and let the collector look at everything."""
    log, thresholds = logging.getLogger("ivr_agi"), gc.get_threshold()
    handlers, level = log.handlers[:], log.level
    yield
    for handler in log.handlers:
        if handler not in handlers:
            handler.close()
    log.handlers[:] = handlers
    log.setLevel(level)
    gc.set_threshold(*thresholds)
    gc.unfreeze()
