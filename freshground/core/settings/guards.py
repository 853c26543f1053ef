"""What stops a plan before anything is changed, and what it may cost."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from freshground.core.settings.values import Duration, Section


class DeleteGuard(Section):
    """Stops a plan that would delete more than `share` of a source and at least `at_least`."""

    share: float = Field(0.2, ge=0, le=1)
    at_least: int = Field(10, ge=1)
    window: Duration = timedelta(hours=24)


class EditGuard(Section):
    """Stops a plan in which more than `share` of a source's documents have other bytes."""

    share: float = Field(0.5, ge=0, le=1)
    at_least: int = Field(20, ge=1)


class GrowthGuard(Section):
    """Stops a plan that adds more than `share` times what the source's last listing held."""

    share: float = Field(2.0, ge=0)
    at_least: int = Field(100, ge=1)


class WideningGuard(Section):
    """Stops a plan that lets more people read more than `share` of a source's documents."""

    share: float = Field(0.1, ge=0, le=1)
    at_least: int = Field(5, ge=1)


class SizeGuard(Section):
    """Warns of a document over `times` the 99th percentile of its source's sizes.

    Judged once the source holds `at_least` documents. With `stop` it stops the plan.
    """

    times: float = Field(20.0, gt=0)
    at_least: int = Field(20, ge=1)
    stop: bool = False


class Guards(Section):
    """What stops a plan of one source. `delete` is the newer place of `delete_guard`."""

    delete: DeleteGuard | None = None
    edit: EditGuard = EditGuard()
    growth: GrowthGuard = GrowthGuard()
    widening: WideningGuard = WideningGuard()
    size: SizeGuard = SizeGuard()


class Budget(Section):
    """What embedding may cost. Tokens are tiktoken's; money is in the price's own currency.

    A day is a calendar day in UTC. None is no limit. Documents that do not fit wait for another run
    or day, the one whose SLA breaks first going first; what they replace is served meanwhile. One
    that is larger than a limit goes alone. Deletions, moves and access never wait.
    """

    tokens_per_run: int | None = Field(None, gt=0)
    tokens_per_day: int | None = Field(None, gt=0)
    money_per_run: float | None = Field(None, gt=0)
    money_per_day: float | None = Field(None, gt=0)

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return any(value is not None for value in self.model_dump().values())
