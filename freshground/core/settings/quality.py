"""From when on a document's text is too poor to be trusted."""

from __future__ import annotations

from pydantic import Field

from freshground.core.settings.values import Section


class QualityLimits(Section):
    """Limits of what is measured of a document's running text; each is a share of 0 to 1.

    Below `min_text` too little of it is letters and digits, below `min_words` too few words look
    like words, above `max_repetition` too much repeats itself, above `max_ocr_noise` too many words
    are damaged as scans damage them. `min_letters` is how many letters a document has at least.
    `min_score` is for the check of the silver layer, which warns.
    """

    min_text: float = Field(0.35, ge=0, le=1)
    min_words: float = Field(0.67, ge=0, le=1)
    max_repetition: float = Field(0.9, ge=0, le=1)
    max_ocr_noise: float = Field(0.06, ge=0, le=1)
    min_letters: int = Field(2, ge=0)
    min_score: float = Field(0.4, ge=0, le=1)
