"""Masked values come back to who holds the key, to nobody else, and every time it is recorded."""

from __future__ import annotations

import pytest

from freshground.core.errors import ConfigError
from freshground.core.findings import Finding
from freshground.core.ids import doc_id
from freshground.core.records import Document, Element
from freshground.lake.sealed import Sealed
from freshground.service.denial.takedown import restore, takedown
from freshground.service.masking import apply
from freshground.service.masking.apply import masking_id
from freshground.service.masking.export import export
from freshground.service.masking.settings import lowered
from freshground.service.masking.unmask import unmask
from freshground.service.views.audit import audit
from quality.admission.pseudonyms import PSEUDONYM
from quality.admission.sealing import opened, seal

pytestmark = pytest.mark.slow

TEXT = "Claims go to ana@corp.org since May."
FOUND = [Finding("personal.email", "1", 13, 25)]
DOCUMENT = Document(TEXT, (Element("text", 0, len(TEXT)),), None, "en", "text/plain")
KEY = "PROJECT_MASKING_KEY"


@pytest.fixture
def keyed(quick, monkeypatch):
    monkeypatch.setenv(KEY, "a key of thirty-two bytes or so..")
    quick.changes["masking"] = {"key": KEY}
    quick.write("a.md", TEXT)
    quick.refresh()
    return quick


A = doc_id("docs", "a.md")


def masked(context, name, document, findings):
    ((_, done),) = apply.masked(context, [((name, "c", "s"), document, findings)])
    return done


def test_a_holder_of_the_key_has_the_value_back_and_it_is_recorded(keyed):
    done = masked(keyed.context(), A, DOCUMENT, FOUND)
    assert "ana@corp.org" not in done.text
    context = keyed.context()
    assert unmask(context, done.text, document="a.md", comment="ticket 7")["text"] == TEXT
    row = audit(context)[0]
    assert (row["action"], row["by"], row["comment"]) == ("unmask", "tester", "ticket 7")
    assert "ana@corp.org" not in str(row)


def test_what_is_taken_down_gives_nothing_back(keyed):
    done = masked(keyed.context(), A, DOCUMENT, FOUND)
    takedown(keyed.context(), "a.md")
    assert unmask(keyed.context(), done.text)["text"] == done.text
    restore(keyed.context(), "a.md")
    assert unmask(keyed.context(), done.text)["text"] == TEXT


def test_under_another_key_nothing_comes_back(keyed, monkeypatch):
    before = masking_id(keyed.context())
    done = masked(keyed.context(), A, DOCUMENT, FOUND)
    monkeypatch.setenv(KEY, "another key of thirty-two bytes..")
    found = unmask(keyed.context(), done.text)
    assert (found["text"], len(found["unknown"])) == (done.text, 1)
    assert masking_id(keyed.context()) != before  # all that is masked is masked anew
    assert masked(keyed.context(), A, DOCUMENT, FOUND).text != done.text


def test_what_is_sealed_goes_with_the_document(keyed):
    done = masked(keyed.context(), A, DOCUMENT, FOUND)
    other = masked(keyed.context(), "other", DOCUMENT, FOUND)
    assert other.text == done.text  # one value, one pseudonym
    sealed = Sealed(keyed.context().lake.files)
    assert (sealed.forget(A), sealed.forget("other")) == (1, 1)
    assert unmask(keyed.context(), done.text)["unknown"]


def test_no_key_in_the_environment_is_said(keyed, monkeypatch):
    monkeypatch.delenv(KEY)
    with pytest.raises(ConfigError, match=KEY):
        masked(keyed.context(), A, DOCUMENT, FOUND)
    monkeypatch.setenv(KEY, "short")
    with pytest.raises(ConfigError, match="5 bytes"):
        masking_id(keyed.context())


def test_without_a_key_masking_is_the_same_everywhere_and_for_good(quick):
    quick.write("a.md", TEXT)
    quick.refresh()
    one, two = (masked(quick.context(), A, DOCUMENT, FOUND) for _ in range(2))
    assert one == two
    assert not list(quick.context().lake.files.list("sealed"))
    with pytest.raises(ConfigError, match=r"masking\.key"):
        unmask(quick.context(), one.text)


def test_a_sealed_value_opens_for_its_own_document_and_pseudonym_alone():
    key = b"k" * 32
    sealed = seal(key, "d", "[EMAIL-x]", "ana@corp.org")
    assert "ana" not in sealed
    assert opened(key, "d", "[EMAIL-x]", sealed) == "ana@corp.org"
    assert opened(key, "e", "[EMAIL-x]", sealed) is None
    assert opened(key, "d", "[EMAIL-y]", sealed) is None
    assert opened(b"o" * 32, "d", "[EMAIL-x]", sealed) is None


def test_a_policy_of_masking_serves_pseudonyms_that_the_key_gives_back(keyed):
    keyed.source(admission={"personal": "mask", "models": False})
    assert keyed.refresh().status == 0
    texts = [row[1] for row in keyed.content()]
    assert [PSEUDONYM.sub("X", text) for text in texts] == ["Claims go to X since May."]
    assert unmask(keyed.context(), texts[0])["text"] == TEXT


def test_an_export_bears_the_pseudonyms_of_what_is_served(keyed, tmp_path):
    keyed.source(admission={"personal": "mask", "models": False})
    keyed.refresh()
    done = export(keyed.context(), str(tmp_path / "lower"), models=False)
    assert (done.documents, done.vectors_copied) == (1, 1)  # masked already: the same text
    context = keyed.context().over(lowered(keyed.settings, str(tmp_path / "lower")))
    rows = context.lake.gold.rows("SELECT text FROM t").to_pylist()
    assert [row["text"] for row in rows] == [row[1] for row in keyed.content()]
    assert not context.lake.files.list("sealed")
    assert not context.lake.files.list("masking")
