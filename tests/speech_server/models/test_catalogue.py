"""The models that are known."""

from __future__ import annotations

import re

from ivr_agi.speech_server.models.catalogue import KNOWN_MODELS
from tests.speech_server.models.hub import a_model


def test_each_model_is_described() -> None:
    """Every file has a checksum, and there is something to say about costs and gains."""
    for name, model in KNOWN_MODELS.items():
        assert model.name == name
        assert {"config.json", "model.bin", "tokenizer.json"} <= {f.name for f in model.files}
        assert all(re.fullmatch("[0-9a-f]{64}", file.sha256) for file in model.files)
        assert model.size_bytes > 50e6
        assert model.cost
        assert model.gain


def test_where_a_file_is() -> None:
    """On the hub, or on a mirror of it."""
    model = a_model()
    path = "/someone/a-model/resolve/main/config.json"
    assert model.url(model.files[0]) == f"https://huggingface.co{path}"
    assert model.url(model.files[0], "http://mirror/") == f"http://mirror{path}"
