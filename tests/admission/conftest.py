from __future__ import annotations

from importlib import import_module

import pytest

from freshground.core.errors import Quarantine
from freshground.service.workers.pool import Workers
from quality.admission import detectors, scanning
from tests.admission import finders


def here(_self, function: str, jobs):
    module, _, name = function.partition(":")
    called = getattr(import_module(module), name)
    for job in jobs:
        try:
            yield job.key, called(*job.args, **job.options)
        except Quarantine as error:
            yield job.key, error


@pytest.fixture
def word(monkeypatch: pytest.MonkeyPatch):
    """The only detector is one of a word; called, it becomes a rule of another word and version."""
    monkeypatch.setattr(detectors, "DETECTORS", ("tests.admission.finders:finder",))
    monkeypatch.setattr(Workers, "each", here)  # a worker process would not know of this rule

    def change(word: str, version: str) -> list[str]:
        monkeypatch.setitem(finders.WORD, "word", word)
        monkeypatch.setitem(finders.WORD, "version", version)
        scanning._detectors.cache_clear()
        finders.SEEN.clear()
        return finders.SEEN

    change("poison", "1")
    yield change
    scanning._detectors.cache_clear()
