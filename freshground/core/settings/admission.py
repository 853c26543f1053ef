"""What is done with what is found in a source's documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from freshground.core.settings.quality import QualityLimits
from freshground.core.settings.values import Section

Action = Literal["allow", "mask", "restrict", "quarantine"]
"""allow: served, the finding recorded. mask: served with the span replaced. restrict: served to
`restrict_to` alone. quarantine: served to nobody until somebody has looked."""


class Admission(Section):
    """The policy of a source: an action for each category of rules, and for single rules.

    `rules` names a rule (`personal.email`) and its action, before that of its category. A finding
    below `min_confidence` is recorded and decides nothing. `models` lets detectors that need a
    model run for categories whose action is not `allow`. `quality_limits` are those of `quality.*`,
    which have no span and so nothing to mask.
    """

    personal: Action = "allow"
    secret: Action = "mask"  # noqa: S105 - what to do with them
    injection: Action = "quarantine"
    quality: Literal["allow", "restrict", "quarantine"] = "allow"
    rules: dict[str, Action] = Field(default_factory=dict)
    restrict_to: tuple[str, ...] = ()
    min_confidence: float = Field(0.5, ge=0, le=1)
    models: bool = True
    quality_limits: QualityLimits = QualityLimits()

    def action(self, rule: str) -> Action:
        """Return the action for a rule; `allow` for a category that is not known."""
        own = self.rules.get(rule)
        return own or getattr(self, rule.partition(".")[0], "allow")

    @model_validator(mode="after")
    def _masks_spans(self) -> Admission:
        for rule, action in self.rules.items():
            if action == "mask" and rule.startswith("quality."):
                raise ValueError(f"{rule} is about a whole text: there is nothing to mask")
        return self

    @model_validator(mode="after")
    def _restricted_to_somebody(self) -> Admission:
        actions = {self.personal, self.secret, self.injection, self.quality, *self.rules.values()}
        if "restrict" in actions and not self.restrict_to:
            raise ValueError("restrict needs restrict_to: the groups that may still read")
        return self
