"""Pictures of text: scanned pages and images, read by tesseract where it is on this machine.

tesseract is a program, started once a picture; nothing is installed for it in Python.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from freshground.core.errors import Quarantine
from ingestion.parse import pictures
from ingestion.parse.blocks import Block, Parsed, Raw

DPI = 300
MAX_PIXELS = 40_000_000
TIMEOUT = 120
"""Seconds that one picture may take."""

MIN_CONFIDENCE = 30
"""The percentage below which a word is taken for a stain."""


class _Word(NamedTuple):
    paragraph: tuple[int, int]
    line: int
    text: str


def parse(raw: Raw) -> Parsed:
    """Return the text in an image file.

    Raises `Quarantine` `no_text_layer` where there is none, `too_large` for too many pixels.
    """
    blocks: list[Block] = []
    if is_ready(raw.ocr):
        pictures.measure(raw.data)
        blocks = blocks_of(raw.data, raw.ocr)
    if not blocks:
        raise Quarantine(
            "no_text_layer",
            f"The content is an image, which has no text layer.{missing(raw.ocr)}",
            "Store its text, let it be read by OCR (see docs/documents.md), or exclude images "
            "from the source.",
        )
    return Parsed(blocks, "image/*", pages=1, metadata={"pages_by_ocr": 1})


def is_ready(languages: str) -> bool:
    """Whether pictures are to be read and all of the languages are at hand."""
    return bool(languages) and not missing(languages)


def missing(languages: str) -> str:
    """Return a sentence, with a space before it, on what OCR lacks; "" when nothing."""
    program = shutil.which("tesseract")
    if not languages:
        return " OCR is switched off (parsing.ocr)."
    if program is None:
        return " OCR needs tesseract, which is not on this machine."
    absent = set(languages.split("+")) - _languages(program)
    if absent:
        return f" OCR lacks tesseract's data for {', '.join(sorted(absent))}."
    return ""


@lru_cache(maxsize=4)
def _languages(program: str) -> frozenset[str]:
    done = subprocess.run(  # noqa: S603 - a program of the system, fixed arguments
        [program, "--list-langs"], capture_output=True, timeout=TIMEOUT, check=False
    )
    # The first line is a heading, which older versions print among the errors.
    return frozenset((done.stdout + done.stderr).decode("utf-8", "replace").split())


def blocks_of(picture: bytes, languages: str, page: int | None = None) -> list[Block]:
    """Return the paragraphs that tesseract reads in a picture (PNM, PNG, JPEG, TIFF ...), in order.

    Raises `Quarantine` `parse_failed` where it takes more than TIMEOUT seconds; a picture that it
    cannot open has no paragraphs.
    """
    program = shutil.which("tesseract") or "tesseract"
    command = [program, "stdin", "stdout", "-l", languages, "--dpi", str(DPI), "tsv"]
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system; the picture goes by pipe
            command,
            input=picture,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            # Its threads would only get into the way of the other worker processes.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired:
        raise Quarantine(
            "parse_failed",
            f"Reading a picture took tesseract more than {TIMEOUT} s.",
            "Store the document with a text layer.",
        ) from None
    if done.returncode:
        return []
    words = [
        word for row in done.stdout.decode("utf-8", "replace").split("\n") if (word := _word(row))
    ]
    return [
        Block("text", _lines(list(own)), page, wrapped=True)
        for _, own in groupby(words, key=lambda word: word.paragraph)
    ]


def _word(row: str) -> _Word | None:
    """Return the word of a row of tesseract's table: 11 numbers and a text."""
    cells = row.split("\t")
    if len(cells) != 12 or not cells[11].strip() or not cells[2].isdecimal():  # noqa: PLR2004
        return None
    if float(cells[10]) < MIN_CONFIDENCE:
        return None
    return _Word((int(cells[2]), int(cells[3])), int(cells[4]), cells[11].strip())


def _lines(words: list[_Word]) -> str:
    return "\n".join(
        " ".join(word.text for word in line) for _, line in groupby(words, key=lambda w: w.line)
    )
