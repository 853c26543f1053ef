"""Chunks follow the document's structure, and carry where they come from."""

from __future__ import annotations

import pytest
from chunking_documents import PPTX, Parts, chunker, document, letters, prose, words

from chunking.chunker import Chunker
from freshground.core.errors import ConfigError
from freshground.core.records import Chunk, Document, Element
from freshground.core.settings import Chunking


def texts(chunks: list[Chunk]) -> list[str]:
    return [chunk.text for chunk in chunks]


def sized(count: int, word: str = "claim") -> str:
    """Return a paragraph of `count` tokens."""
    return " ".join([word] * count)


def test_a_section_that_can_stand_alone_starts_a_chunk() -> None:
    parts: Parts = [
        ("heading1", "Fire"),
        ("text", sized(12)),
        ("heading1", "Water"),
        ("text", sized(12, "loss")),
    ]
    chunks = chunker(40).split(document(parts))
    assert [chunk.text.split()[0] for chunk in chunks] == ["Fire", "Water"]
    assert [chunk.headings for chunk in chunks] == [("Fire",), ("Water",)]


def test_small_siblings_are_merged_under_their_parent() -> None:
    parts: Parts = [("heading1", "Questions")]
    for i in range(3):
        parts += [("heading2", f"Question {i}"), ("text", "Yes.")]
    (chunk,) = chunker(40).split(document(parts))
    assert chunk.headings == ("Questions",)
    assert chunk.embed_text.startswith("Questions\nQuestions\n\nQuestion 0")


def test_a_small_last_subsection_stays_in_its_chapter() -> None:
    parts: Parts = [
        ("heading1", "Fire"),
        ("heading2", "Cover"),
        ("text", sized(20)),
        ("heading2", "Note"),
        ("text", "None."),
        ("heading1", "Water"),
        ("text", sized(20)),
    ]
    chunks = chunker(40).split(document(parts))
    assert [chunk.headings for chunk in chunks] == [("Fire",), ("Water",)]
    assert chunks[0].text.endswith("None.")


@pytest.mark.parametrize("size", range(1, 40, 3))
def test_a_heading_is_not_left_at_the_end_of_a_chunk(size: int) -> None:
    parts: Parts = [
        ("text", sized(size)),
        ("heading1", "Duties after a loss"),
        ("heading2", "At once"),
        ("table", "\n".join(["row | of | cells"] * 6)),
    ]
    for chunk in chunker(40).split(document(parts)):
        assert not chunk.text.endswith(("Duties after a loss", "At once"))


def test_a_table_that_fits_is_kept_whole() -> None:
    table = "\n".join(f"{i} | flood | {i}00" for i in range(4))
    chunks = chunker(40).split(document([("text", sized(15)), ("table", table), ("text", "End.")]))
    assert any(table in chunk.text for chunk in chunks)


def test_a_table_that_does_not_fit_is_cut_between_rows_and_repeats_its_first() -> None:
    rows = ["Code | Peril", *(f"{i} | storm and hail" for i in range(30))]
    chunks = chunker(40).split(document([("table", "\n".join(rows))]))
    assert len(chunks) > 3
    assert [line for chunk in chunks for line in chunk.text.split("\n")] == rows
    assert all(chunk.embed_text.startswith("Code | Peril\n") for chunk in chunks)
    assert chunks[1].embed_text == "Code | Peril\n" + chunks[1].text


def test_a_list_that_fits_is_kept_whole_and_a_longer_one_cut_between_items() -> None:
    items: Parts = [("list_item", f"- item {i} of these") for i in range(5)]
    short = chunker(40).split(document([("text", sized(10)), *items, ("text", sized(20))]))
    assert any(chunk.text.count("- item") == 5 for chunk in short)
    many: Parts = [("list_item", f"- item {i} of these") for i in range(30)]
    for chunk in chunker(40).split(document(many)):
        assert chunk.text.startswith("- item")
        assert chunk.text.endswith("of these")


def test_long_paragraphs_are_cut_between_sentences() -> None:
    chunks = chunker(40).split(document([("text", prose(1, 20))]))
    assert len(chunks) > 3
    assert all(chunk.text.endswith(".") for chunk in chunks)


def test_each_slide_starts_a_chunk_unless_the_one_before_is_tiny() -> None:
    parts: Parts = [
        ("heading1", "Title"),
        ("page", ""),
        ("heading1", "Growth"),
        ("list_item", sized(10)),
        ("page", ""),
        ("text", sized(10)),
    ]
    slides = chunker(40).split(document(parts, media_type=PPTX))
    assert [(chunk.page_first, chunk.page_last) for chunk in slides] == [(1, 2), (3, 3)]
    (paper,) = chunker(40).split(document(parts, media_type="application/pdf"))
    assert (paper.page_first, paper.page_last) == (1, 3)


def test_text_that_no_element_holds_is_kept() -> None:
    text = "Before. Inside. After."
    made = Document(text, (Element("text", 8, 15),), None, None, "text/plain")
    assert texts(chunker().split(made)) == [text]


def test_title_and_headings_stand_before_the_text() -> None:
    parts: Parts = [("heading1", "Cover"), ("heading2", "Theft"), ("text", sized(30))]
    (chunk,) = chunker(40).split(document(parts, title="Home  policy\n2024"))
    assert chunk.embed_text == f"Home policy 2024\nCover > Theft\n{chunk.text}"
    assert chunk.headings == ("Cover", "Theft")


def test_a_title_is_not_said_twice() -> None:
    under: Parts = [("heading1", "Home"), ("heading2", "Theft"), ("text", sized(20))]
    (chunk,) = chunker(40).split(document(under, title="Home"))
    assert chunk.headings == ("Theft",)
    assert chunk.embed_text == f"Theft\n{chunk.text}"
    (chunk,) = chunker(40).split(document([("title", "Home"), ("text", "Text.")], title="Home"))
    assert chunk.embed_text == "Home\n\nText."


def test_long_titles_and_paths_leave_three_quarters_to_the_text() -> None:
    parts: Parts = [
        ("heading1", sized(50, "outer")),
        ("heading2", "inner"),
        ("text", prose(3, 30)),
    ]
    chunks = chunker(200, counter=words, limit=100).split(document(parts, title=sized(90, "title")))
    for chunk in chunks:
        prefix = chunk.embed_text.removesuffix(chunk.text)
        assert words([prefix])[0] <= 25 + 2
        assert words([chunk.embed_text])[0] <= 100
    assert chunks[-1].embed_text.startswith("inner\n")


def test_an_endless_heading_is_cut_down() -> None:
    parts: Parts = [("heading1", "x" * 50_000), ("text", "Text.")]
    chunks = chunker(200, counter=letters, limit=100).split(document(parts))
    assert chunks[-1].text.endswith("Text.")
    assert max(letters([chunk.embed_text for chunk in chunks])) <= 100


def test_what_a_colon_announces_goes_with_it() -> None:
    parts: Parts = [
        ("text", sized(24)),
        ("text", "You must send us:"),
        ("code", "\n".join(["a | b | c"] * 4)),
    ]
    chunks = chunker(40).split(document(parts))
    assert chunks[-1].text.startswith("You must send us:")


def test_overlap_repeats_the_last_sentence() -> None:
    chunks = chunker(40, overlap=15).split(document([("text", prose(5, 12))]))
    for last, following in zip(chunks, chunks[1:], strict=False):
        assert following.start < last.end
        assert last.text.endswith(following.text[: last.end - following.start])
        assert following.text[0].isupper()


def test_the_id_names_the_whole_rule() -> None:
    def made(limit: int = 256, tokenizer: str = "a", **values: int) -> str:
        return Chunker(
            Chunking(**values), encoder_tokens=words, encoder_limit=limit, tokenizer_id=tokenizer
        ).id

    ids = [made(), made(limit=128), made(tokenizer="b"), made(max_tokens=100), made(overlap=5)]
    assert len({*ids, made(max_encoder_tokens=64)}) == 6
    assert made() == made()


def test_the_settings_may_lower_the_encoder_limit() -> None:
    splitter = Chunker(
        Chunking(max_encoder_tokens=30),
        encoder_tokens=words,
        encoder_limit=256,
        tokenizer_id="words",
    )
    chunks = splitter.split(document([("text", prose(2, 30))]))
    assert max(words([chunk.embed_text for chunk in chunks])) <= 30


def test_an_encoder_without_room_for_text_is_a_settings_error() -> None:
    with pytest.raises(ConfigError, match="max_encoder_tokens"):
        chunker(limit=9)


def test_an_encoder_that_cannot_hold_a_character_is_a_settings_error() -> None:
    with pytest.raises(ConfigError, match=r"U\+0071"):
        chunker(
            counter=lambda texts: [100 * text.count("q") + len(text) + 1 for text in texts]
        ).split(document([("text", "fine so far, but qqq")]))
