"""What was tried and how it went, as Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field

_HEAD = """\
# Conformance

What other people's clients and stores do against the query service, unchanged but for the \
endpoint. Written by `make conformance`; do not edit. Each row is a real program, in an \
environment of its own, that makes an index, fills it, asks it and empties it, and reads a \
managed index.

- **works**: the result was checked.
- **refused**: the service said no by the error's name, as it does for everything it does not serve.
- **fails**: neither.
"""


@dataclass
class Outcome:
    """How one case went. `why` tells why it was not tried."""

    name: str
    versions: str = ""
    over: str = ""
    steps: list[dict[str, str]] = field(default_factory=list)
    why: str = ""

    @property
    def failed(self) -> bool:
        """Whether a step did neither work nor get the refusal it should."""
        return any(step["outcome"] == "fails" for step in self.steps)


def markdown(outcomes: list[Outcome]) -> str:
    """Return the page."""
    parts = [
        _HEAD,
        "| what | versions | over | works | refused | fails |\n|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        if each.why:
            parts.append(f"| {each.name} | not tried: {_cell(each.why)} | | | | |")
            continue
        counts = [
            str(sum(step["outcome"] == outcome for step in each.steps))
            for outcome in ("works", "refused", "fails")
        ]
        parts.append(f"| {each.name} | {each.versions} | {each.over} | {' | '.join(counts)} |")
    for each in outcomes:
        if each.steps:
            parts.append(f"\n## {each.name}\n\n| step | outcome |\n|---|---|")
            for step in each.steps:
                note = f": {_cell(step['note'])}" if step["note"] else ""
                parts.append(f"| {_cell(step['step'])} | {step['outcome']}{note} |")
    return "\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
