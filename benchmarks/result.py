"""One line of the table: what was found, what it is held against, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """One measure. `most` or `least` is its bound, in the same unit; neither: nothing is claimed.

    `beside` is the rival of the same run, or what else is needed to judge the value.
    """

    measure: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    beside: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> str:
        """Met, or by how much it falls short."""
        if self.most is not None and self.value > self.most:
            return f"FALLS SHORT by {self.value - self.most:.3g}{self.unit}"
        if self.least is not None and self.value < self.least:
            return f"FALLS SHORT by {self.least - self.value:.3g}{self.unit}"
        return "" if self.most is None and self.least is None else "met"

    @property
    def bound(self) -> str:
        """The bound as people write it."""
        if self.most is not None:
            return f"at most {self.most:g}{self.unit}"
        return "" if self.least is None else f"at least {self.least:g}{self.unit}"


def table(results: list[Result]) -> str:
    """Return the results as lines, their notes below them."""
    rows = [
        (r.measure, f"{r.value:.4g}{r.unit}", r.bound, r.verdict, r.beside, r.notes)
        for r in results
    ]
    heads = ("measure", "value", "bound", "verdict", "beside it")
    widths = [max(len(h), *(len(row[n]) for row in rows)) for n, h in enumerate(heads)]
    lines = ["  ".join(h.ljust(w) for h, w in zip(heads, widths, strict=True)).rstrip()]
    for *cells, notes in rows:
        line = "  ".join(str(c).ljust(w) for c, w in zip(cells, widths, strict=True))
        lines.append(line.rstrip())
        lines += [f"    {note}" for note in notes]
    return "\n".join(lines)
