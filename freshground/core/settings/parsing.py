"""How documents are read: in processes of their own, with limits."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from freshground.core.settings.values import Duration, Section


class Parsing(Section):
    """Limits of one document; one that exceeds them is set aside, and the others go on.

    `workers` is the number of processes, None for one a core. `wall_time` is for one document,
    `memory` the bytes that a process may take beyond those it starts with, `output` the most
    characters of a document's text, `open_files` the files of a process. `ocr` names the languages
    of scanned pages and pictures as tesseract does (`deu+eng`), "" leaves them unread.
    """

    workers: int | None = Field(None, ge=1, le=64)
    wall_time: Duration = Field(timedelta(seconds=60), gt=timedelta())
    memory: int = Field(2_000_000_000, ge=100_000_000)
    output: int = Field(20_000_000, ge=1_000)
    open_files: int = Field(256, ge=32)
    ocr: str = Field("eng", pattern=r"^(?:[A-Za-z_]{3,24}(?:\+[A-Za-z_]{3,24}){0,7})?$")
