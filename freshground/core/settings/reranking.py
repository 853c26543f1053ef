"""A reranker of the user's own: queries ask for it by `queryType: semantic`."""

from __future__ import annotations

from pydantic import Field

from freshground.core.settings.values import Section


class RerankerSettings(Section):
    """A folder that sentence-transformers' CrossEncoder saved, with one output.

    `path` counts from the settings file's folder. `max_length` is in the model's tokens, query
    included; longer passages are cut. No hub is asked: the folder has to be there.
    """

    path: str
    max_length: int = Field(512, ge=16)
