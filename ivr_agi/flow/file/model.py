"""A call flow at run time: its head, its steps, and the flows it calls. Core, no I/O.

Names follow VoiceXML where it has one (``no_input``, ``no_match``, ``timeout``).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ivr_agi.flow.file.head import FlowHead, SharedDefaults
from ivr_agi.flow.file.step import InputSpec, StepSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("Flow", "Program")


class Flow(FlowHead, frozen=True, kw_only=True):
    """One flow; :class:`ivr_agi.flow.load.schema.FlowFile` adds the types of its steps."""

    steps: Mapping[str, StepSpec]
    """Every step by its name."""

    def with_installation(self, installation: SharedDefaults) -> Flow:
        """Return the flow, with the installation's defaults where it has none."""
        return msgspec.structs.replace(
            self,
            defaults=self.defaults.over(installation.defaults),
            commands={**installation.commands, **self.commands},
        )

    def inputs(self) -> Iterator[tuple[str, InputSpec]]:
        """Yield each step that takes input, with its name."""
        for name, step in self.steps.items():
            if isinstance(step, InputSpec):
                yield name, step


@dataclass(frozen=True)
class Program:
    """A flow and the flows it calls: everything that one call runs."""

    main: str
    """Name of the first flow."""
    flows: Mapping[str, Flow]
    """Every flow by its name."""
    version: str = ""
    """Digest of the files (``IVR_FLOW_VERSION``)."""

    @functools.cached_property
    def told(self) -> frozenset[str]:
        """The dialplan's variables that its steps may set, beside those of every call."""
        return frozenset(
            name
            for flow in self.flows.values()
            for step in flow.steps.values()
            for name in step.told()
        )

    @classmethod
    def of(cls, flow: Flow, name: str = "main") -> Program:
        """Return a program of one flow that calls no others."""
        return cls(name, {name: flow})
