"""The detectors: a new one is one module with a `Detector` and one line here.

A factory takes the policy of a source and returns the detector, or None where the policy leaves it
nothing to do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.findings import Detector
    from freshground.core.settings import Admission

DETECTORS: tuple[str, ...] = (
    "quality.admission.detection:personal_patterns",
    "quality.admission.detection:secret_patterns",
    "quality.admission.personal.names:names",
    "quality.admission.injection.detector:injection",
    "quality.admission.quality:detector",
)


def detectors(policy: Admission) -> Iterator[Detector]:
    """Yield the detectors that a policy asks for; their modules are imported on first use."""
    for name in DETECTORS:
        module, _, factory = name.partition(":")
        made = getattr(import_module(module), factory)(policy)
        if made is not None:
            yield made
