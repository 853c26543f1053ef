"""Word and PowerPoint 97-2003, without LibreOffice: the same text as the new format's twin."""

from __future__ import annotations

import random
from io import BytesIO
from typing import TYPE_CHECKING

import olefile
import pytest

from freshground.core.errors import Quarantine
from ingestion.parse import old_powerpoint, old_word, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from freshground.core.records import Document

TWINS = [
    ("simple.doc", "simple.docx"),
    ("fake.doc", "fake.docx"),
    ("duplicate-paragraphs.doc", "duplicate-paragraphs.docx"),
    ("fake-doc-emphasized-text.doc", "fake-doc-emphasized-text.docx"),
    ("fake-power-point.ppt", "fake-power-point.pptx"),
]


def _words(document: Document) -> list[str]:
    return [word for word in document.text.split() if word != "-"]


@pytest.mark.slow  # unstructured, which reads the new ones, takes seconds to import
@pytest.mark.parametrize(("old", "new"), TWINS)
def test_the_same_words_as_in_the_new_format(
    old: str, new: str, shared_data: Path, parsed: Callable[..., Document],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("PATH", "")
    folder = shared_data / "formats"
    document = parsed((folder / old).read_bytes(), "x.bin")
    twin = parsed((folder / new).read_bytes(), "x.bin")
    assert _words(document) == _words(twin)
    assert document.title == twin.title


def test_a_table_of_old_word_stays_one(shared_data: Path, parsed: Callable[..., Document]) -> None:
    path = shared_data / "formats" / "fake-doc-emphasized-text.doc"
    document = parsed(path.read_bytes(), path.name)
    tables = [document.text[e.start : e.end] for e in document.elements if e.kind == "table"]
    assert tables == [
        "Header Col 1 | Header Col 2\nA bold italic bold-italic example | A Link example"
    ]


@pytest.mark.parametrize("name", ["fake-doc-emphasized-text.doc", "fake-power-point.ppt"])
def test_damaged_streams_are_read_or_refused_and_raise_nothing_else(
    name: str, shared_data: Path
) -> None:
    read = {"doc": old_word.parse, "ppt": old_powerpoint.parse}[name[-3:]]
    with olefile.OleFileIO(BytesIO((shared_data / "formats" / name).read_bytes())) as container:
        streams = {
            entry: container.openstream(entry).read()
            for entry in ("WordDocument", "1Table", "PowerPoint Document", "Current User")
            if container.exists(entry)
        }
    refused = set()
    for seed in range(300):
        rng = random.Random(seed)
        damaged = {}
        for entry, body in streams.items():
            changed = bytearray(body[: rng.choice([len(body), rng.randrange(len(body))])])
            for _ in range(rng.choice([0, 1, 30])):
                if len(changed) > 40:
                    # The first bytes say what the file is; later ones are its tables.
                    changed[rng.randrange(24, len(changed))] = rng.randrange(256)
            damaged[entry] = bytes(changed)
        try:
            read(lambda entry, streams=damaged: streams.get(entry, b""))
        except Quarantine as refusal:
            refused.add(refusal.rule)
    assert refused == {"corrupt"}


def test_word_95_names_what_it_needs(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    data = bytearray((shared_data / "formats" / "fake.doc").read_bytes())
    mark = data.find(b"\xec\xa5", 512)
    data[mark + 2 : mark + 4] = (0x68).to_bytes(2, "little")
    with pytest.raises(Quarantine) as refusal:
        parse(bytes(data), "x.doc")
    assert refusal.value.rule == "unsupported"
    assert "LibreOffice, which is not on this machine" in str(refusal.value)
