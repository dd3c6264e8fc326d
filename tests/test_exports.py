"""What a module says is public, is there; what is public, is said."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import ivr_agi

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(ivr_agi.__path__, "ivr_agi.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_all_is_honest(name: str) -> None:
    """`__all__` lists what exists, and every public class and function of the module."""
    module = importlib.import_module(name)
    if not hasattr(module, "__all__"):
        assert hasattr(module, "__path__"), f"{name} has no __all__"
        return
    assert all(hasattr(module, public) for public in module.__all__)
    own = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
    }
    assert own <= set(module.__all__), own - set(module.__all__)
