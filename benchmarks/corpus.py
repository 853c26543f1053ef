"""Made-up documents of a real kind: an insurer's markdown pages, the same on every machine."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LONG_EVERY = 8
"""One page in so many is four times as long: about 7.6 kB among pages of about 1.8 kB."""

FIRST_WRITTEN = 1_735_689_600
"""2025-01-01 in Unix time: when the first page was written, each next one a minute later."""

_WHO = "The policyholder", "A tenant", "The broker", "An expert", "The claims desk", "Our partner"
_MUST = "has to report", "may ask for", "is to keep proof of", "does not pay for", "reviews", "adds"
_WHAT = (
    "damage by storm and hail", "the loss of keys", "water that enters from the ground",
    "theft from a locked cellar", "a fire in the kitchen", "the cost of a hotel", "legal advice",
    "broken glass in the winter garden", "the change of an address", "work on the roof",
    "a second opinion on the estimate", "mould in the bathroom", "the transport of furniture",
)  # fmt: skip
_WHEN = (
    "within {n} days of the event", "before the end of the {n}th month", "up to {n} euros a year",
    "for an excess of {n} euros", "as it is set out in annex {n}", "if over {n} percent are lost",
    "on the form that carries the number {n}",
)  # fmt: skip
_WHY = (
    "because the cause has to be clear before a payment is made",
    "unless the office in {town} has agreed to it in writing",
    "and the letter goes to the address in {town} that is on the certificate",
    "so that the file can be closed by the team in {town}",
    "if it is not covered by another contract with us",
)
_TOWNS = "Kiel", "Lyon", "Graz", "Turku", "Parma", "Leeds", "Ghent", "Porto", "Brno", "Aarhus"
_TOPICS = "Household", "Liability", "Motor", "Travel", "Legal costs", "Buildings", "Health", "Bikes"


def paragraph(draw: random.Random, sentences: int = 3) -> str:
    """Return a paragraph of about 130 characters a sentence, hardly ever the same twice."""
    parts = []
    for _ in range(sentences):
        when = draw.choice(_WHEN).format(n=draw.randrange(2, 9000))
        why = draw.choice(_WHY).format(town=draw.choice(_TOWNS))
        parts.append(
            f"{draw.choice(_WHO)} {draw.choice(_MUST)} {draw.choice(_WHAT)} {when}, {why}."
        )
    return " ".join(parts)


def page(number: int) -> str:
    """Return one document: a title, sections with headings, paragraphs, a list now and then."""
    draw = random.Random(number)
    sections = 3 if number % LONG_EVERY else 13
    parts = [f"# {draw.choice(_TOPICS)} cover, guide {number}"]
    for section in range(1, sections + 1):
        parts.append(f"## {section}. {draw.choice(_WHAT).capitalize()}")
        parts.append(paragraph(draw, draw.randrange(2, 5)))
        if draw.random() < 0.4:
            parts.append("\n".join(f"- {paragraph(draw, 1)}" for _ in range(2)))
    return "\n\n".join(parts) + "\n"


def write(folder: Path, first: int, count: int) -> None:
    """Write pages `first` to `first + count - 1`, five hundred to a folder, with old dates."""
    for number in range(first, first + count):
        place = path(folder, number)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(page(number), encoding="utf-8")
        date(place, FIRST_WRITTEN + 60 * number)


def append(folder: Path, number: int, draw: random.Random, at: float) -> None:
    """Append one paragraph to a page; the file's time is `at`, in Unix seconds."""
    place = path(folder, number)
    place.write_text(f"{place.read_text(encoding='utf-8')}\n{paragraph(draw)}\n", encoding="utf-8")
    date(place, at)


def path(folder: Path, number: int) -> Path:
    """Return where a page lies."""
    return folder / f"part{number // 500:03d}" / f"guide{number:05d}.md"


def date(place: Path, at: float) -> None:
    """Set a file's times, in Unix seconds."""
    os.utime(place, (at, at))
