"""PDF pages of several layouts, each written into the file in several orders, read in one."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

import fpdf
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

VERBS = "covers", "excludes", "limits", "extends", "renews", "describes", "replaces", "assesses"
THINGS = "hail damage", "burst pipes", "stolen cycles", "broken glass", "legal costs", "lost keys"


class Line(NamedTuple):
    """A line of text with its place from the upper left in millimetres and its size in points."""

    x: float
    y: float
    text: str
    size: float = 10


def prose(seed: str, count: int, width: int) -> list[str]:
    """Return lines of words that occur nowhere else, each up to `width` characters."""
    rng = random.Random(seed)
    lines = []
    for number in range(count):
        line = f"{seed}{number}"
        while len(line) < width - 14:
            line += f" {rng.choice(VERBS)} {rng.choice(THINGS)}"
        lines.append(line)
    return lines


def column(
    seed: str, x: float, y: float, count: int, width: int, lead: float = 5, end: str = "."
) -> list[Line]:
    """Return a column of lines that ends with `end`."""
    *lines, last = prose(seed, count, width)
    return [Line(x, y + lead * n, text) for n, text in enumerate([*lines, last + end])]


def pdf(lines: list[Line]) -> bytes:
    """Write lines in the order given."""
    document = fpdf.FPDF()
    document.add_page()
    for line in lines:
        document.set_font("helvetica", size=line.size)
        document.text(line.x, line.y, line.text)
    return bytes(document.output())


TITLE = [Line(25, 30, "The report on everything that was insured", 18)]
FULL = [
    Line(20, 42, "Summary: the whole width of the page is taken by this one line of text, here.")
]
CAPTION = [
    Line(20, 130, "Figure 1: claims by month over both of the columns of the whole page, again")
]
LAYOUTS: dict[str, list[Line]] = {
    "two columns": column("aa", 20, 50, 24, 46) + column("bb", 112, 50, 24, 46),
    "two columns of other line heights": (
        column("aa", 20, 50, 24, 46) + column("bb", 112, 51.7, 20, 46, 5.6)
    ),
    "title over both": (
        TITLE + FULL + column("aa", 20, 55, 24, 46) + column("bb", 112, 55.8, 22, 46, 5.3)
    ),
    "caption between": (
        TITLE
        + column("aa", 20, 45, 12, 46)
        + column("bb", 112, 45, 12, 46)
        + CAPTION
        + column("cc", 20, 145, 12, 46)
        + column("dd", 112, 146, 11, 46, 5.2)
    ),
    "three columns": (
        column("aa", 15, 50, 20, 34)
        + column("bb", 78, 51, 18, 34, 5.4)
        + column("cc", 141, 50, 20, 34)
    ),
    "sidebar at the right": (
        TITLE + column("aa", 20, 45, 30, 64) + column("bb", 150, 60, 9, 28, 6.1)
    ),
    "one column": TITLE + column("aa", 20, 45, 40, 90),
}


def _orders(lines: list[Line], order: str) -> list[Line]:
    if order == "by height":
        return sorted(lines, key=lambda line: (line.y, line.x))
    if order == "shuffled":
        return random.Random(7).sample(lines, len(lines))
    return lines


@pytest.mark.parametrize("order", ["as read", "by height", "shuffled"])
@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_lines_come_in_the_order_in_which_people_read(
    name: str, order: str, parsed: Callable[..., Document]
) -> None:
    lines = LAYOUTS[name]
    words = " ".join(parsed(pdf(_orders(lines, order)), "x.pdf").text.split())
    places = [words.find(line.text) for line in lines]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_type_that_is_set_turned_reads_like_any_other(
    angle: int, parsed: Callable[..., Document]
) -> None:
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("helvetica", size=10)
    lines = prose("aa", 20, 60)
    with document.rotation(angle, 105, 148):
        for number, text in random.Random(7).sample(list(enumerate(lines)), len(lines)):
            document.text(50, 100 + 5 * number, text)
    assert " ".join(parsed(bytes(document.output()), "x.pdf").text.split()) == " ".join(lines)


def test_a_footnote_below_a_column_does_not_cut_the_sentence_above_it(
    parsed: Callable[..., Document], outline: Callable[..., list]
) -> None:
    left = column("aa", 20, 50, 24, 46, end="")
    right = column("bb", 112, 50, 24, 46)
    notes = [Line(20, 255, "3 See the terms of cover, page four.", 7)]
    document = parsed(pdf([*left, *notes, *right]), "x.pdf")
    kinds = [kind for kind, _ in outline(document)]
    assert kinds == ["text", "footnote"]
    body, note = (text for _, text in outline(document))
    assert body == " ".join(line.text for line in [*left, *right])
    assert note == notes[0].text
